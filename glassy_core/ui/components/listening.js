// Songs of which one sounds, over the score or a piano roll. See listening.py for what `data` holds.

// The engraved score: the chord that sounds has another colour.
class Score {
  constructor(root) {
    this.root = root
  }

  draw(svg, given) {
    this.root.innerHTML = svg // engraved by the server from notes alone
    this.notes = [...this.root.querySelectorAll("g.note")].map((note) => [Number(note.id.split("-")[1]), note])
    for (const [t, note] of this.notes) note.classList.toggle("asked", t >= given)
  }

  point(beat) {
    const now = beat === null ? -1 : Math.floor(beat)
    if (now === this.now) return
    this.now = now
    for (const [t, note] of this.notes ?? []) note.classList.toggle("now", t === now)
  }
}

class Listening {
  constructor(root) {
    this.root = root
    this.ended = new AbortController()
    const { signal } = this.ended
    const find = (name) => root.querySelector(name)
    this.places = { score: find(".score"), roll: find(".roll"), choice: find(".choice"), words: find(".words") }
    this.score = new Score(this.places.score)
    this.roll = new Roll(this.places.roll, signal, (chord) => this.listener.seek(chord))
    const both = { point: (beat) => [this.score, this.roll].forEach((one) => one.point(beat)) }
    this.listener = new Listener(find(".listen"), signal, both)
    this.watch = new ResizeObserver(() => this.fit())
    this.watch.observe(root)
  }

  remove() {
    this.ended.abort()
    this.watch.disconnect()
    this.listener.remove()
  }

  update(data) {
    this.data = data
    this.listener.choir.use(data.instrument)
    this.root.setAttribute("aria-label", data.alt)
    for (const [name, colour] of Object.entries(data.colours)) this.root.style.setProperty(`--${name}`, colour)
    this.places.score.hidden = !data.score
    this.places.roll.hidden = Boolean(data.score)
    if (data.score !== this.engraved) this.score.draw(data.score, data.given)
    this.engraved = data.score
    const names = data.songs.map(({ name }) => name)
    if (names.join() !== this.names) this.offer(names)
    this.names = names.join()
    this.choose(Math.min(this.chosen ?? 0, names.length - 1))
  }

  offer(names) {
    const several = names.length > 1 ? names : []
    this.places.choice.replaceChildren(...several.map((name, k) => {
      const button = Object.assign(document.createElement("button"), { textContent: name })
      button.addEventListener("click", () => this.hear(k))
      return button
    }))
  }

  // Another song is heard from its beginning.
  hear(k) {
    this.choose(k)
    this.listener.seek(0)
  }

  choose(k) {
    this.chosen = k
    const { chords, words } = this.data.songs[k]
    ;[...this.places.choice.children].forEach((button, i) => button.setAttribute("aria-pressed", i === k))
    this.places.words.textContent = words
    this.listener.sing(chords)
    this.fit()
  }

  fit() {
    if (!this.data || this.data.score) return
    this.roll.fit()
    this.roll.draw(this.listener.song, this.data.original, this.data.given)
  }
}

export default function ({ data, parentElement }) {
  return kept(parentElement.querySelector(".listening"), Listening, (listening) => listening.update(data))
}
