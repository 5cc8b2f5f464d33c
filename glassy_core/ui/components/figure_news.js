// The figure as the server has it, kept between its news. See figure_news.py for what these hold.

const asBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))

function asText(bytes) {
  let out = ""
  for (let k = 0; k < bytes.length; k += 8192) out += String.fromCharCode(...bytes.subarray(k, k + 8192))
  return btoa(out)
}

// An array of which the first bytes are as they were.
function lengthened({ bdata }, { keep, add, ...about }) {
  const held = asBytes(bdata).subarray(0, keep)
  const more = asBytes(add)
  const bytes = new Uint8Array(held.length + more.length)
  bytes.set(held)
  bytes.set(more, held.length)
  return { ...about, bdata: asText(bytes) }
}

class KnownFigure {
  // False where something between was missed: then the whole figure is needed.
  take({ figure, news, version }) {
    if (version === this.version) return true
    if (figure) this.figure = JSON.parse(figure)
    else if (news.base !== this.version) return false
    else this.change(news)
    this.version = version
    return true
  }

  change({ traces, layout }) {
    for (const [k, changes] of traces) {
      const trace = this.figure.data[k]
      for (const [name, change] of Object.entries(changes)) {
        trace[name] = "value" in change ? change.value : lengthened(trace[name], change)
      }
    }
    if (layout) this.figure.layout = layout
  }

  // To be drawn, which changes it.
  copy() {
    return structuredClone(this.figure)
  }
}
