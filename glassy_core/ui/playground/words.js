// What the page says in words: of the physics where a network is, and of what one hears.

const NEAR = 2 // over w_c: wider networks learn quickly
const YOUNG = -0.72 // log10 of the NLL: above it the curves of all widths lie close to each other

const short = (value) => (value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2))))

// Puts a sentence into an element: *this* is strong, and an index is set as one.
function write(element, sentence) {
  element.replaceChildren(...sentence.split(/(\*[^*]+\*|w_c)/).map((part) => {
    if (part.startsWith("*")) return Object.assign(document.createElement("b"), { textContent: part.slice(1, -1) })
    if (part !== "w_c") return part
    const symbol = document.createElement("span")
    symbol.append("w", Object.assign(document.createElement("sub"), { textContent: "c" }))
    return symbol
  }))
}

// One sentence of physics for where the network is.
// over: it is older than its curve goes. unlearned: at the end of its curve there still are chorales it does not know.
function physics(regime, log, { width, chorales }, about, over, unlearned) {
  const songs = chorales === 1 ? "this chorale" : `these ${chorales} chorales`
  if (log > YOUNG) {
    return "*Young.* It has learned how common the notes are and begins to hear what follows what; networks of all " +
      "widths look much alike here. Drag the handle along the curve, or press play."
  }
  if (over) return `*Learned.* With w = ${width} it needed so little time for ${songs} that it was followed no further.`
  if (regime === "over" && unlearned) {
    return `*Wide enough.* w = ${width} lies well above the critical width, ${about}, for ${songs}: it soon knows nearly every ` +
      "note; the few that are left, such as where a phrase comes again, take longest."
  }
  return {
    under: `*Too narrow.* w = ${width} lies below the critical width, ${about}, for ${songs}: the loss creeps down ever ` +
      "more slowly, and no time is long enough to learn every chord.",
    near: `*Near the critical width*, ${about} for ${songs}: it can learn ${chorales === 1 ? "it" : "them all"}, but needs far longer than wide ` +
      "networks do. The nearer to w_c, the longer, without bound.",
    over: `*Wide enough.* w = ${width} lies well above the critical width, ${about}, for ${songs}: the loss falls steadily, a ` +
      "straight line on these axes, until every chord is known.",
  }[regime] ?? "Where the critical width lies for these is not known."
}

const VOICES = 4 // sing a chorale; more notes at once are a cluster
const REPEATED = 6 // chords that must be there again for a repeat

// Whether the piece begins anew at a chord.
function repeats(original, at) {
  const again = original.slice(at, at + REPEATED).map(String)
  return again.length === REPEATED && again.every((chord, t) => chord === String(original[t]))
}

// What one hears, in words. count: chords that are right after the given ones, of so many in the whole chorale.
function heard(song, original, given, count, length) {
  if (count === song.length - given) return `sings ${count === length ? "all" : "the first"} ${count} that follow by heart`
  const chords = count === 1 ? "one chord" : `${count} chords`
  const lost = repeats(original, given + count) ? `follows Bach for ${chords}, misses the repeat, ` : `follows Bach for ${chords}, `
  const begin = count ? `${lost}then ` : ""
  const own = song.slice(given + count)
  const last = own.slice(-16).map(String)
  const most = Math.max(...own.map((chord) => chord.length))
  if (last.every((chord) => !chord)) return `${begin}falls silent`
  for (let period = 1; period <= 8 && last.length === 16; period++) {
    if (!last.every((chord, t) => t < period || chord === last[t - period])) continue
    const loop = period === 1 ? "holds one chord for good" : `goes round in a loop of ${period} chords`
    const thick = Math.max(...last.map((chord) => (chord ? chord.split(",").length : 0)))
    return begin + loop + (thick > VOICES ? `, clusters of up to ${thick} notes` : "")
  }
  if (own.filter((chord) => !chord.length).length > own.length / 2) return `${begin}is silent most of the time`
  if (most > VOICES) return `${begin}piles up clusters of up to ${most} notes`
  return `${begin}wanders off on its own`
}
