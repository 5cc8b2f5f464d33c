// What is played, drawn: the score, the piano roll and how sure the network was, under one playhead.

const SVG = "http://www.w3.org/2000/svg"
const SURE = 40 // pixels that a chord of probability 1 is high
const FOLLOW = 0.35 // of the strip's width: where the playhead stays while the strip moves
const LEFT_ALONE = 2000 // ms after the reader has moved the strip

function make(name, attributes, parent) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  parent.append(element)
  return element
}

// Score, roll and probabilities share one x axis, xs[t] for the beginning of chord t.
class Strip {
  // seek(chord): the reader pointed there; moved(): the playhead has to be set anew.
  constructor(root, signal, seek, moved) {
    const on = (target, name, act) => target.addEventListener(name, act, { signal })
    for (const name of ["inner", "score", "roll", "head", "below", "here"]) {
      this[name] = root.querySelector(`.${name}`)
    }
    Object.assign(this, { root: root.querySelector(".strip"), moved })
    on(this.inner, "click", (event) => seek(this.chordAt(event)))
    on(this.inner, "pointermove", (event) => this.tell(this.chordAt(event)))
    on(this.inner, "pointerleave", () => this.tell(null))
    for (const name of ["wheel", "pointerdown"]) on(this.root, name, () => (this.touched = performance.now()))
    this.watch = new ResizeObserver(() => this.resized())
    this.watch.observe(this.root)
    signal.addEventListener("abort", () => this.watch.disconnect())
  }

  draw(data) {
    this.data = data
    this.score.innerHTML = data.svg ?? "" // engraved by the server from notes alone
    this.drawLegend()
    this.colour()
    this.measure()
    this.drawRoll()
  }

  drawLegend() {
    this.below.replaceChildren(...this.data.legend.map(([kind, text]) => {
      const entry = document.createElement("span")
      const sample = document.createElement("i")
      sample.className = kind
      entry.append(sample, text)
      return entry
    }))
  }

  resized() {
    if (!this.data || this.root.clientWidth === this.width) return
    this.measure()
    this.drawRoll()
    this.moved()
  }

  colour() {
    for (const note of this.score.querySelectorAll("g.note")) {
      const t = Number(note.id.split("-")[1])
      note.classList.add(this.kind(t))
    }
  }

  kind(t) {
    return t < this.data.prime ? "given" : "network"
  }

  measure() {
    const T = this.data.chords
    this.width = this.root.clientWidth
    const svg = this.score.querySelector("svg")
    if (!svg) {
      const left = 30
      const each = Math.max((this.width - left - 4) / T, 4)
      this.xs = Array.from({ length: T + 1 }, (_, t) => left + t * each)
      return
    }
    const [, , w, h] = svg.getAttribute("viewBox").split(" ").map(Number)
    svg.setAttribute("width", w)
    svg.setAttribute("height", h)
    const origin = this.inner.getBoundingClientRect().left
    const xs = Array(T + 1).fill(NaN)
    for (const head of this.score.querySelectorAll("g.note > g.notehead")) {
      const t = Number(head.parentElement.id.split("-")[1])
      const { left, width } = head.getBoundingClientRect()
      if (!(xs[t] < left + width / 2 - origin)) xs[t] = left + width / 2 - origin
    }
    xs[T] = w - 8
    const known = xs.map((x, t) => (Number.isNaN(x) ? -1 : t)).filter((t) => t >= 0)
    if (known[0] > 0) xs[0] = Math.min(90, xs[known[0]] / 2)
    for (let t = 1, last = 0; t <= T; t++) {
      if (Number.isNaN(xs[t])) continue // rests and held notes lie evenly between their neighbours
      for (let u = last + 1; u < t; u++) xs[u] = xs[last] + ((u - last) / (t - last)) * (xs[t] - xs[last])
      last = t
    }
    this.xs = xs
  }

  drawRoll() {
    const { data, roll, xs } = this
    const step = data.svg ? 5 : 3
    const pitches = data.notes.map((note) => note[3])
    const [low, high] = [Math.min(...pitches, 72) - 2, Math.max(...pitches, 72) + 2]
    const height = (high - low + 1) * step
    const sure = data.sure ? SURE + 10 : 0
    const width = xs[data.chords] + 8
    roll.replaceChildren()
    for (const [name, value] of Object.entries({ width, height: height + sure, viewBox: `0 0 ${width} ${height + sure}` })) {
      roll.setAttribute(name, value)
    }
    const y = (pitch) => (high - pitch) * step
    for (let pitch = Math.ceil(low / 12) * 12; pitch <= high; pitch += 12) {
      make("line", { class: "line", x1: 26, x2: width, y1: y(pitch) + step, y2: y(pitch) + step }, roll)
      make("text", { x: 4, y: y(pitch) + step + 3 }, roll).textContent = `C${pitch / 12 - 1}`
    }
    const box = (kind, t, length, pitch) =>
      ({ class: kind, x: xs[t] + 0.5, y: y(pitch), width: Math.max(xs[t + length] - xs[t] - 1.5, 1.5), height: step, rx: 1 })
    for (const [t, pitch, p] of data.considered) make("rect", { ...box("considered", t, 1, pitch), opacity: p }, roll)
    for (const [, t, length, pitch] of data.notes) make("rect", box(this.kind(t), t, length, pitch), roll)
    if (data.sure) this.drawSure(height + sure, width)
    for (const kind of ["border", "parting"]) {
      if (!data[kind]) continue
      const x = xs[data[kind]] - 1
      make("line", { class: kind, x1: x, x2: x, y1: 0, y2: height + sure }, roll)
    }
  }

  drawSure(bottom, width) {
    const { data, roll, xs } = this
    make("line", { class: "line", x1: 26, x2: width, y1: bottom - SURE, y2: bottom - SURE }, roll)
    make("text", { x: 4, y: bottom - SURE + 4 }, roll).textContent = "1"
    make("text", { x: 4, y: bottom - 2 }, roll).textContent = "0"
    data.sure.forEach((p, t) => {
      if (p === null) return
      const height = Math.max(p * SURE, 1)
      const place = { x: xs[t] + 0.5, y: bottom - height, width: Math.max(xs[t + 1] - xs[t] - 1.5, 1.5), height }
      make("rect", { class: `${this.kind(t)} sure`, "data-p": p, ...place }, roll)
    })
  }

  x(beat) {
    const t = Math.min(Math.floor(beat), this.data.chords - 1)
    const part = Math.min(beat - t, 1)
    return this.xs[t] + part * (this.xs[t + 1] - this.xs[t])
  }

  // The playhead; returns the chord under it.
  point(beat, playing) {
    const x = this.x(beat)
    this.head.style.transform = `translateX(${x}px)`
    this.head.dataset.chord = Math.min(Math.floor(beat + 1e-6), this.data.chords - 1)
    if (playing && performance.now() - (this.touched ?? -LEFT_ALONE) > LEFT_ALONE) this.follow(x)
    return Number(this.head.dataset.chord)
  }

  follow(x) {
    const { root } = this
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
    const seen = x > root.scrollLeft && x < root.scrollLeft + 0.9 * root.clientWidth
    if (!calm || !seen) root.scrollLeft = x - (calm ? 0.1 : FOLLOW) * root.clientWidth
  }

  chordAt(event) {
    const x = event.clientX - this.inner.getBoundingClientRect().left
    const next = this.xs.findIndex((edge) => edge > x + 1)
    return Math.max(0, (next < 0 ? this.data.chords : next) - 1)
  }

  tell(t) {
    this.here.textContent = t === null ? "" : this.data.words[Math.min(t, this.data.chords - 1)]
  }
}
