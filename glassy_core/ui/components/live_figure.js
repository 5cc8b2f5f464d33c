// Draws a Plotly figure and updates it in place. See live_figure.py for what `data` holds; plotly.js stands before.

const TURNS = Symbol.for("glassy.turns")
const SVG_ICON = {
  width: 24, height: 24,
  path: "M5 3h10l4 4v14H5z M7 5v14h10V8h-3V5z M8.5 15.5h7v1.5h-7z M8.5 12h7v1.5h-7z",
}
const TITLE = 34 // pixels above a figure that is saved
const PHONE = matchMedia("(max-width: 640px)")
const COARSE = matchMedia("(pointer: coarse)")
const SETTLE = 350 // ms after a press in which Plotly may still wait for a second click

// Figures are drawn one at a time, those in sight first, and the browser paints in between.
async function inTurn(root, act) {
  const turns = (window[TURNS] ??= { taken: false, waiting: [] })
  if (turns.taken) await new Promise((go) => turns.waiting.push({ root, go }))
  turns.taken = true
  try {
    await act()
  } finally {
    await painted()
    const next = turns.waiting.splice(Math.max(turns.waiting.findIndex((turn) => inSight(turn.root)), 0), 1)
    turns.taken = next.length > 0
    next.forEach((turn) => turn.go())
  }
}

// A hidden window paints nothing: then after a moment.
function painted() {
  return new Promise((done) => {
    requestAnimationFrame(() => setTimeout(done))
    setTimeout(done, 100)
  })
}

function inSight(element) {
  const { top, bottom } = element.getBoundingClientRect()
  return top < window.innerHeight && bottom > 0
}

function merged(base, patch) {
  const out = { ...base }
  for (const [name, value] of Object.entries(patch)) {
    const nested = value && typeof value === "object" && !Array.isArray(value)
    out[name] = nested ? merged(base[name] ?? {}, value) : value
  }
  return out
}

// "dark" or "light", from the page's background as the theme sets it.
function theme(element) {
  const probe = document.createElement("span")
  probe.style.color = getComputedStyle(element).getPropertyValue("--st-background-color") || "white"
  element.append(probe)
  const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number)
  probe.remove()
  return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light"
}

// How large the page's letters are, 1 for the usual 16 pixels.
function letters() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16
}

class LiveFigure {
  constructor(root) {
    this.root = root
    this.stage = root.querySelector(".glassy-stage")
    this.plot = root.querySelector(".glassy-plot")
    this.handles = [...root.querySelectorAll(".glassy-handle")]
    this.lines = new Lines(this.stage, this.plot)
    this.slide = new Slide(this.plot)
    this.known = new KnownFigure()
    this.windowFit = new WindowFit(this.stage, this.plot)
    this.trouble = root.querySelector(".glassy-trouble")
    this.queue = Promise.resolve()
    this.entriesRoom = 0 // pixels
    this.ended = new AbortController()
    const { signal } = this.ended
    // A redraw in the middle of a drag, or between two clicks on the legend, would break either.
    root.addEventListener("pointerdown", () => this.press(), { signal, capture: true })
    for (const name of ["pointerup", "pointercancel", "blur"]) {
      window.addEventListener(name, () => this.release(), { signal, capture: true })
    }
    root.addEventListener("pointermove", (event) => (this.pointer = event), { signal })
    root.addEventListener("pointerleave", () => (this.pointer = null), { signal })
    this.handles.forEach((handle, end) => this.makeDraggable(handle, end, signal))
    this.watch = new ResizeObserver(() => this.resized())
    this.watch.observe(root)
  }

  remove() {
    this.ended.abort()
    this.watch.disconnect()
    clearTimeout(this.settling)
    window.Plotly?.purge(this.plot)
  }

  update(data, setStateValue, setTriggerValue) {
    this.setStateValue = setStateValue
    if (!this.known.take(data)) {
      setTriggerValue("missed", data.version)
      return
    }
    // The window that Python gives counts only where it is news: what the reader dragged meanwhile stays.
    if (JSON.stringify(data.window) !== JSON.stringify(this.given)) {
      this.given = data.window
      if (!this.dragging) this.window = data.window
    }
    if (JSON.stringify(data.front) !== JSON.stringify(this.front)) this.lines.chosen = this.front = data.front
    this.lines.pick = data.picks ? (group) => setTriggerValue("picked", group) : null
    this.data = data
    this.draw()
  }

  press() {
    this.held = true
    clearTimeout(this.settling)
  }

  release() {
    if (!this.held) return
    clearTimeout(this.settling)
    this.settling = setTimeout(() => {
      this.held = false
      if (this.postponed) this.draw()
    }, SETTLE)
  }

  resized() {
    if (!(this.drawn || this.unseen) || !this.root.clientWidth) return
    if (this.root.clientWidth !== this.width || letters() !== this.scale) this.draw()
  }

  draw() {
    this.takeRoom()
    this.queue = this.queue
      .then(() => loadPlotly(this.data.plotly))
      .then((plotly) => inTurn(this.root, () => this.react(plotly)))
      .catch((error) => {
        this.trouble.textContent = error.message
      })
  }

  // Before its turn comes, so that nothing below moves later.
  takeRoom() {
    // A transform, not zoom: Plotly reckons with it where it looks for the pointer.
    this.scale = letters()
    this.stage.style.transform = `scale(${this.scale})`
    // In rem: where a page sets its letters after the figure is drawn, the room changes, and it is drawn anew.
    this.root.style.height = `${this.height() / 16}rem`
  }

  // On a phone a figure leaves room in the first screen for the words below it.
  height() {
    const { height } = this.data
    const here = PHONE.matches ? Math.min(height, Math.max(NARROW.least, NARROW.part * height)) : height
    return here + this.entriesRoom
  }

  // Of many entries below a narrow plot Plotly would take the room from the plot, and lay them over the axis' title.
  makeRoomForEntries(narrow) {
    const entries = narrow ? (this.plot._fullLayout.legend?._height ?? 0) : 0
    const room = Math.max(Math.round(entries) - NARROW.entries, 0)
    if (room === this.entriesRoom) return
    this.entriesRoom = room
    this.draw()
  }

  async react(plotly) {
    this.unseen = !this.root.clientWidth // it stands in a part of the page that is not shown
    if (this.ended.signal.aborted || this.unseen) return
    this.postponed = this.held
    if (this.held) return
    this.takeRoom()
    const { data } = this
    const figure = this.known.copy()
    this.width = this.root.clientWidth
    const width = this.width / this.scale
    let layout = merged(figure.layout, {
      template: TEMPLATES[theme(this.root)],
      width,
      height: this.height(),
      font: { family: getComputedStyle(this.root).fontFamily },
    })
    this.namesShown = data.names && width >= NARROW.below
    if (this.namesShown) layout.margin.r = (NAMES.room * (layout.font?.size ?? NAMES.of)) / NAMES.of
    if (data.address) (this.address ??= new ViewInAddress()).apply(figure.data, layout)
    if (COARSE.matches) layout.dragmode = false // a finger scrolls the page
    if (width < NARROW.below) {
      const set = Math.min(layout.font.size ?? 0, width / 24)
      layout = merged(layout, NARROW.layout)
      layout.font.size = Math.max(layout.font.size, set)
      // Long numbers push the title of their axis away, which would stand on them.
      for (const name of Object.keys(layout).filter((name) => /^yaxis\d*$/.test(name))) layout[name].automargin = true
    }
    this.shapes = layout.shapes ?? []
    layout.shapes = this.shapesWithWindow()
    this.plot.setAttribute("role", "figure")
    this.plot.setAttribute("aria-label", data.alt)
    await plotly.react(this.plot, figure.data, layout, this.config(data))
    this.makeRoomForEntries(width < NARROW.below)
    this.trouble.textContent = ""
    if (!this.drawn) this.listen()
    this.afterPlot()
    this.slide.drawn(data.slide, this.ended.signal)
    this.windowFit.drawn()
    if (data.grows) (this.growth ??= new Growth(this.plot)).show()
    this.drawn = true
    this.root.dataset.draws = Number(this.root.dataset.draws ?? 0) + 1
    this.hoverAgain()
    this.resized() // what changed while it was drawn
  }

  // The same object as long as it can be: Plotly.react begins from nothing where the configuration is another one.
  config({ filename }) {
    if (this.configured?.toImageButtonOptions.filename === filename) return this.configured
    const button = (format, icon) => {
      const title = `Download plot as ${format === "png" ? "a PNG" : "an SVG"}`
      return { name: title, title, icon, click: () => this.save(format) }
    }
    this.configured = {
      displayModeBar: true, displaylogo: false, responsive: false,
      modeBarButtons: [
        // With a finger there is nothing to drag: it scrolls the page.
        [...(COARSE.matches ? [] : ["zoom2d", "pan2d"]), "zoomIn2d", "zoomOut2d", "resetScale2d"],
        [button("png", window.Plotly.Icons.camera), button("svg", SVG_ICON)],
      ],
      toImageButtonOptions: { filename },
    }
    return this.configured
  }

  listen() {
    this.lines.listen()
    this.plot.on("plotly_afterplot", () => this.afterPlot())
    this.plot.on("plotly_relayout", () => this.afterPlot())
  }

  // What depends on where Plotly has put things.
  afterPlot() {
    if (this.ended.signal.aborted) return
    this.placeHandles()
    this.lines.name(this.namesShown)
    this.address?.write(this.plot)
  }

  // The figure as a file: its title above, all its legend below, the names at the ends.
  save(format) {
    const { title, filename } = this.data
    const { data, _fullLayout: { _size: inner, legend, width } } = this.plot
    const layout = structuredClone(this.plot.layout)
    const entries = legend?._height ? 1.3 * legend._height + 8 : 0 // other letters need more room
    const margin = { l: inner.l, r: inner.r, t: TITLE + 12, b: 64 + entries }
    Object.assign(layout, { margin, height: margin.t + inner.h + margin.b })
    layout.font = { ...layout.font, family: "Arial, Helvetica, sans-serif" } // the page's own are not in the file
    layout.title = { text: title, x: 0.01, xanchor: "left", y: 1, yref: "container", yanchor: "top", pad: { t: 12 } }
    layout.legend = { ...layout.legend, orientation: "h", x: 0, xanchor: "left", y: -64 / inner.h, yanchor: "top" }
    layout.annotations = [...(layout.annotations ?? []), ...this.lines.annotations()]
    const size = { width, height: layout.height, ...(format === "png" ? { scale: 3 } : {}) }
    return window.Plotly.downloadImage({ data, layout }, { format, filename, ...size })
  }

  // A redraw takes the hover text away: ask for it again where the pointer rests.
  hoverAgain() {
    if (!this.pointer || this.pointer.pointerType === "touch") return
    const { clientX, clientY } = this.pointer
    const under = document.elementFromPoint(clientX, clientY)
    if (!this.plot.contains(under)) return
    under.dispatchEvent(new MouseEvent("mousemove", { clientX, clientY, bubbles: true }))
  }

  // The window: two handles over the plot, and a shade between them that downloads show too.

  shapesWithWindow() {
    if (!this.window) return this.shapes
    const [x0, x1] = this.window
    const shade = {
      type: "rect", xref: "x", yref: "paper", x0, x1, y0: 0, y1: 1, layer: "below", name: "window",
      fillcolor: "rgba(128, 128, 128, 0.1)", line: { width: 0 },
    }
    return [...this.shapes, shade]
  }

  placeHandles() {
    const axis = this.plot._fullLayout?.xaxis
    const size = this.plot._fullLayout?._size
    this.handles.forEach((handle, end) => {
      const at = this.window && axis ? axis.d2p(this.window[end]) : NaN
      const seen = at >= -1 && at <= axis._length + 1
      handle.style.display = seen ? "block" : "none"
      if (this.window) handle.setAttribute("aria-valuenow", this.window[end].toPrecision(4))
      if (!seen) return
      Object.assign(handle.style, {
        left: `${axis._offset + at}px`, top: `${size.t}px`, height: `${size.h}px`,
      })
    })
  }

  makeDraggable(handle, end, signal) {
    Object.entries({ role: "slider", tabindex: "0", "aria-label": end ? "End of the window" : "Start of the window" })
      .forEach(([name, value]) => handle.setAttribute(name, value))
    const on = (name, act) => handle.addEventListener(name, act, { signal })
    on("pointerdown", (event) => {
      event.preventDefault()
      handle.setPointerCapture(event.pointerId)
      handle.focus()
      this.dragging = true
    })
    on("pointermove", (event) => {
      if (!this.dragging || !handle.hasPointerCapture(event.pointerId)) return
      const left = this.plot.getBoundingClientRect().left
      this.moveEnd(end, (event.clientX - left) / this.scale - this.plot._fullLayout.xaxis._offset)
    })
    on("lostpointercapture", () => {
      this.dragging = false
      this.setStateValue("window", this.window)
    })
    on("keydown", (event) => {
      const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
      if (!direction) return
      event.preventDefault()
      this.dragging = this.keyed = true // until the key is let go: a refresh in between would undo the move
      const axis = this.plot._fullLayout.xaxis
      this.moveEnd(end, axis.d2p(this.window[end]) + direction * (event.shiftKey ? 20 : 4))
    })
    const letGo = () => {
      if (!this.keyed) return
      this.dragging = this.keyed = false
      this.setStateValue("window", this.window)
    }
    on("keyup", (event) => event.key.startsWith("Arrow") && letGo())
    on("blur", letGo)
  }

  // pixel: from the plot area's left edge. The ends never pass each other.
  moveEnd(end, pixel) {
    const axis = this.plot._fullLayout.xaxis
    const other = axis.d2p(this.window[1 - end])
    const bounds = end ? [other + 4, axis._length] : [0, other - 4]
    const value = axis.p2d(Math.min(Math.max(pixel, bounds[0]), bounds[1]))
    this.window = end ? [this.window[0], value] : [value, this.window[1]]
    this.placeHandles()
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null
      window.Plotly.relayout(this.plot, { shapes: this.shapesWithWindow() })
      this.windowFit.follow(this.window)
    })
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".glassy-figure")
  return kept(root, LiveFigure, (figure) => figure.update(data, setStateValue, setTriggerValue))
}
