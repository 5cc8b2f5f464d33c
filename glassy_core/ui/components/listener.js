// Plays the song round and round, whatever it is by now: another one is taken up in the middle of a chord.

const BEAT = 0.62 // seconds a chord
const REST = 2 // beats between the end of a song and its beginning
const AHEAD = 0.05 // seconds that sound is made before its time

class Listener {
  constructor(button, signal, roll) {
    Object.assign(this, { button, signal, roll, choir: new Choir(), chord: 0 })
    button.addEventListener("click", () => this.listen(!this.on), { signal })
  }

  remove() {
    this.wish = null
    clearInterval(this.clock)
    this.choir.remove()
  }

  // song: chords from now on.
  sing(song) {
    this.song = song
    if (this.on && this.sounding !== undefined) this.choir.play(song[this.sounding] ?? [], this.choir.now, false)
  }

  // While the instrument is on its way the reader may wish otherwise, or go: only the last wish counts.
  async listen(on) {
    const wish = (this.wish = on ? {} : null)
    this.show(on, on ? "♪ Listening" : "♪ Listen")
    clearInterval(this.clock)
    this.sounding = undefined
    if (!on) {
      this.choir.silence()
      this.roll.point(null)
      return
    }
    try {
      await this.choir.start()
    } catch {
      if (wish === this.wish) this.show(false, "♪ The instrument did not load: try again")
      return
    }
    if (wish !== this.wish) return
    this.next = this.choir.now + AHEAD
    this.clock = setInterval(() => this.beat(), 20)
    this.beat()
    this.follow(wish)
  }

  show(on, words) {
    this.on = on
    this.button.setAttribute("aria-pressed", on)
    this.button.textContent = words
  }

  seek(chord) {
    this.chord = chord
    if (!this.on) this.listen(true)
    else if (this.sounding !== undefined) this.next = this.choir.now
  }

  // Makes the next chord's sound when its time is near.
  beat() {
    if (!this.song || this.choir.now < this.next - AHEAD) return
    const when = Math.max(this.next, this.choir.now)
    this.sounding = this.chord >= this.song.length + REST ? 0 : this.chord
    this.choir.play(this.song[this.sounding] ?? [], when, true)
    this.since = when
    this.chord = this.sounding + 1
    this.next = when + BEAT
  }

  follow(wish) {
    if (wish !== this.wish) return
    const part = Math.min(Math.max((this.choir.now - this.since) / BEAT, 0), 1)
    if (this.sounding !== undefined) this.roll.point(this.sounding + part)
    requestAnimationFrame(() => this.follow(wish))
  }
}
