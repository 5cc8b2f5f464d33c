// Loss against tau, both logarithmic: the chosen curve, earlier ones fading, and a handle that is dragged along it.

const TAUS = [-2, 3] // decades
const NLLS = [0, -3]
const SLOP = 8 // pixels along x from which on a finger drags
const LABELLED = 3 // of the earlier curves
const FADES = [0.5, 0.36, 0.26, 0.19, 0.13]
const POWERS = { "-3": "0.001", "-2": "0.01", "-1": "0.1", 0: "1", 1: "10", 2: "100", 3: "1000" }

function drawn(kind, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", kind)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  parent.append(element)
  return element
}

// How large the page's letters are, 1 for the usual 16 pixels.
const letterSize = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16

class Chart {
  // onMove(at): the handle was brought to that place in the atlas's taus.
  constructor(root, signal, onMove) {
    Object.assign(this, { root, onMove })
    this.svg = root.querySelector("svg")
    this.handle = root.querySelector(".handle")
    this.hint = root.querySelector(".hint") // until something was touched
    this.grid = drawn("g", { class: "grid" }, this.svg)
    this.faded = FADES.map((opacity) => drawn("path", { class: "curve", "stroke-opacity": opacity }, this.svg))
    this.chosen = drawn("path", { class: "curve chosen" }, this.svg)
    this.labels = [1, ...FADES.slice(0, LABELLED)].map((_, i) => {
      return drawn("text", { class: i ? "label" : "label strong" }, this.svg)
    })
    const on = (target, name, act) => target.addEventListener(name, act, { signal })
    on(root, "pointerdown", (event) => {
      event.preventDefault()
      root.setPointerCapture(event.pointerId)
      this.handle.focus({ preventScroll: true })
      this.from = event.pointerType === "touch" ? event.clientX : null // a finger may be about to scroll
      if (this.from === null) this.dragged(event)
    })
    on(root, "click", (event) => this.dragged(event))
    on(root, "pointermove", (event) => {
      if (!root.hasPointerCapture(event.pointerId)) return
      if (this.from !== null && Math.abs(event.clientX - this.from) < SLOP) return
      this.from = null
      this.dragged(event)
    })
    on(this.handle, "keydown", (event) => this.key(event))
  }

  dragged(event) {
    if (!this.atlas) return
    const { left } = this.svg.getBoundingClientRect()
    const share = (event.clientX - left - this.left) / (this.width - this.left - this.right)
    this.onMove(Math.min(Math.max(share, 0), 1) * this.atlas.last)
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return // the browser's own
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -6, PageUp: 6 }[event.key]
    const ends = { Home: 0, End: this.atlas?.last }[event.key]
    if (!this.atlas || (steps === undefined && ends === undefined)) return
    event.preventDefault()
    this.onMove(ends ?? Math.min(Math.max(Math.round(this.at) + steps, 0), this.atlas.last))
  }

  x(at) {
    return this.left + (at / this.atlas.last) * (this.width - this.left - this.right)
  }

  y(log) {
    const share = Math.min(Math.max(log / NLLS[1], 0), 1.02)
    return this.top + share * (this.height - this.top - this.bottom)
  }

  // Grid and axes for the room that there is.
  fit(atlas) {
    this.atlas = atlas
    const { clientWidth: width, clientHeight: height } = this.root
    if (!width || !height) return
    const letters = letterSize()
    const room = { left: 50 * letters, right: 16 * letters, top: 10, bottom: 38 * letters }
    Object.assign(this, { width, height, ...room, paths: new Map() })
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`)
    this.grid.replaceChildren()
    for (let power = TAUS[0]; power <= TAUS[1]; power++) {
      const x = this.x(atlas.at(10 ** power))
      drawn("path", { d: `M${x} ${this.top}V${height - this.bottom}` }, this.grid)
      drawn("text", { x, y: height - this.bottom + 15 * letters, "text-anchor": "middle" }, this.grid).textContent = POWERS[power]
    }
    for (let power = NLLS[0]; power >= NLLS[1]; power--) {
      const y = this.y(power)
      drawn("path", { d: `M${this.left} ${y}H${width - this.right}`, class: power === -2 ? "plausible" : "" }, this.grid)
      drawn("text", { x: this.left - 7, y: y + 4 * letters, "text-anchor": "end" }, this.grid).textContent = POWERS[power]
    }
    const words = drawn("text", { x: this.left + 6, y: this.y(-2) + 14 * letters, class: "words" }, this.grid)
    words.textContent = "below: the right note 999 times in 1000"
    const axis = { x: (this.left + width - this.right) / 2, y: height - 5, "text-anchor": "middle" }
    drawn("text", axis, this.grid).textContent = "time τ that it has learned"
    const up = { x: 12 * letters, y: (this.top + height - this.bottom) / 2, "text-anchor": "middle" }
    const title = drawn("text", { ...up, transform: `rotate(-90 ${up.x} ${up.y})` }, this.grid)
    title.textContent = "loss NLL, bits"
  }

  path(name) {
    if (!this.paths.has(name)) {
      const points = Array.from({ length: this.atlas.end(name) + 1 }, (_, k) => {
        return `${this.x(k).toFixed(1)} ${this.y(this.atlas.logNll(name, k)).toFixed(1)}`
      })
      this.paths.set(name, `M${points.join("L")}`)
    }
    return this.paths.get(name)
  }

  // The widths at the ends of the curves, the chosen one's first; none that would lie on another.
  label(names) {
    const taken = []
    this.labels.forEach((label, i) => {
      const end = names[i] ? this.atlas.end(names[i]) : 0
      const x = this.x(end) - 12
      const y = names[i] && Math.min(this.y(this.atlas.logNll(names[i], end)) + 18, this.height - this.bottom - 6)
      const free = names[i] && taken.every(([a, b]) => Math.abs(a - x) > 60 || Math.abs(b - y) > 15)
      label.textContent = free ? `w = ${names[i].split("-")[2]}` : ""
      if (!free) return
      taken.push([x, y])
      label.setAttribute("x", x)
      label.setAttribute("y", y)
    })
  }

  // name: the chosen network; at: the handle's place; earlier: networks, the last one first; ink: a network's colour.
  draw(name, at, earlier, ink) {
    if (!this.width) return
    this.at = at
    const colour = ink(name)
    this.faded.forEach((path, i) => {
      path.setAttribute("d", earlier[i] ? this.path(earlier[i]) : "")
      path.setAttribute("stroke", earlier[i] ? ink(earlier[i]) : "none")
    })
    this.chosen.setAttribute("d", this.path(name))
    this.chosen.setAttribute("stroke", colour)
    this.label([name, ...earlier])
    const log = this.atlas.logNll(name, at)
    this.handle.style.transform = `translate(${this.x(at)}px, ${this.y(log)}px)`
    this.hint.style.transform = `translate(${this.x(at)}px, ${this.y(log) - 40}px) translateX(-50%)`
    this.handle.style.setProperty("--ink", colour)
    this.handle.setAttribute("aria-valuenow", this.atlas.tau(at).toPrecision(3))
    this.handle.setAttribute("aria-valuetext", `tau ${short(this.atlas.tau(at))}, NLL ${short(10 ** log)} bits`)
  }
}
