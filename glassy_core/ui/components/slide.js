// Curves that follow a slider of the page while it is dragged: x becomes x s^(at - value), with a scale s for each line,
// or a line is what the server has made of it for the nearest of some values.
// The page draws them anew, with all that is computed, once the slider's value has come to it.

class Slide {
  constructor(plot) {
    this.plot = plot
  }

  // After a drawing: slide says which slider, at which value this was drawn, and the scales by uid.
  drawn(slide, signal) {
    this.slide = slide
    if (!slide) return
    const traces = this.plot._fullData.map(({ uid }, index) => ({ uid, index })).filter(({ uid }) => uid in slide.scales)
    this.traces = traces.map(({ uid, index }) => [index, [...this.plot._fullData[index].x], slide.scales[uid]])
    this.at = slide.at
    this.watch(signal)
    this.follow()
  }

  watch(signal) {
    const place = document.querySelector(`.st-key-${this.slide.key}`)
    if (!place || place === this.place) return
    this.place = place
    this.watching?.disconnect()
    this.watching = new MutationObserver(() => (this.frame ??= requestAnimationFrame(() => this.follow())))
    this.watching.observe(place, { subtree: true, attributes: true, attributeFilter: ["aria-valuetext", "value"] })
    signal.addEventListener("abort", () => this.watching.disconnect())
  }

  follow() {
    this.frame = null
    const input = this.place?.querySelector("input[type=range]")
    const value = Number(input?.value)
    if (!input || !Number.isFinite(value) || Math.abs(value - this.at) < 1e-9) return
    this.at = value
    const shift = this.slide.at - value
    const x = this.traces.map(([, base, scale]) => base.map((at) => at * scale ** shift))
    const layout = { ...this.range(shift) }
    this.plot.layout.shapes?.forEach(({ name }, k) => {
      if (name === "slider") Object.assign(layout, { [`shapes[${k}].x0`]: value, [`shapes[${k}].x1`]: value })
    })
    this.toNearest(value)
    if (!x.length) window.Plotly.relayout(this.plot, layout)
    else window.Plotly.update(this.plot, { x }, layout, this.traces.map(([index]) => index))
  }

  toNearest(value) {
    const { grid, places } = this.slide
    if (!grid.length) return
    const off = grid.map((at) => Math.abs(at - value))
    const nearest = off.indexOf(Math.min(...off))
    const moved = this.plot._fullData.map(({ uid }, index) => ({ uid, index })).filter(({ uid }) => uid in places)
    const [x, y] = [0, 1].map((axis) => moved.map(({ uid }) => places[uid][nearest][axis]))
    window.Plotly.restyle(this.plot, { x, y }, moved.map(({ index }) => index))
  }

  // Ends of x for all panels of the page: of every curve the first and the last x, and its scale.
  range(shift) {
    const { ends, log, room } = this.slide
    if (!ends.length) return {}
    const at = ends.flatMap(([first, last, scale]) => [first, last].map((end) => end * scale ** shift))
    const [low, high] = [Math.min(...at), Math.max(...at)].map((end) => (log ? Math.log10(end) : end))
    const free = room * (high - low)
    return { "xaxis.range": [log ? low - free : 0, high + free] }
  }
}
