// A player: its buttons, and what moves while it plays. See player.py for what `data` holds.

const PLAY = "M6 4l14 8-14 8z"
const PAUSE = "M6 4h4v16H6z M14 4h4v16h-4z"
const STARTS = "glassy-player-starts" // one player's start is every other player's pause
const SOUND = "glassy-sound" // another tempo or instrument, as the reader chooses it; see sound_bar.js
const NOW = Symbol.for("glassy.sound-now") // of the window: both

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`

class Player {
  constructor(root) {
    this.root = root
    for (const name of ["play", "time", "seek", "loop", "voices", "trouble"]) this[name] = root.querySelector(`.${name}`)
    this.muted = new Set()
    this.ended = new AbortController()
    const { signal } = this.ended
    const on = (target, name, act) => target.addEventListener(name, act, { signal })
    this.performer = new Performer(() => this.changed())
    this.strip = new Strip(root, signal, (chord) => this.goTo(chord), () => this.show())
    on(this.play, "click", () => (this.performer.playing ? this.performer.pause() : this.start()))
    on(this.loop, "click", () => {
      this.performer.loop = !this.performer.loop
      this.loop.setAttribute("aria-pressed", this.performer.loop)
    })
    on(this.seek, "input", () => this.goTo(Number(this.seek.value)))
    on(this.strip.root, "keydown", (event) => this.key(event))
    on(window, STARTS, (event) => event.detail !== this && this.performer.pause())
    on(window, SOUND, (event) => this.sound(event.detail))
  }

  remove() {
    this.ended.abort()
    this.performer.pause()
  }

  update(data) {
    const before = this.data ?? {}
    this.data = data
    this.root.setAttribute("aria-label", data.alt)
    this.root.classList.toggle("small", data.small)
    this.loop.hidden = this.seek.hidden = data.small
    if (data.piece !== before.piece) {
      this.muted.clear()
      this.performer.pause()
      this.performer.goTo(0)
    }
    if (window[NOW]) this.sound(window[NOW])
    if (data.sounding !== before.sounding) {
      this.performer.load(data.notes, data.chords, data.transpose, data.balance)
      this.performer.mute(this.muted)
    }
    if (data.drawing !== before.drawing) this.strip.draw(data)
    this.showVoices()
    this.show()
    this.play.disabled = false
  }

  // Sound

  sound({ tempo, instrument }) {
    this.performer.setTempo(60 / tempo)
    this.tried(this.performer.setInstrument(this.data.instruments[instrument]))
    this.show()
  }

  start() {
    window.dispatchEvent(new CustomEvent(STARTS, { detail: this }))
    this.tried(this.performer.play())
  }

  async tried(doing) {
    try {
      await doing
      this.trouble.textContent = ""
    } catch (error) {
      this.trouble.textContent = error.message
    }
  }

  changed() {
    const { playing } = this.performer
    this.root.dataset.playing = playing
    this.play.setAttribute("aria-label", playing ? "Pause" : "Play")
    this.play.querySelector("path").setAttribute("d", playing ? PAUSE : PLAY)
    if (playing) this.frame()
    else this.show()
  }

  frame() {
    this.show()
    if (this.performer.playing) requestAnimationFrame(() => this.frame())
  }

  goTo(chord) {
    if (chord === null || Number.isNaN(chord)) return
    this.performer.goTo(chord)
    this.show()
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const at = Math.floor(this.performer.beat + 1e-6)
    if (event.key === " ") this.play.click()
    else if (step) this.goTo(Math.max(0, Math.min(this.data.chords - 1, at + step)))
    else return
    event.preventDefault()
  }

  show() {
    if (!this.strip.xs) return
    const { chords } = this.data
    const { beat, quarter, playing } = this.performer
    const chord = this.strip.point(beat, playing)
    this.time.textContent = `${clock(beat * quarter)} / ${clock(chords * quarter)}`
    this.seek.max = chords
    this.seek.value = beat
    this.seek.setAttribute("aria-valuetext", `chord ${chord + 1} of ${chords}`)
  }

  // Voices

  showVoices() {
    const { data } = this
    this.voices.hidden = data.small
    const names = data.voices.join()
    if (data.small || this.voices.dataset.names === names) return this.press()
    this.voices.dataset.names = names
    this.voices.replaceChildren(...data.voices.map((name) => {
      const pair = document.createElement("span")
      pair.className = "voice"
      for (const [kind, text] of [["mute", name], ["solo", "solo"]]) {
        const button = document.createElement("button")
        Object.assign(button, { className: kind, textContent: text, title: `${kind} ${name}` })
        button.setAttribute("aria-label", `${kind} ${name}`)
        button.dataset.voice = name
        button.addEventListener("click", () => this.choose(kind, name))
        pair.append(button)
      }
      return pair
    }))
    this.press()
  }

  isSolo(name) {
    return !this.muted.has(name) && this.muted.size === this.data.voices.length - 1
  }

  choose(kind, name) {
    if (kind === "solo") this.muted = new Set(this.isSolo(name) ? [] : this.data.voices.filter((v) => v !== name))
    else if (!this.muted.delete(name)) this.muted.add(name)
    this.press()
    this.performer.mute(this.muted)
  }

  press() {
    for (const button of this.voices.querySelectorAll("button")) {
      const { voice } = button.dataset
      button.classList.toggle("switch", button.className.startsWith("solo"))
      button.setAttribute("aria-pressed", button.classList.contains("mute") ? this.muted.has(voice) : this.isSolo(voice))
    }
  }
}

export default function ({ data, parentElement }) {
  return kept(parentElement.querySelector(".player"), Player, (player) => player.update(data))
}
