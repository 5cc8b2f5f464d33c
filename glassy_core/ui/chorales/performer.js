// Plays notes: each is begun and ended shortly before its time, so that every change is heard at once.

const AHEAD = 0.12 // seconds that sound is made before its time
const AHEAD_HIDDEN = 1.6 // in a tab that is not seen, whose clock ticks once a second
const TICK = 25 // ms
const GAP = 0.12 // of a quarter note: left free before the same pitch is struck again
const HOLD = 1 // quarter notes that the last chord is held beyond its time, as singers do
const FADE = 0.015 // seconds: what is cut off falls so fast
const VOICES = 4 // as loud as they are, more notes are together

class Performer {
  // changed(): it plays, or does not any more.
  constructor(changed) {
    Object.assign(this, { changed, notes: [], chords: 0, quarter: 1, at: 0, muted: new Set(), sounding: new Set() })
  }

  // notes: [voice, onset, length, pitch]; balance: [loudness, pan from -1 to 1] by voice.
  load(notes, chords, transpose, balance) {
    const name = (voice, onset, pitch) => `${voice} ${onset} ${pitch}`
    const struck = new Set(notes.map(([voice, onset, , pitch]) => name(voice, onset, pitch)))
    const crowd = Array(chords).fill(0)
    for (const [, onset, length] of notes) for (let t = onset; t < onset + length; t++) crowd[t]++
    this.notes = notes.map(([voice, onset, length, pitch]) => ({
      voice,
      onset,
      end: onset + length + (onset + length === chords ? HOLD : struck.has(name(voice, onset + length, pitch)) ? -GAP : 0),
      key: pitch + transpose,
      level: VOICES / Math.max(VOICES, ...crowd.slice(onset, onset + length)),
    }))
    Object.assign(this, { chords, balance })
    this.begunAnew()
  }

  // Where it is, in quarter notes.
  get beat() {
    return Math.min(this.playing ? this.counted() : this.at, this.chords)
  }

  counted() {
    const { context } = loudspeaker()
    return this.at + Math.max(0, context.currentTime - this.since) / this.quarter
  }

  // To be called inside a tap or a key press.
  async play() {
    const wish = (this.wish = {})
    const [, instrument] = await Promise.all([loudspeaker().wake(), loudspeaker().instrumentAt(this.url)])
    if (wish !== this.wish) return
    if (this.at >= this.chords) this.at = 0
    Object.assign(this, { playing: true, instrument })
    this.begun()
    this.clock ??= setInterval(() => this.tick(), TICK)
    this.changed()
  }

  pause() {
    this.wish = null
    if (!this.playing) return
    this.at = this.beat
    this.stopped()
    this.cut()
  }

  stopped() {
    this.playing = false
    clearInterval(this.clock)
    this.clock = null
    this.changed()
  }

  goTo(beat) {
    this.at = Math.max(0, Math.min(beat, this.chords))
    if (this.playing) this.begun()
  }

  // seconds a quarter note
  setTempo(seconds) {
    if (this.playing) Object.assign(this, { at: this.counted(), since: loudspeaker().context.currentTime })
    this.quarter = seconds
  }

  async setInstrument(url) {
    this.url = url
    const instrument = await loudspeaker().instrumentAt(url)
    if (url !== this.url) return
    const other = instrument !== this.instrument
    this.instrument = instrument
    if (other) this.begunAnew()
  }

  mute(voices) {
    this.muted = new Set(voices)
    for (const [voice, { volume }] of Object.entries(this.stage?.voices ?? {})) {
      volume.gain.setTargetAtTime(this.volume(voice), loudspeaker().context.currentTime, FADE)
    }
  }

  volume(voice) {
    return this.muted.has(voice) ? 0 : this.balance[voice][0]
  }

  // Goes on from where it is with whatever has changed.
  begunAnew() {
    if (!this.playing) return
    this.at = this.beat
    this.begun()
  }

  begun() {
    this.cut()
    const { context, entry } = loudspeaker()
    this.stage = { out: new GainNode(context), voices: {} }
    this.stage.out.connect(entry)
    this.since = context.currentTime + 2 * FADE
    this.upTo = this.at
    for (const note of this.notes) if (note.onset < this.at && this.at < note.end) this.begin(note, 0, this.since)
    this.tick()
  }

  cut() {
    const { context } = loudspeaker()
    const { stage } = this
    this.stage = null
    this.sounding.clear()
    if (!stage) return
    stage.out.gain.setTargetAtTime(0, context.currentTime, FADE)
    setTimeout(() => stage.out.disconnect(), 10_000 * FADE)
  }

  when(beat) {
    return Math.max(this.since + (beat - this.at) * this.quarter, loudspeaker().context.currentTime)
  }

  tick() {
    if (!this.playing) return
    const span = this.chords + HOLD
    if (this.loop && this.counted() >= span) this.wrap(span)
    if (!this.loop && this.counted() >= span) return this.end()
    const horizon = this.counted() + (document.hidden ? AHEAD_HIDDEN : AHEAD) / this.quarter
    for (const begin of this.loop ? [0, span] : [0]) {
      for (const note of this.notes) {
        const onset = note.onset + begin
        if (onset >= this.upTo && onset < horizon) this.begin(note, begin, this.when(onset))
      }
    }
    this.upTo = Math.max(this.upTo, horizon)
    for (const note of this.sounding) {
      if (note.end >= horizon) continue
      note.release(this.when(note.end))
      this.sounding.delete(note)
    }
  }

  begin(note, begin, when) {
    const { context } = loudspeaker()
    const release = this.instrument.begin(context, note.key, when, note.level, (pan) => this.into(note.voice, pan))
    this.sounding.add({ end: note.end + begin, release })
  }

  // Where a zone of a voice goes: to its place from left to right, then its voice's.
  into(voice, pan) {
    const { context } = loudspeaker()
    const voices = this.stage.voices
    if (!voices[voice]) {
      const volume = new GainNode(context, { gain: this.volume(voice) })
      volume.connect(new StereoPannerNode(context, { pan: this.balance[voice][1] })).connect(this.stage.out)
      voices[voice] = { volume, place: placed(context, volume) }
    }
    return voices[voice].place(pan)
  }

  // Back to the beginning, all that is begun already included.
  wrap(span) {
    this.at -= span
    this.upTo -= span
    for (const note of this.sounding) note.end -= span
  }

  end() {
    for (const note of this.sounding) note.release(this.when(note.end))
    this.sounding.clear()
    this.at = this.chords
    this.stage = null // which dies away
    this.stopped()
  }
}
