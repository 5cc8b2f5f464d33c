// The atlas as the server hands it out: curves at once, songs a depth at a time. See music/atlas/files.py.

async function fetched(url) {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error("The atlas did not load: reload the page.")
  return answer.json()
}

class Atlas {
  static async load(urls) {
    return new Atlas(await fetched(urls.curves), urls)
  }

  constructor(curves, urls) {
    Object.assign(this, { curves, urls, taus: curves.taus, places: curves.song_places, lengths: curves.lengths })
    this.last = this.taus.length - 1
    this.songs = {} // by depth, once loaded
    this.loading = {}
    this.read = new Map() // texts as chords
    this.originals = curves.originals.map((text) => this.chords(text))
  }

  // Widths, depths, ... that there are, ascending; place: of the number in a network's name.
  values(place) {
    const all = Object.keys(this.curves.networks).map((name) => Number(name.split("-")[place]))
    return [...new Set(all)].sort((a, b) => a - b)
  }

  chords(text) {
    if (!this.read.has(text)) {
      const { letters, lowest } = this.curves
      this.read.set(text, text.split(" ").map((word) => [...word].map((letter) => letters.indexOf(letter) + lowest)))
    }
    return this.read.get(text)
  }

  // Where a curve ends: a place in taus.
  end(name) {
    return this.curves.networks[name].nll.length - 1
  }

  // log10 of the NLL at a place in taus, which may lie between two of them.
  logNll(name, at) {
    const { nll } = this.curves.networks[name]
    const place = Math.min(at, nll.length - 1)
    const k = Math.floor(place)
    const next = nll[Math.min(k + 1, nll.length - 1)]
    return -(nll[k] + (place - k) * (next - nll[k])) / this.curves.scale
  }

  tau(at) {
    const k = Math.min(Math.floor(at), this.last - 1)
    return this.taus[k] * (this.taus[k + 1] / this.taus[k]) ** (at - k)
  }

  at(tau) {
    const place = (this.last * Math.log(tau / this.taus[0])) / Math.log(this.taus[this.last] / this.taus[0])
    return Math.min(Math.max(place, 0), this.last)
  }

  // Chords of each chorale sung right before the first wrong one.
  counts(name, at) {
    const { counts } = this.curves.networks[name]
    return counts[Math.min(Math.floor(at + 1e-9), counts.length - 1)]
  }

  // How many chords of a song are right before the first wrong one, the given ones left out.
  right(chords, chorale) {
    const wrong = chords.findIndex((chord, t) => String(chord) !== String(this.originals[chorale][t]))
    return (wrong < 0 ? chords.length : wrong) - this.curves.given
  }

  byHeart(name, at) {
    return this.counts(name, at).filter((count, chorale) => count === this.lengths[chorale]).length
  }

  // All songs of a depth; a promise the first time.
  async loadSongs(depth) {
    this.loading[depth] ??= fetched(this.urls.songs[depth]).then((file) => (this.songs[depth] = file))
    return this.loading[depth]
  }

  // What a network sings of a chorale, and since which tau; null as long as its depth is not loaded.
  song(name, at, chorale) {
    const file = this.songs[name.split("-")[1]]
    if (!file) return null
    const moments = file.networks[name]
    let m = moments.length - 1
    while (m > 0 && this.places[m] > at + 1e-9) m--
    return { chords: this.chords(file.songs[moments[m][chorale]]), tau: this.taus[this.places[m]] }
  }
}
