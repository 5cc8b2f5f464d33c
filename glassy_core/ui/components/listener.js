// Plays the song round and round, whatever it is by now: another one is taken up in the middle of a chord.

const BEAT = 0.62 // seconds a chord
const REST = 2 // beats between the end of a song and its beginning
const AHEAD = 0.05 // seconds that sound is made before its time

class Listener {
  constructor(button, signal, roll) {
    Object.assign(this, { button, signal, roll, organ: new Organ(), chord: 0 })
    button.addEventListener("click", () => this.listen(!this.on), { signal })
  }

  remove() {
    clearInterval(this.clock)
    this.organ.remove()
  }

  // song: chords from now on.
  sing(song) {
    this.song = song
    if (this.on && this.sounding !== undefined) this.organ.play(song[this.sounding] ?? [], this.organ.now, false)
  }

  async listen(on) {
    this.on = on
    this.button.setAttribute("aria-pressed", on)
    this.button.textContent = on ? "♪ Listening" : "♪ Listen"
    clearInterval(this.clock)
    this.sounding = undefined
    if (!on) {
      this.organ.silence()
      this.roll.point(null)
      return
    }
    await this.organ.start()
    if (!this.on) return
    this.next = this.organ.now + AHEAD
    this.clock = setInterval(() => this.beat(), 20)
    this.beat()
    this.follow()
  }

  seek(chord) {
    this.chord = chord
    if (this.on) this.next = this.organ.now
    else this.listen(true)
  }

  // Makes the next chord's sound when its time is near.
  beat() {
    if (!this.song || this.organ.now < this.next - AHEAD) return
    const when = Math.max(this.next, this.organ.now)
    this.sounding = this.chord >= this.song.length + REST ? 0 : this.chord
    this.organ.play(this.song[this.sounding] ?? [], when, true)
    this.since = when
    this.chord = this.sounding + 1
    this.next = when + BEAT
  }

  follow() {
    if (!this.on || this.signal.aborted) return
    const part = Math.min(Math.max((this.organ.now - this.since) / BEAT, 0), 1)
    if (this.sounding !== undefined) this.roll.point(this.sounding + part)
    requestAnimationFrame(() => this.follow())
  }
}
