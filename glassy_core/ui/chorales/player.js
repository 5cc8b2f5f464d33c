// Plays a piece and moves one playhead over its score and its piano roll. See player.py for what `data` holds.

const SVG = "http://www.w3.org/2000/svg"
const PLAY = "M6 4l14 8-14 8z"
const PAUSE = "M6 4h4v16H6z M14 4h4v16h-4z"
const STARTS = "glassy-player-starts" // one player's start is every other player's pause
const SURE = 40 // pixels that a chord of probability 1 is high
const FOLLOW = 0.35 // of the strip's width: where the playhead stays while the strip moves
const HEADER = 44 // bytes before the samples of a WAV file

function make(name, attributes, parent) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  parent.append(element)
  return element
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`

async function bytes(url) {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error("The sound did not load: change a setting, or reload the page.")
  return answer.arrayBuffer()
}

// The sum of some voices as a WAV file; all have the same header and length.
function mixed(voices, silence) {
  const sum = new Float32Array((silence.byteLength - HEADER) / 2)
  for (const voice of voices) {
    const samples = new Int16Array(voice, HEADER)
    for (let i = 0; i < sum.length; i++) sum[i] += samples[i]
  }
  let peak = 0
  for (const sample of sum) peak = Math.max(peak, Math.abs(sample))
  const gain = Math.min(1, 32000 / Math.max(peak, 1)) // voices may add up to more than all of them do
  const out = new Int16Array(sum.length)
  for (let i = 0; i < sum.length; i++) out[i] = sum[i] * gain
  return new Blob([silence.slice(0, HEADER), out], { type: "audio/wav" })
}

class Player {
  constructor(root) {
    this.root = root
    for (const name of ["play", "time", "seek", "loop", "voices", "strip", "inner", "score", "roll", "head", "below",
      "here", "trouble"]) this[name] = root.querySelector(`.${name}`)
    this.audio = root.querySelector("audio")
    this.muted = new Set()
    this.ended = new AbortController()
    const { signal } = this.ended
    const on = (target, name, act) => target.addEventListener(name, act, { signal })
    on(this.play, "click", () => (this.audio.paused ? this.start() : this.audio.pause()))
    on(this.loop, "click", () => {
      this.audio.loop = !this.audio.loop
      this.loop.setAttribute("aria-pressed", this.audio.loop)
    })
    on(this.seek, "input", () => this.goTo(Number(this.seek.value)))
    on(this.inner, "click", (event) => this.goTo(this.chordAt(event)))
    on(this.inner, "pointermove", (event) => this.tell(this.chordAt(event)))
    on(this.inner, "pointerleave", () => this.tell(null))
    on(this.strip, "keydown", (event) => this.key(event))
    for (const name of ["wheel", "pointerdown"]) on(this.strip, name, () => (this.touched = performance.now()))
    on(window, STARTS, (event) => event.detail !== this && this.audio.pause())
    for (const name of ["play", "pause", "ended"]) on(this.audio, name, () => this.changed())
    for (const name of ["seeked", "loadedmetadata", "timeupdate"]) on(this.audio, name, () => this.show())
    this.watch = new ResizeObserver(() => this.resized())
    this.watch.observe(this.strip)
  }

  remove() {
    this.ended.abort()
    this.watch.disconnect()
    this.audio.pause()
    URL.revokeObjectURL(this.audio.src)
  }

  update(data, setStateValue) {
    const before = this.data ?? {}
    this.data = data
    this.setStateValue = setStateValue
    this.root.setAttribute("aria-label", data.alt)
    this.root.classList.toggle("small", !data.svg)
    this.loop.hidden = this.seek.hidden = data.small
    if (data.drawing !== before.drawing) this.draw()
    if (data.audio !== before.audio) {
      if (data.piece !== before.piece) this.muted.clear()
      this.stems = null
      this.load(data.piece === before.piece ? this.beat(before.quarter) : 0)
    } else if (data.stems && this.waiting) {
      this.load(this.beat())
    }
    this.showVoices()
  }

  // Sound

  beat(quarter = this.data.quarter) {
    return this.audio.currentTime / quarter
  }

  async load(beat) {
    const task = (this.task = {})
    const playing = !this.audio.paused || this.resume
    try {
      const blob = await this.sound()
      if (task !== this.task || !blob || this.ended.signal.aborted) return
      const old = this.audio.src
      this.resume = false
      this.audio.src = URL.createObjectURL(blob)
      if (old) URL.revokeObjectURL(old)
      this.audio.currentTime = Math.min(beat, this.data.chords) * this.data.quarter
      this.play.disabled = false
      this.trouble.textContent = ""
      if (playing) this.start()
    } catch (error) {
      if (task === this.task) this.trouble.textContent = error.message
    }
  }

  // What is to be heard as a WAV file; nothing as long as the voices one by one are not there yet.
  async sound() {
    const { data } = this
    if (!this.muted.size) return new Blob([await bytes(data.audio)], { type: "audio/wav" })
    this.waiting = !data.stems
    if (this.waiting) {
      this.setStateValue("voices", true)
      return null
    }
    this.stems ??= Promise.all(data.stems.map(bytes))
    const stems = await this.stems
    return mixed(stems.filter((_, i) => !this.muted.has(data.voices[i])), stems[0])
  }

  start() {
    window.dispatchEvent(new CustomEvent(STARTS, { detail: this }))
    this.audio.play().catch((error) => {
      if (error.name !== "AbortError") this.trouble.textContent = `The browser did not play it: ${error.message}`
    })
  }

  changed() {
    const playing = !this.audio.paused
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play")
    this.play.querySelector("path").setAttribute("d", playing ? PAUSE : PLAY)
    if (playing) this.frame()
  }

  frame() {
    this.show()
    if (!this.audio.paused) requestAnimationFrame(() => this.frame())
  }

  goTo(chord) {
    if (chord === null || Number.isNaN(chord) || !this.audio.src) return
    this.audio.currentTime = chord * this.data.quarter
    this.show()
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (event.key === " ") this.play.click()
    else if (step) this.goTo(Math.max(0, Math.min(this.data.chords - 1, Math.floor(this.beat() + 1e-6) + step)))
    else return
    event.preventDefault()
  }

  showVoices() {
    const { data } = this
    this.voices.hidden = !data.wantsVoices
    const names = data.voices.join()
    if (!data.wantsVoices || this.voices.dataset.names === names) return this.press()
    this.voices.dataset.names = names
    this.voices.replaceChildren(...data.voices.map((name) => {
      const pair = document.createElement("span")
      pair.className = "voice"
      for (const [kind, text] of [["mute", name], ["solo", "solo"]]) {
        const button = document.createElement("button")
        Object.assign(button, { className: kind, textContent: text, title: `${kind} ${name}` })
        button.setAttribute("aria-label", `${kind} ${name}`)
        button.dataset.voice = name
        button.addEventListener("click", () => this.choose(kind, name))
        pair.append(button)
      }
      return pair
    }))
    this.press()
  }

  isSolo(name) {
    return !this.muted.has(name) && this.muted.size === this.data.voices.length - 1
  }

  choose(kind, name) {
    if (kind === "solo") this.muted = new Set(this.isSolo(name) ? [] : this.data.voices.filter((v) => v !== name))
    else if (!this.muted.delete(name)) this.muted.add(name)
    this.press()
    this.resume = !this.audio.paused || this.resume
    this.load(this.beat())
  }

  press() {
    for (const button of this.voices.querySelectorAll("button")) {
      const { voice } = button.dataset
      button.classList.toggle("switch", button.className.startsWith("solo"))
      button.setAttribute("aria-pressed", button.classList.contains("mute") ? this.muted.has(voice) : this.isSolo(voice))
    }
  }

  // Pictures: score, roll and probabilities share one x axis, xs[t] for the beginning of chord t.

  draw() {
    const { data } = this
    this.score.innerHTML = data.svg ?? "" // engraved by the server from notes alone
    this.below.replaceChildren(...data.legend.map(([kind, text]) => {
      const entry = document.createElement("span")
      const sample = document.createElement("i")
      sample.className = kind
      entry.append(sample, text)
      return entry
    }))
    this.colour()
    this.measure()
    this.drawRoll()
    this.show()
  }

  resized() {
    if (!this.data || this.strip.clientWidth === this.width) return
    this.measure()
    this.drawRoll()
    this.show()
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
    this.width = this.strip.clientWidth
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

  // The playhead

  x(beat) {
    const t = Math.min(Math.floor(beat), this.data.chords - 1)
    const part = Math.min(beat - t, 1)
    return this.xs[t] + part * (this.xs[t + 1] - this.xs[t])
  }

  show() {
    if (!this.xs) return
    const { data, audio } = this
    const beat = this.beat()
    const x = this.x(beat)
    this.head.style.transform = `translateX(${x}px)`
    this.head.dataset.chord = Math.min(Math.floor(beat + 1e-6), data.chords - 1)
    const length = data.chords * data.quarter
    this.time.textContent = `${clock(Math.min(audio.currentTime, length))} / ${clock(length)}`
    this.seek.max = data.chords
    this.seek.value = beat
    this.seek.setAttribute("aria-valuetext", `chord ${Number(this.head.dataset.chord) + 1} of ${data.chords}`)
    if (!audio.paused && performance.now() - (this.touched ?? -9999) > 2000) this.follow(x)
  }

  follow(x) {
    const { strip } = this
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
    const seen = x > strip.scrollLeft && x < strip.scrollLeft + 0.9 * strip.clientWidth
    if (!calm || !seen) strip.scrollLeft = x - (calm ? 0.1 : FOLLOW) * strip.clientWidth
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

export default function (component) {
  const { data, parentElement, setStateValue } = component
  const root = parentElement.querySelector(".player")
  // Kept on the element: this module may be evaluated anew.
  root.glassyPlayer ??= new Player(root)
  const player = root.glassyPlayer
  player.update(data, setStateValue)
  return () => {
    player.remove()
    delete root.glassyPlayer
  }
}
