// Sings chord after chord by an instrument of the page: notes that two chords have in common go on, or are struck anew.

const OCTAVE = 12 // semitones: the data lie so much above where choirs sing
const TOGETHER = 4 // notes that are as loud as they are; more are softer, each

class Choir {
  constructor() {
    this.notes = new Map() // by pitch, what ends it
  }

  // Where its instrument is: fetched at once, so that the first chord need not wait.
  use(url) {
    if (url === this.url) return
    this.url = url
    loudspeaker().instrumentAt(url).catch(() => {}) // said where it is asked to sing
  }

  // Inside a tap or a key press, or the browser keeps it silent.
  async start() {
    const [, instrument] = await Promise.all([loudspeaker().wake(), loudspeaker().instrumentAt(this.url)])
    const { context, entry } = loudspeaker()
    this.instrument = instrument
    this.place ??= placed(context, entry)
  }

  get now() {
    return loudspeaker().context.currentTime
  }

  // pitches: MIDI; when: seconds of the context; anew: notes that go on are struck once more.
  play(pitches, when, anew) {
    for (const [pitch, end] of this.notes) {
      if (pitches.includes(pitch) && !anew) continue
      end(when)
      this.notes.delete(pitch)
    }
    const { context } = loudspeaker()
    const level = TOGETHER / Math.max(TOGETHER, pitches.length)
    for (const pitch of pitches) {
      if (this.notes.has(pitch)) continue
      this.notes.set(pitch, this.instrument.begin(context, pitch - OCTAVE, when, level, this.place))
    }
  }

  silence() {
    if (this.place) this.play([], this.now, false)
  }

  remove() {
    this.silence()
  }
}
