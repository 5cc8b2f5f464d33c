// The Playground: every touch is answered here, within a frame. See component.py for what `data` holds.

const PLAY = "M6 4l14 8-14 8z"
const PAUSE = "M6 4h4v16H6z M14 4h4v16h-4z"
const RUN = 14 // seconds that play takes for all of tau
const PATIENCE = 5000 // ms until an app that has not answered is said to be away
const ONE_PRESS = 800 // ms within which presses are one
const LOOK = 2000 // ms between looks whether it is back
const AWAY = "The app does not answer: ask again once it is back."
const BUSY = "The app is busy: this may take a while."
const BACK = "The app is back: ask again."

class Playground {
  constructor(root) {
    this.root = root
    this.ended = new AbortController()
    const { signal } = this.ended
    this.find = (name) => root.querySelector(name)
    this.chart = new Chart(this.find(".chart"), signal, (at) => this.goTo(at))
    this.roll = new Roll(this.find(".roll"), signal, (chord) => this.listener.seek(chord))
    this.listener = new Listener(this.find(".listen"), signal, this.roll)
    this.map = new PhaseMap(this.find(".map"), signal, (width, chorales) => this.set({ width, chorales }))
    this.memory = new Memory()
    this.earlier = []
    const on = (name, event, act) => this.find(name).addEventListener(event, act, { signal })
    on(".width", "input", () => this.set({ width: this.widths[Number(this.find(".width").value)] }))
    for (const name of ["depth", "chorales", "seed"]) {
      on(`.${name}`, "change", (event) => this.set({ [name]: Number(event.target.value) }))
    }
    on(".play", "click", () => this.play(!this.playing))
    on(".step", "click", () => this.goTo(Math.min(Math.floor(this.state.at + 1e-9) + 1, this.atlas.last)))
    on(".reset", "click", () => this.goTo(0))
    for (const button of this.find(".fates").children) {
      button.addEventListener("click", () => this.set({ width: this.fate(button.dataset.fate) }), { signal })
    }
    for (const name of [".chorale-choice", ".better"]) {
      on(name, "click", (event) => {
        const { chorale, width } = event.target.dataset
        if (!chorale && !width) return
        this.listener.chord = 0
        this.set(chorale ? { chorale: Number(chorale) } : { width: Number(width), at: this.atlas.last })
        if (name !== ".better") return
        this.find(".listen").focus() // what was pressed goes
        if (!this.listener.on) this.listener.listen(true)
      })
    }
    on(".dynamics", "change", (event) => this.memory.keepDynamics(event.target.value))
    this.find(".dynamics").value = this.memory.dynamics()
    on(".train", "click", () => this.send("train", `${this.name} ${this.find(".dynamics").value}`))
    on(".bet", "click", () => this.send("bet", this.name))
    for (const name of [".curves", ".sing"]) on(name, "click", (event) => this.follow(event))
    this.watch = new ResizeObserver(() => this.fit())
    for (const name of [".chart", ".roll", ".map"]) this.watch.observe(this.find(name))
    window.addEventListener("resize", () => this.fit(), { signal })
  }

  remove() {
    this.ended.abort()
    this.wait(null)
    this.watch.disconnect()
    this.memory.remove()
    this.listener.remove()
  }

  async update(data, setTriggerValue) {
    this.wait(null)
    Object.assign(this, { data, ask: setTriggerValue, fitted: true }) // another theme has other colours
    this.listener.choir.use(data.instrument)
    for (const kind of [".training", ".bet"]) {
      this.find(kind).hidden = !data.mayTrain // who only looks on has no use for them
    }
    this.find(".outcome").textContent = data.said
    this.find(".trouble").textContent = data.error
    if (this.atlas) return this.request()
    try {
      this.loading ??= Atlas.load(data.urls)
      const atlas = await this.loading
      if (this.atlas || this.ended.signal.aborted) return
      this.begin(atlas, data)
      await atlas.loadSongs(this.state.depth)
      this.request()
      for (const depth of this.depths) await atlas.loadSongs(depth)
      this.request()
    } catch (error) {
      this.find(".trouble").textContent = error.message
    }
  }

  // What the server has to do.
  send(kind, what) {
    const now = performance.now()
    if (now - this.sent < ONE_PRESS) return
    this.sent = now
    this.find(".trouble").textContent = ""
    this.wait(() => this.seek(BUSY), PATIENCE)
    this.ask(kind, what)
  }

  wait(act, time) {
    clearTimeout(this.waiting)
    this.waiting = act && setTimeout(act, time)
  }

  // Says whether the app is there; while it is not, looks again.
  async seek(there) {
    const { waiting } = this
    const answer = await fetch("_stcore/health", { cache: "no-store", signal: AbortSignal.timeout(LOOK) }).catch(() => null)
    if (waiting !== this.waiting) return // answered meanwhile
    this.find(".trouble").textContent = answer?.ok ? there : AWAY
    if (!answer?.ok) this.wait(() => this.seek(BACK), LOOK)
    else if (there === BACK) this.wait(() => (this.find(".trouble").textContent = ""), 3 * LOOK)
  }

  // To another page in this session and in one step of the browser's history: the app follows its way back and forth.
  follow(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return // into another tab
    event.preventDefault()
    window.history.pushState({}, "", event.target.href)
    window.dispatchEvent(new PopStateEvent("popstate"))
  }

  begin(atlas, data) {
    this.atlas = atlas
    ;[this.widths, this.depths, this.seeds] = [2, 1, 3].map((place) => atlas.values(place))
    this.state = { ...data.start, at: atlas.at(data.start.tau) }
    const left = this.memory.read()
    if (atlas.curves.networks[this.nameOf(left)]) this.restore(left)
    if (!atlas.curves.networks[this.name]) this.state.seed = this.seeds[0]
    this.map.build(atlas, data.colours.scale)
    this.find(".scale").style.background = `linear-gradient(to right, ${data.colours.scale.join(",")})`
    this.find(".width").max = this.widths.length - 1
    this.fill(".depth", "depth", this.depths)
    this.fill(".chorales", "chorales", atlas.values(0))
    this.fill(".seed", "seed", this.seeds)
    this.find(".seed").closest("fieldset").hidden = this.seeds.length < 2
    this.root.dataset.ready = true
    this.fit()
  }

  // What was kept may be anything by now.
  restore({ chorales, depth, width, seed, at, chorale }) {
    Object.assign(this.state, { chorales, depth, width, seed })
    if (at >= 0 && at <= this.atlas.last) this.state.at = at
    this.state.chorale = chorale >= 1 && chorale <= chorales ? Math.floor(chorale) : 1
  }

  fill(place, name, values) {
    this.find(place).replaceChildren(...values.map((value) => {
      const label = document.createElement("label")
      const input = Object.assign(document.createElement("input"), { type: "radio", name, value })
      const words = document.createElement("span")
      words.textContent = value
      label.append(input, words)
      return label
    }))
  }

  // State

  get name() {
    return this.nameOf(this.state)
  }

  nameOf({ chorales, depth, width, seed }) {
    return `${chorales}-${depth}-${width}-${seed}`
  }

  set(change) {
    if (!this.atlas) return
    const before = this.name
    this.chart.hint.hidden = true
    Object.assign(this.state, change)
    this.state.chorale = Math.min(this.state.chorale, this.state.chorales)
    if (this.name !== before) this.earlier = [before, ...this.earlier.filter((name) => name !== before)].slice(0, 6)
    this.earlier = this.earlier.filter((name) => name !== this.name)
    this.request()
  }

  goTo(at) {
    this.set({ at })
  }

  critical(name) {
    const [chorales, depth] = name.split("-")
    return this.data.critical[depth][chorales]
  }

  regime(name) {
    const width = Number(name.split("-")[2])
    if (!this.critical(name)) return null
    const critical = Math.max(this.critical(name), this.widths[0] - 1) // below all widths it is not known how far
    return width < critical ? "under" : width < NEAR * critical ? "near" : "over"
  }

  // The critical width in words.
  about(name) {
    const critical = this.critical(name)
    if (!critical) return "w_c"
    return critical < this.widths[0] ? `w_c < ${this.widths[0]}` : `w_c ≈ ${critical.toFixed(critical < 10 ? 1 : 0)}`
  }

  ink(name) {
    return this.data.colours[this.regime(name) ?? "over"]
  }

  // The width that shows best what becomes of too narrow, near and wide networks.
  fate(kind) {
    const critical = Math.max(this.critical(this.name) ?? 0, this.widths[0] - 1)
    const wanted = { under: 0.6, near: 1.5, over: 3.6 }[kind] * critical
    const distance = (width) => Math.abs(Math.log(width / wanted))
    return this.widths.reduce((best, width) => (distance(width) < distance(best) ? width : best))
  }

  // Time

  play(on) {
    if (!this.atlas) return
    this.playing = on
    if (on && (!this.played || this.state.at >= this.atlas.last)) this.goTo(0)
    this.played = true
    const button = this.find(".play")
    button.setAttribute("aria-label", on ? "Pause" : "Play: let it learn")
    button.querySelector("path").setAttribute("d", on ? PAUSE : PLAY)
    this.moment = performance.now()
    if (on) requestAnimationFrame(() => this.learn())
  }

  learn() {
    if (!this.playing || this.ended.signal.aborted) return
    const now = performance.now()
    const at = this.state.at + ((now - this.moment) / 1000 / RUN) * this.atlas.last
    this.moment = now
    this.goTo(Math.min(at, this.atlas.last))
    if (at >= this.atlas.last) this.play(false)
    else requestAnimationFrame(() => this.learn())
  }

  // Drawing: once a frame, whatever happened since the last one.

  request() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null
      if (!this.ended.signal.aborted) this.draw()
    })
  }

  fit() {
    if (!this.atlas || !this.root.clientWidth) return
    const top = this.root.getBoundingClientRect().top + document.querySelector("[data-testid=stMain]").scrollTop
    const bar = document.querySelector(".st-key-tour")?.offsetHeight ?? 0 // of the tour, at the foot of the window
    const room = Math.min(Math.max(window.innerHeight - top - bar - 12, 500), 1000 * letterSize())
    this.root.style.setProperty("--room", `${room}px`)
    const { scrollHeight: needed, clientHeight: had } = this.find(".side")
    if (needed > had) this.root.style.setProperty("--room", `${room + needed - had}px`) // below a warning, over the tour's bar
    this.chart.fit(this.atlas)
    this.roll.fit()
    this.fitted = true
    this.request()
  }

  draw() {
    const { state, name, atlas } = this
    this.root.style.setProperty("--ink", this.ink(name))
    for (const [css, colour] of [["--right", "over"], ["--wrong", "under"]]) {
      this.root.style.setProperty(css, this.data.colours[colour])
    }
    this.chart.draw(name, Math.min(state.at, atlas.end(name)), this.earlier, (other) => this.ink(other))
    this.map.draw(state)
    if (this.fitted || state.depth !== this.lined) this.map.drawLine(this.data.critical[state.depth])
    this.lined = state.depth
    this.drawControls()
    this.drawNumbers()
    this.drawSong()
    this.drawLinks()
    this.memory.keep(state, atlas.tau(state.at))
    this.root.dataset.frames = Number(this.root.dataset.frames ?? 0) + 1
  }

  drawControls() {
    const { state } = this
    const slider = this.find(".width")
    slider.value = this.widths.indexOf(state.width)
    slider.setAttribute("aria-valuetext", `${state.width} units`)
    this.find(".value").textContent = state.width
    for (const name of ["depth", "chorales", "seed"]) {
      for (const input of this.find(`.${name}`).querySelectorAll("input")) {
        input.checked = Number(input.value) === state[name]
      }
    }
    for (const button of this.find(".fates").children) {
      const width = this.fate(button.dataset.fate)
      button.disabled = button.dataset.fate !== this.regime(this.nameOf({ ...state, width }))
      button.setAttribute("aria-pressed", width === state.width && !button.disabled)
    }
  }

  drawNumbers() {
    const { state, name, atlas } = this
    const log = atlas.logNll(name, state.at)
    this.find(".age").textContent = short(atlas.tau(state.at))
    this.find(".tau").textContent = short(atlas.tau(Math.min(state.at, atlas.end(name))))
    this.find(".nll").textContent = short(10 ** log)
    this.find(".heart").textContent = `${atlas.byHeart(name, state.at)} of ${state.chorales}`
    const unlearned = atlas.byHeart(name, atlas.last) < state.chorales
    const words = physics(this.regime(name), log, state, this.about(name), state.at > atlas.end(name), unlearned)
    if (words !== this.words) write(this.find(".physics"), words)
    this.words = words
  }

  drawSong() {
    const { state, name, atlas } = this
    const counts = atlas.counts(name, state.at)
    const buttons = this.find(".chorale-choice")
    if (buttons.children.length !== state.chorales) {
      buttons.replaceChildren(...counts.map((_, i) => {
        const button = Object.assign(document.createElement("button"), { className: "chorale" })
        button.dataset.chorale = i + 1
        return button
      }))
    }
    ;[...buttons.children].forEach((button, i) => {
      const known = counts[i] === atlas.lengths[i]
      button.textContent = known ? `${i + 1} ✓` : i + 1
      button.style.setProperty("--share", counts[i] / atlas.lengths[i])
      button.setAttribute("aria-pressed", state.chorale === i + 1)
      button.setAttribute("aria-label", `Chorale ${i + 1}${known ? ", by heart" : ""}`)
    })
    this.offerBetter(counts)
    const song = atlas.song(name, state.at, state.chorale - 1)
    if (!song) return
    const { given } = atlas.curves
    const place = state.chorale - 1
    const changed = song.chords !== this.listener.song
    if (changed || this.fitted || place !== this.place) this.roll.draw(song.chords, atlas.originals[place], given)
    Object.assign(this, { fitted: false, place })
    if (changed) this.listener.sing(song.chords)
    const words = heard(song.chords, atlas.originals[place], given, atlas.right(song.chords, place), atlas.lengths[place])
    this.find(".sentence").textContent = `Chorale ${state.chorale}: it ${words}.`
  }

  // Where what sounds is not by heart: a chorale that is, or else a network that has it by heart.
  offerBetter(counts) {
    const { state, atlas } = this
    const isKnown = (count, i) => count === atlas.lengths[i]
    const known = counts.findIndex(isKnown)
    const wide = this.fate("over")
    const other = this.nameOf({ ...state, width: wide })
    const there = atlas.curves.networks[other] ? atlas.counts(other, atlas.last) : []
    const isBetter = known < 0 && isKnown(there[state.chorale - 1], state.chorale - 1)
    const better = this.find(".better")
    better.hidden = isKnown(counts[state.chorale - 1], state.chorale - 1) || (known < 0 && !isBetter)
    better.dataset.chorale = known < 0 ? "" : known + 1
    better.dataset.width = isBetter ? wide : ""
    better.textContent = known < 0 ? `Hear w = ${wide}, which knows it` : `Hear ${known + 1}, which it knows`
  }

  drawLinks() {
    const run = this.data.runs[this.name]
    this.find(".curves").hidden = !run
    this.find(".sing").hidden = !run || run.sings === null
    if (run) this.find(".curves").href = `${this.data.pages.curves}?run=${run.id}`
    if (run) this.find(".sing").href = `${this.data.pages.sing}?run=${run.id}&step=${run.sings}`
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".playground")
  return kept(root, Playground, (playground) => playground.update(data, setTriggerValue))
}
