// Power laws that follow the window while it is dragged: NLL∞ + A τ⁻ᵃ by least squares of the relative residuals, to what
// is drawn of each curve. The page fits anew, with intervals, once the window is let go.

const EXPONENTS = Array.from({ length: 64 }, (_, k) => 0.04 * 1.07 ** k) // 0.04 to 2.9
const FITS = ["fit", "fit-band", "fit-before", "fit-beyond"] // what is drawn of a fit
const LEAST = 6 // points that a law is fitted to
const MOST = 150

const spaced = (low, high, n) => Array.from({ length: n }, (_, k) => low * (high / low) ** (k / (n - 1)))

// For one exponent NLL∞, never below 0, and A, and what is left of the squares.
function linear(tau, nll, a) {
  let [cc, cp, pp, c, p] = [0, 0, 0, 0, 0]
  tau.forEach((t, k) => {
    const one = 1 / nll[k], power = t ** -a / nll[k]
    cc += one * one
    cp += one * power
    pp += power * power
    c += one
    p += power
  })
  let inf = (c * pp - p * cp) / (cc * pp - cp * cp)
  if (!(inf > 0)) inf = 0
  const A = (p - inf * cp) / pp
  const left = tau.reduce((sum, t, k) => sum + ((inf + A * t ** -a) / nll[k] - 1) ** 2, 0)
  return { inf, A, a, left }
}

function powerLaw(tau, nll) {
  const better = (laws) => laws.reduce((best, law) => (law.left < best.left ? law : best))
  const first = better(EXPONENTS.map((a) => linear(tau, nll, a)))
  return better(spaced(first.a / 1.07, first.a * 1.07, 15).map((a) => linear(tau, nll, a)))
}

class WindowFit {
  constructor(stage, plot) {
    this.plot = plot
    this.words = document.createElement("p")
    this.words.className = "glassy-dragged"
    stage.append(this.words)
  }

  // After a drawing: what the page has fitted itself stands there again.
  drawn() {
    this.words.replaceChildren()
  }

  // Lines of all fits for a window, by their places among the traces.
  follow([low, high]) {
    const moved = { index: [], x: [], y: [] }
    const said = []
    const traces = this.plot._fullData
    traces.forEach((curve) => {
      if (curve.meta !== "training" || !curve.x) return
      const fits = traces.map((trace, index) => ({ trace, index })).filter(({ trace }) => {
        return trace.legendgroup === curve.legendgroup && FITS.includes(trace.meta)
      })
      const law = fits.length && this.law(curve, low, high)
      if (!law) return
      for (const { trace, index } of fits) {
        const x = law.along[trace.meta]
        moved.index.push(index)
        moved.x.push(x)
        moved.y.push(x.map((tau) => law.inf + law.A * tau ** -law.a))
      }
      said.push([curve.line.color, `a = ${law.a.toPrecision(2)}, NLL∞ = ${law.inf.toPrecision(2)}`])
    })
    this.say(said)
    if (moved.index.length) window.Plotly.restyle(this.plot, { x: moved.x, y: moved.y }, moved.index)
  }

  law({ x, y }, low, high) {
    let inside = [...x.keys()].filter((k) => x[k] >= low && x[k] <= high && y[k] > 0 && x[k] > 0)
    if (inside.length > MOST) inside = spaced(1, inside.length, MOST).map((at) => inside[Math.round(at) - 1])
    if (inside.length < LEAST) return null
    const [from, to] = [x[inside[0]], x[inside[inside.length - 1]]]
    const last = x[x.length - 1]
    const fit = spaced(from, to, 60)
    const band = [...fit, ...fit.toReversed()] // how wide it is only the page's own fit can say
    const outside = { "fit-before": spaced(from / 4, from, 12), "fit-beyond": spaced(to, 1.5 * last, 12) }
    return { ...powerLaw(inside.map((k) => x[k]), inside.map((k) => y[k])), along: { fit, "fit-band": band, ...outside } }
  }

  say(lines) {
    this.words.replaceChildren(...lines.map(([color, text]) => {
      const line = document.createElement("span")
      Object.assign(line.style, { color })
      line.textContent = text
      return line
    }))
  }
}
