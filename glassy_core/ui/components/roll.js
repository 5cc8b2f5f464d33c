// The piano roll: what is given, what the network sings right and wrong, and what it should have sung.

const PITCHES = [46, 95] // the lowest and the highest that are drawn; a cluster may have more
const STRIDES = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -4, PageUp: 4 } // chords

class Roll {
  // onSeek(chord): the reader pointed there.
  constructor(root, signal, onSeek) {
    this.root = root
    this.canvas = root.querySelector("canvas")
    this.head = root.querySelector(".head")
    const seek = (chord) => {
      this.chord = Math.min(Math.max(chord, 0), this.song.length - 1)
      this.tell()
      onSeek(this.chord)
    }
    root.addEventListener("pointerdown", (event) => this.song && seek(this.chordAt(event)), { signal })
    root.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return // the browser's own
      const places = { Home: 0, End: Infinity }
      for (const [key, by] of Object.entries(STRIDES)) places[key] = this.chord + by
      if (!this.song || !(event.key in places)) return
      event.preventDefault()
      seek(places[event.key])
    }, { signal })
    this.chord = 0
  }

  // Where it is, for who does not see it. Without a song there is no place, and nothing to move.
  tell() {
    Object.assign(this.root, { tabIndex: 0, role: "slider" })
    this.root.setAttribute("aria-valuemin", 1)
    this.root.setAttribute("aria-valuemax", this.song.length)
    this.root.setAttribute("aria-valuenow", this.chord + 1)
    this.root.setAttribute("aria-valuetext", `chord ${this.chord + 1} of ${this.song.length}`)
  }

  chordAt(event) {
    const { left } = this.canvas.getBoundingClientRect()
    return Math.floor((event.clientX - left) / this.each)
  }

  fit() {
    const { clientWidth: width, clientHeight: height } = this.root
    const sharp = window.devicePixelRatio || 1
    Object.assign(this, { width, height })
    this.canvas.width = Math.round(width * sharp)
    this.canvas.height = Math.round(height * sharp)
    this.canvas.getContext("2d").setTransform(sharp, 0, 0, sharp, 0, 0)
  }

  y(pitch) {
    return ((PITCHES[1] - pitch) / (PITCHES[1] - PITCHES[0] + 1)) * this.height
  }

  // song, original: chords; given: how many at the beginning the network was told.
  draw(song, original, given) {
    this.song = song
    if (song) this.chord = Math.min(this.chord, song.length - 1)
    if (song) this.tell()
    if (!this.width || !song) return
    const colour = (name) => getComputedStyle(this.root).getPropertyValue(name)
    const [ink, told, right, wrong] = ["--st-text-color", "--given", "--right", "--wrong"].map(colour)
    const context = this.canvas.getContext("2d")
    const high = this.height / (PITCHES[1] - PITCHES[0] + 1)
    const each = (this.each = this.width / song.length)
    context.clearRect(0, 0, this.width, this.height)
    context.globalAlpha = 0.14
    context.fillStyle = ink
    for (let t = 4; t < song.length; t += 4) context.fillRect(t * each - 0.5, 0, 1, this.height)
    song.forEach((chord, t) => {
      const bach = original[t] ?? []
      context.globalAlpha = 0.5
      context.strokeStyle = ink
      context.lineWidth = 1
      for (const pitch of bach) {
        if (!chord.includes(pitch)) context.strokeRect(t * each + 1, this.y(pitch) + 0.5, each - 2, Math.max(high - 1, 2))
      }
      context.globalAlpha = 1
      for (const pitch of chord) {
        const isRight = bach.includes(pitch)
        context.fillStyle = t < given ? told : isRight ? right : wrong
        // Wrong notes are thin, too, for eyes that see no red.
        const thick = isRight ? Math.max(high, 3) : Math.max(0.45 * high, 1.5)
        context.fillRect(t * each + 0.5, this.y(pitch) + (high - thick) / 2, each - 1, thick)
      }
    })
  }

  // beat: chords since the beginning; null: nothing sounds.
  point(beat) {
    this.head.style.display = beat === null ? "none" : "block"
    if (beat !== null) this.chord = Math.floor(beat) // from where the keys go on; not told: it would talk all the time
    if (beat !== null && this.each) this.head.style.transform = `translateX(${Math.min(beat * this.each, this.width)}px)`
  }
}
