// Tempo and instrument of all players of the page, heard while they are chosen; the server follows.

const NOW = Symbol.for("glassy.sound-now") // of the window: what is heard
const SOUND = "glassy-sound"

class SoundBar {
  constructor(root) {
    this.ended = new AbortController()
    this.tempo = root.querySelector(".tempo")
    this.instrument = root.querySelector(".instrument")
    this.output = root.querySelector(".value")
    const on = (target, name, act) => target.addEventListener(name, act, { signal: this.ended.signal })
    for (const field of [this.tempo, this.instrument]) {
      on(field, "input", () => this.choose())
      on(field, "change", () => this.tell("chosen", this.chosen))
    }
  }

  remove() {
    this.ended.abort()
  }

  update(data, tell) {
    this.tell = tell
    const names = data.instruments.map((name) => Object.assign(document.createElement("option"), { value: name, textContent: name }))
    if (this.instrument.length !== names.length) this.instrument.replaceChildren(...names)
    Object.assign(this.tempo, { min: data.slowest, max: data.fastest })
    const { chosen } = this // what the server has not taken over yet
    if (chosen?.tempo === data.tempo && chosen?.instrument === data.instrument) this.chosen = null
    this.sound(this.chosen ?? { tempo: data.tempo, instrument: data.instrument })
  }

  sound(now) {
    window[NOW] = now
    this.show(now)
    window.dispatchEvent(new CustomEvent(SOUND, { detail: now }))
  }

  show({ tempo, instrument }) {
    this.tempo.value = tempo
    this.instrument.value = instrument
    this.output.textContent = tempo
    this.tempo.setAttribute("aria-valuetext", `${tempo} quarter notes a minute`)
  }

  choose() {
    this.chosen = { tempo: Number(this.tempo.value), instrument: this.instrument.value }
    this.sound(this.chosen)
  }
}

export default function ({ data, parentElement, setStateValue }) {
  return kept(parentElement.querySelector(".sound"), SoundBar, (bar) => bar.update(data, setStateValue))
}
