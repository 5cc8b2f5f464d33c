// Tempo and instrument of all players of the page, heard while they are chosen; the server follows.

const CHOSEN = Symbol.for("glassy.chosen-sound") // of the window: what the server has not taken over yet
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
      on(field, "change", () => this.tell("chosen", window[CHOSEN]))
    }
  }

  remove() {
    this.ended.abort()
    window[CHOSEN] = undefined
  }

  update(data, tell) {
    this.tell = tell
    const names = data.instruments.map((name) => Object.assign(document.createElement("option"), { value: name, textContent: name }))
    if (this.instrument.length !== names.length) this.instrument.replaceChildren(...names)
    Object.assign(this.tempo, { min: data.slowest, max: data.fastest })
    const chosen = window[CHOSEN]
    if (chosen?.tempo === data.tempo && chosen?.instrument === data.instrument) window[CHOSEN] = undefined
    this.show(window[CHOSEN] ?? data)
  }

  show({ tempo, instrument }) {
    this.tempo.value = tempo
    this.instrument.value = instrument
    this.output.textContent = tempo
    this.tempo.setAttribute("aria-valuetext", `${tempo} quarter notes a minute`)
  }

  choose() {
    window[CHOSEN] = { tempo: Number(this.tempo.value), instrument: this.instrument.value }
    this.show(window[CHOSEN])
    window.dispatchEvent(new CustomEvent(SOUND, { detail: window[CHOSEN] }))
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".sound")
  root.glassySound ??= new SoundBar(root)
  const bar = root.glassySound
  bar.update(data, setStateValue)
  return () => {
    bar.remove()
    delete root.glassySound
  }
}
