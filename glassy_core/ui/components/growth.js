// Lines of a figure that are seen to grow: what came since the last drawing is uncovered along x, from where the line
// ended, in about the time until the next one. A flow's curve, which is there within seconds, is so drawn as it came.

const GROWTH = 900 // ms, a little less than the time between two looks at the runs
const SEEN = 4 // pixels: less is no growth that anybody sees

class Growth {
  constructor(plot) {
    this.plot = plot
    this.lines = new Map() // uid -> {from, to, since}: ends in units of x, null for none; when it began to grow
  }

  // After a drawing. Nothing grows at the first one, nor where the reader has zoomed or wants no motion.
  show() {
    const axis = this.plot._fullLayout.xaxis
    const still = !axis.autorange || matchMedia("(prefers-reduced-motion: reduce)").matches
    const now = performance.now()
    for (const group of this.plot.querySelectorAll(".scatterlayer .trace")) {
      const trace = group.__data__?.[0]?.trace
      if (trace?.mode?.startsWith("lines") && trace.x?.length) this.uncover(group, trace, axis, now, still)
    }
    // A line without a point has no group; once it has one, it is known to have begun from nothing.
    for (const { uid } of this.plot._fullData) {
      if (!this.lines.has(uid)) this.lines.set(uid, { from: null, to: null, since: -Infinity })
    }
  }

  uncover(group, { uid, x }, axis, now, still) {
    const end = x[x.length - 1], before = this.lines.get(uid)
    const ended = before?.to ?? null
    if (!before || still || (ended !== null && ended > end)) {
      this.lines.set(uid, { from: end, to: end, since: -Infinity })
      return
    }
    const start = axis.d2p(x[0])
    const pixel = (value) => (value === null ? start : Math.max(axis.d2p(value), start))
    const done = (at) => Math.min((now - at.since) / GROWTH, 1)
    const front = ({ from, to }, share) => pixel(from) + share * (pixel(to) - pixel(from))
    const from = ended === null ? null : axis.p2d(front(before, done(before)))
    const line = ended === end ? before : { from, to: end, since: now }
    this.lines.set(uid, line)
    const share = done(line), hidden = pixel(end) - front(line, share)
    group.getAnimations().forEach((animation) => animation.cancel())
    if (share >= 1 || hidden < SEEN) return
    const frames = [hidden, 0].map((px) => ({ clipPath: `inset(-100px ${px}px -100px -100px)` }))
    group.animate(frames, { duration: (1 - share) * GROWTH })
  }
}

