// Width against number of chorales, coloured by the NLL at the chosen tau, with the critical width drawn in.

const ENDS = [0, -3] // log10 of the NLL at the ends of the scale

class PhaseMap {
  // onChoose(width, chorales): the reader tapped a network.
  constructor(root, signal, onChoose) {
    Object.assign(this, { root, signal, onChoose })
    root.addEventListener("pointermove", (event) => event.buttons && this.dragged(event), { signal })
  }

  // Drawn over with a finger or the pointer: the network that lies under it.
  dragged({ clientX, clientY }) {
    const under = this.root.getRootNode().elementFromPoint(clientX, clientY)
    if (!under?.dataset?.place) return
    const [chorales, width] = under.dataset.place.split("-").map(Number)
    if (width !== this.state.width || chorales !== this.state.chorales) this.onChoose(width, chorales)
  }

  // widths: ascending; chorales: descending, as they stand.
  build(atlas, colours) {
    Object.assign(this, { atlas, colours, widths: atlas.values(2), chorales: atlas.values(0).reverse() })
    this.root.style.setProperty("--columns", this.widths.length)
    this.root.style.gridTemplateRows = `repeat(${this.chorales.length}, minmax(27px, 1fr)) auto`
    this.cells = new Map()
    const parts = this.chorales.flatMap((chorales) => [
      this.words(chorales), ...this.widths.map((width) => this.cell(width, chorales)),
    ])
    this.root.replaceChildren(...parts, this.words(""), ...this.widths.map((width) => this.words(width)))
    this.line = drawn("path", {}, drawn("svg", { "aria-hidden": "true" }, this.root))
  }

  words(text) {
    const element = document.createElement("i")
    element.textContent = text
    return element
  }

  cell(width, chorales) {
    const button = document.createElement("button")
    const { signal } = this
    button.setAttribute("aria-label", `w = ${width}, ${chorales === 1 ? "one chorale" : `${chorales} chorales`}`)
    button.addEventListener("click", () => this.onChoose(width, chorales), { signal })
    button.addEventListener("pointerenter", () => (button.title = this.told(width, chorales)), { signal })
    button.addEventListener("keydown", (event) => this.key(event, width, chorales), { signal })
    button.dataset.place = `${chorales}-${width}`
    this.cells.set(button.dataset.place, button)
    return button
  }

  key(event, width, chorales) {
    if (event.altKey || event.ctrlKey || event.metaKey) return // the browser's own
    const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? []
    if (across === undefined) return
    event.preventDefault()
    const near = (list, value, step) => list[Math.min(Math.max(list.indexOf(value) + step, 0), list.length - 1)]
    const next = [near(this.widths, width, across), near(this.chorales, chorales, down)]
    this.onChoose(...next)
    this.cells.get(`${next[1]}-${next[0]}`).focus()
  }

  colour(log) {
    const share = Math.min(Math.max((log - ENDS[1]) / (ENDS[0] - ENDS[1]), 0), 1)
    return this.colours[Math.round(share * (this.colours.length - 1))]
  }

  // A network in words, for who points at it.
  told(width, chorales) {
    const { depth, seed, at } = this.state
    const name = `${chorales}-${depth}-${width}-${seed}`
    const known = `by heart ${this.atlas.byHeart(name, at)} of ${chorales}`
    return `w = ${width}: loss ${short(10 ** this.atlas.logNll(name, at))} bits, ${known}`
  }

  draw(state) {
    this.state = state
    const { depth, seed, at, width, chorales } = state
    for (const [place, cell] of this.cells) {
      const [n, w] = place.split("-").map(Number)
      const name = `${n}-${depth}-${w}-${seed}`
      const chosen = n === chorales && w === width
      cell.style.background = this.colour(this.atlas.logNll(name, at))
      cell.textContent = this.atlas.byHeart(name, at) === n ? "✓" : ""
      cell.setAttribute("aria-pressed", chosen)
      cell.tabIndex = chosen ? 0 : -1
    }
  }

  // Where a width lies along x, in columns between the middles of the cells.
  column(width) {
    const i = this.widths.findIndex((known) => known > width)
    if (i <= 0) return i === 0 ? -0.5 : this.widths.length - 0.5
    return i - 1 + Math.log(width / this.widths[i - 1]) / Math.log(this.widths[i] / this.widths[i - 1])
  }

  // critical: number of chorales -> w_c or null.
  drawLine(critical) {
    const origin = this.root.getBoundingClientRect()
    if (!origin.width) return
    const first = this.cells.get(`${this.chorales[0]}-${this.widths[0]}`).getBoundingClientRect()
    const second = this.cells.get(`${this.chorales[0]}-${this.widths[1]}`).getBoundingClientRect()
    const each = second.left - first.left
    const parts = this.chorales.map((n) => {
      if (!critical[n]) return ""
      const { top, bottom } = this.cells.get(`${n}-${this.widths[0]}`).getBoundingClientRect()
      const x = first.left + first.width / 2 + this.column(critical[n]) * each - origin.left
      return `${x.toFixed(1)} ${top - origin.top - 1}V${bottom - origin.top + 1}`
    })
    this.line.setAttribute("d", parts.some(Boolean) ? `M${parts.filter(Boolean).join("L")}` : "")
  }
}
