// A small organ on Web Audio: a chord sounds until the next one, and notes that both have are held.

const PARTIALS = [0, 1, 0.62, 0.34, 0.24, 0.1, 0.14, 0.04, 0.08] // of a pipe: fundamental, octave, twelfth, ...
const RELEASE = 0.07 // seconds
const ROOM = 1.4 // seconds until its echo has died away
const OCTAVE = 12 // semitones: the data lie so much above where choirs sing
const LOUDEST = 0.55 // all notes of a chord together, so that no cluster clips

class Organ {
  constructor() {
    this.notes = new Map()
  }

  // Inside a tap or a key press, or the browser keeps it silent.
  async start() {
    this.context ??= this.built(new AudioContext())
    await this.context.resume()
  }

  get now() {
    return this.context.currentTime
  }

  built(context) {
    this.wave = context.createPeriodicWave(new Float32Array(PARTIALS.length), Float32Array.from(PARTIALS))
    this.stops = context.createBiquadFilter()
    Object.assign(this.stops, { type: "lowpass" })
    this.stops.frequency.value = 2600
    const echo = context.createConvolver()
    echo.buffer = this.room(context)
    const wet = context.createGain()
    wet.gain.value = 0.35
    this.stops.connect(context.destination)
    this.stops.connect(echo).connect(wet).connect(context.destination)
    return context
  }

  room(context) {
    const n = Math.floor(ROOM * context.sampleRate)
    const buffer = context.createBuffer(2, n, context.sampleRate)
    for (let channel = 0; channel < 2; channel++) {
      const samples = buffer.getChannelData(channel)
      for (let i = 0; i < n; i++) samples[i] = ((Math.random() * 2 - 1) * Math.exp((-5 * i) / n) * 8) / Math.sqrt(n)
    }
    return buffer
  }

  // pitches: MIDI; when: seconds of the context; anew: notes that go on are struck once more.
  play(pitches, when, anew) {
    const level = LOUDEST / Math.max(4, pitches.length)
    for (const pitch of [...this.notes.keys()]) if (!pitches.includes(pitch)) this.release(pitch, when)
    for (const pitch of pitches) {
      const note = this.notes.get(pitch) ?? this.begun(pitch, when)
      if (anew) note.gain.setTargetAtTime(0.6 * level, Math.max(when - 0.03, this.now), 0.012)
      note.gain.setTargetAtTime(level, when, 0.02)
    }
  }

  begun(pitch, when) {
    const pipe = this.context.createOscillator()
    const gain = this.context.createGain()
    pipe.setPeriodicWave(this.wave)
    pipe.frequency.value = 440 * 2 ** ((pitch - OCTAVE - 69) / 12)
    gain.gain.value = 0
    pipe.connect(gain).connect(this.stops)
    pipe.start(when)
    const note = { pipe, gain: gain.gain }
    this.notes.set(pitch, note)
    return note
  }

  release(pitch, when) {
    const { pipe, gain } = this.notes.get(pitch)
    this.notes.delete(pitch)
    gain.cancelScheduledValues(when)
    gain.setTargetAtTime(0, when, RELEASE)
    pipe.stop(when + 8 * RELEASE)
  }

  silence() {
    if (this.context) this.play([], this.now, false)
  }

  remove() {
    this.context?.close()
  }
}
