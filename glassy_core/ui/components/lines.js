// What helps to tell many lines apart: a name at the end of each, and the one under the pointer before the others, or
// where there is none those that the reader has chosen.

const NAMES = { gap: 16, room: 186, of: 14, letters: 26, inset: 8 } // pixels where the figure's letters have `of`
const BACK = 0.3 // opacity of the lines that step back

// What stands for a legend entry: the line that is named, and the name without what tells nothing more.
function entries(plot) {
  const groups = new Map()
  for (const trace of plot._fullData ?? []) {
    const line = trace.type === "scatter" && trace.mode?.startsWith("lines") && trace.x?.length > 1
    if (!trace.legendgroup || !line || trace.meta === "entry" || trace.line.width === 0) continue
    const taken = groups.get(trace.legendgroup)
    if (!taken || (trace.meta === "training" && taken.meta !== "training")) groups.set(trace.legendgroup, trace)
  }
  const full = [...groups].map(([group, trace]) => ({ group, trace, name: plainText(trace.name) }))
  const short = full.map(({ name }) => name.replace(/ \([^()]*\)$/, ""))
  const alone = (name) => short.filter((other) => other === name).length === 1
  return full.map((entry, k) => ({ ...entry, name: cut(alone(short[k]) ? short[k] : entry.name) }))
}

function plainText(escaped) {
  return new DOMParser().parseFromString(escaped ?? "", "text/html").body.textContent
}

function cut(name) {
  return name.length > NAMES.letters ? `${name.slice(0, NAMES.letters - 1)}…` : name
}

// Where the last point of a line is that can be seen, in pixels of the plot; null for none.
function lastSeen(plot, { x, y, xaxis, yaxis, visible }) {
  const [across, up] = [xaxis, yaxis].map((id) => plot._fullLayout[`${id[0]}axis${id.slice(1)}`])
  if (visible !== true || !across || !up) return null
  for (let k = x.length - 1; k >= 0; k--) {
    const at = [across.d2p(x[k]), up.d2p(y[k])]
    if (at[0] >= -1 && at[0] <= across._length + 1 && at[1] >= -1 && at[1] <= up._length + 1) {
      return { x: across._offset + at[0], y: up._offset + at[1], right: across._offset + across._length }
    }
  }
  return null
}

// Heights at which names stand that are wanted at some heights, ascending: none covers another, all are in the plot.
function apart(wanted, low, high, gap) {
  const places = []
  wanted.forEach((y, k) => places.push(Math.max(y, k ? places[k - 1] + gap : low)))
  for (let k = places.length - 1; k >= 0; k--) {
    places[k] = Math.min(places[k], k + 1 < places.length ? places[k + 1] - gap : high)
  }
  return places
}

class Lines {
  constructor(stage, plot) {
    this.plot = plot
    this.pointed = null // the group under the pointer
    this.chosen = [] // groups that stand before the others else
    this.pick = null // what a click on a line does with its group
    this.place = document.createElementNS("http://www.w3.org/2000/svg", "svg")
    this.place.setAttribute("class", "glassy-names")
    this.place.setAttribute("aria-hidden", "true") // the legend says the same
    stage.append(this.place)
  }

  listen() {
    this.plot.on("plotly_hover", ({ points }) => this.pointAt(points[0]?.data.legendgroup))
    this.plot.on("plotly_unhover", () => this.pointAt(null))
    this.plot.on("plotly_click", ({ points }) => this.clicked(points[0]?.data.legendgroup))
  }

  // Names at the ends of what is drawn now; shown: or none.
  name(shown) {
    const { _size: size, height, font } = this.plot._fullLayout
    this.scale = font.size / NAMES.of
    this.place.style.fontSize = `${font.size}px`
    const ends = entries(this.plot).map((entry) => ({ ...entry, end: lastSeen(this.plot, entry.trace) }))
    const seen = shown ? ends.filter(({ end }) => end).sort((a, b) => a.end.y - b.end.y) : []
    const places = apart(seen.map(({ end }) => end.y), size.t + 6, height - size.b - 6, NAMES.gap * this.scale)
    this.named = seen.map((entry, k) => ({ ...entry, y: places[k] }))
    this.place.replaceChildren(...this.named.flatMap((entry) => this.label(entry)))
    this.bringForward()
  }

  label({ group, name, trace, end, y }) {
    const make = (tag, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag)
      Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value))
      element.dataset.group = group
      return element
    }
    const colour = trace.line.color
    const text = make("text", { x: end.right + NAMES.inset, y: y + 4 * this.scale, fill: colour })
    text.textContent = name
    text.addEventListener("pointerenter", () => this.pointAt(group))
    text.addEventListener("pointerleave", () => this.pointAt(null))
    text.addEventListener("click", () => this.clicked(group))
    if (this.pick) text.style.cursor = "pointer"
    const from = end.right - end.x < 6 ? end.right : end.x + 3
    const leader = make("path", { d: `M${from} ${end.y}L${end.right + NAMES.inset - 2} ${y}`, stroke: colour })
    return [leader, text]
  }

  pointAt(group) {
    this.pointed = group ?? null
    this.bringForward()
  }

  // The group, where it is known to the reader by a name, to the front, or back to the others.
  clicked(group) {
    if (!group || !this.pick) return
    this.chosen = this.chosen.length === 1 && this.chosen[0] === group ? [] : [group]
    this.bringForward()
    this.pick(group)
  }

  // The lines of some legend entries before all others; of none: all alike.
  bringForward() {
    const front = new Set(this.pointed ? [this.pointed] : this.chosen)
    const groups = [...this.plot.querySelectorAll(".scatterlayer .trace")]
    const there = groups.some((element) => front.has(element.__data__?.[0]?.trace?.legendgroup))
    for (const element of groups) {
      const trace = element.__data__?.[0]?.trace
      if (!trace) continue
      const isFront = there && front.has(trace.legendgroup)
      element.style.opacity = there && !isFront ? BACK * (trace.opacity ?? 1) : (trace.opacity ?? 1)
      for (const path of element.querySelectorAll(".js-line")) {
        path.style.strokeWidth = `${(trace.line?.width ?? 2) * (isFront ? 1.6 : 1)}px`
      }
    }
    for (const element of this.place.children) {
      element.style.opacity = there && !front.has(element.dataset.group) ? 0.45 : ""
    }
  }

  // The names as annotations of a picture of the figure.
  annotations() {
    const { _size: size } = this.plot._fullLayout
    return (this.named ?? []).map(({ name, trace, y }) => ({
      xref: "paper", yref: "paper", x: 1, xanchor: "left", xshift: NAMES.inset, y: 1 - (y - size.t) / size.h,
      yanchor: "middle", text: name.replace(/&/g, "&amp;").replace(/</g, "&lt;"), showarrow: false,
      font: { color: trace.line.color, size: NAMES.of * this.scale },
    }))
  }
}
