// The sound of a page: its instruments, made of recorded notes, and the way to the loudspeaker. See
// music/recorded_notes.py for the files.

const SHARED = Symbol.for("glassy.sound") // of the window: all players have one, though this module may be there twice
const NOMINAL = 44100 // samples a second that a recording is said to have; how fast it is played makes the pitch
const BUTTERWORTH = -3.0103 // dB: Q of the filter
const FALL = 100 // dB that a zone's times of decay and release are for
const GONE = 80 // dB down, a released note is not heard any more
const LINEAR = 0.7 // the loudest that is passed on as it is; above it, up to anything, loudness bends towards 1
const MOST = 4 // times full scale that the bend reaches

const fallen = (decibels) => 10 ** (-decibels / 20)

// One instrument.
class Instrument {
  constructor(bytes) {
    const length = new DataView(bytes).getUint32(0, true)
    const { level, recordings, zones, keys } = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)))
    const samples = new Int16Array(bytes, 4 + length)
    Object.assign(this, { level, zones, keys })
    this.buffers = recordings.map(([first, n]) => {
      const buffer = new AudioBuffer({ length: n, numberOfChannels: 1, sampleRate: NOMINAL })
      buffer.copyToChannel(Float32Array.from(samples.subarray(first, first + n), (sample) => sample / 32768), 0)
      return buffer
    })
  }

  // Begins a key, at a time of the context; what is returned ends it. into(pan): where zones with that pan go.
  begin(context, key, when, level, into) {
    const ends = (this.keys[key] ?? []).map(([zone, step]) => {
      const [recording, first, last, gain, pan, cutoff, ...envelope] = this.zones[zone]
      const source = new AudioBufferSourceNode(context, { buffer: this.buffers[recording], playbackRate: step / NOMINAL })
      if (first < last) Object.assign(source, { loop: true, loopStart: first / NOMINAL, loopEnd: last / NOMINAL })
      const volume = new GainNode(context, { gain: 0 })
      this.shape(volume.gain, when, gain * level * this.level, envelope)
      let sound = source
      if (cutoff < 0.4 * context.sampleRate) {
        sound = source.connect(new BiquadFilterNode(context, { type: "lowpass", frequency: cutoff, Q: BUTTERWORTH }))
      }
      const letGo = new GainNode(context)
      sound.connect(volume).connect(letGo).connect(into(pan))
      source.start(when)
      return (end) => {
        const seconds = (envelope[5] * GONE) / FALL
        letGo.gain.setValueAtTime(1, end)
        letGo.gain.exponentialRampToValueAtTime(fallen(GONE), end + seconds)
        source.stop(end + seconds)
        source.onended = () => letGo.disconnect()
      }
    })
    return (end) => ends.forEach((release) => release(end))
  }

  // Rises in amplitude, falls in decibels.
  shape(gain, when, level, [delay, attack, hold, decay, sustain]) {
    const top = when + delay + attack
    gain.setValueAtTime(0, when + delay)
    gain.linearRampToValueAtTime(level, top)
    gain.setValueAtTime(level, top + hold)
    if (sustain < 0) gain.exponentialRampToValueAtTime(level * fallen(-sustain), top + hold - (decay * sustain) / FALL)
  }
}

// Places from left to right before a node, each made once: what `begin` asks for.
function placed(context, out) {
  const places = {}
  return (pan) => {
    if (!places[pan]) {
      places[pan] = new StereoPannerNode(context, { pan: 2 * pan })
      places[pan].connect(out)
    }
    return places[pan]
  }
}

// What all players of the page have in common.
class Loudspeaker {
  constructor() {
    this.instruments = {}
  }

  // Inside a tap or a key press, or the browser keeps it silent.
  async wake() {
    this.context ??= this.built(new AudioContext({ latencyHint: "interactive" }))
    if (navigator.audioSession) navigator.audioSession.type = "playback" // sounds though a phone is set to ring softly
    await this.context.resume()
  }

  // Everything goes through a ceiling: many notes at once are bent, never cut.
  built(context) {
    const curve = Float32Array.from({ length: 8193 }, (_, i) => {
      const x = (i / 4096 - 1) * MOST
      const over = Math.max(Math.abs(x) - LINEAR, 0)
      return Math.sign(x) * (Math.min(Math.abs(x), LINEAR) + (0.99 - LINEAR) * Math.tanh(over / (0.99 - LINEAR)))
    })
    this.entry = new GainNode(context, { gain: 1 / MOST })
    this.entry.connect(new WaveShaperNode(context, { curve })).connect(context.destination)
    return context
  }

  // A promise of the instrument; it is fetched once, and browsers keep it.
  instrumentAt(url) {
    this.instruments[url] ??= this.fetched(url).catch((error) => {
      delete this.instruments[url]
      throw error
    })
    return this.instruments[url]
  }

  async fetched(url) {
    const answer = await fetch(url)
    if (!answer.ok) throw new Error("The instrument did not load: choose another one, or reload the page.")
    return new Instrument(await answer.arrayBuffer())
  }
}

const loudspeaker = () => (window[SHARED] ??= new Loudspeaker())
