// Zoom and hidden legend entries in the page's address, so that a link, or a reload, shows the same part.
// Python needs them not, so nothing is sent: Streamlit leaves names in the address alone that no widget has.

const AXIS = /^[xy]axis\d*$/

function numbersOf(text) {
  const numbers = text.split("_").map(Number)
  return numbers.length === 2 && numbers.every(Number.isFinite) ? numbers : null
}

class ViewInAddress {
  constructor() {
    const query = new URLSearchParams(location.search)
    this.zoom = {}
    for (const part of (query.get("zoom") ?? "").split("~")) {
      const [axis, ends] = part.split("."), range = ends && numbersOf(part.slice(axis.length + 1))
      if (range) this.zoom[axis] = range
    }
    this.hidden = (query.get("hidden") ?? "").split(",").filter(Boolean)
  }

  // What the figure is opened with. Of another kind of axis than that of the opening, the zoom says nothing.
  apply(data, layout) {
    const kinds = JSON.stringify(this.axes(layout).map((name) => layout[name].uirevision))
    this.kinds ??= kinds
    if (kinds !== this.kinds) this.zoom = {}
    this.given = Object.fromEntries(this.axes(layout).map((name) => [name, layout[name].range]))
    this.names = new Set(data.filter(({ visible }) => visible !== "legendonly").map(({ legendgroup }) => legendgroup))
    for (const name of this.axes(layout)) {
      const range = this.zoom[name.replace("axis", "")]
      if (range) Object.assign(layout[name], { range, autorange: false })
    }
    for (const trace of data) {
      if (this.hidden.includes(trace.legendgroup)) trace.visible = "legendonly"
    }
  }

  axes(layout) {
    return Object.keys(layout).filter((name) => AXIS.test(name)).sort()
  }

  write(plot) {
    const { _fullLayout: layout, _fullData: data } = plot
    const zoomed = Object.keys(this.given).filter((name) => {
      const axis = layout[name], given = this.given[name]
      return axis?.range && !axis.autorange && !given?.every((end, k) => Math.abs(end - axis.range[k]) < 1e-9)
    })
    const ends = (name) => layout[name].range.map((end) => Number(end).toPrecision(5)).join("_")
    const zoom = zoomed.map((name) => `${name.replace("axis", "")}.${ends(name)}`).join("~")
    const entries = data.filter(({ showlegend, visible }) => showlegend && visible === "legendonly")
    const hidden = entries.map(({ legendgroup }) => legendgroup).filter((name) => this.names.has(name)).join(",")
    const here = new URL(location.href)
    for (const [name, value] of Object.entries({ zoom, hidden })) {
      if (value) here.searchParams.set(name, value)
      else here.searchParams.delete(name)
    }
    if (here.href !== location.href) history.replaceState(history.state, "", here)
  }
}
