"""A small keyboard to pick a chord on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH

_HTML = '<div class="keyboard" role="group" aria-label="Keyboard: choose the notes of the chord"></div>'
_CSS = """
.keyboard { position: relative; height: 96px; overflow-x: auto; overflow-y: hidden; display: flex; }
button { font: 11px var(--st-font); padding: 0; cursor: pointer; flex: none; box-sizing: border-box; }
.white {
  width: 20px; height: 88px; background: #fdfcf8; border: 1px solid #8a867c; color: #55524b; border-radius: 0 0 3px 3px;
  display: flex; align-items: flex-end; justify-content: center;
}
.black {
  width: 13px; height: 54px; background: #2b2b2e; border: 1px solid #2b2b2e; margin: 0 -7px 0 -6px; z-index: 1;
  border-radius: 0 0 3px 3px;
}
[aria-pressed="true"] { background: var(--st-primary-color); border-color: var(--st-primary-color); color: #fff; }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; z-index: 2; }
"""
_JS = """
const NAMES = ["C", "C sharp", "D", "E flat", "E", "F", "F sharp", "G", "A flat", "A", "B flat", "B"]

export default function ({ data, parentElement, setStateValue }) {
  const keys = parentElement.querySelector(".keyboard")
  keys.replaceChildren()
  const chosen = new Set(data.chord)
  for (let pitch = data.low; pitch <= data.high; pitch++) {
    const name = NAMES[pitch % 12]
    const button = document.createElement("button")
    button.className = name.length > 1 ? "black" : "white"
    button.setAttribute("aria-label", `${name} ${Math.floor(pitch / 12) - 1}`)
    button.setAttribute("aria-pressed", chosen.has(pitch))
    if (pitch % 12 === 0) button.textContent = `C${pitch / 12 - 1}`
    button.addEventListener("click", () => {
      if (!chosen.delete(pitch)) chosen.add(pitch)
      button.setAttribute("aria-pressed", chosen.has(pitch))
      setStateValue("chord", [...chosen].sort((a, b) => a - b))
    })
    keys.append(button)
  }
  keys.scrollLeft = keys.dataset.at ?? 200
  keys.addEventListener("scroll", () => (keys.dataset.at = keys.scrollLeft))
}
"""

_component = st.components.v2.component("glassy_keyboard", html=_HTML, css=_CSS, js=_JS)


def keyboard(chord: Sequence[int], key: str, on_change: Callable[[tuple[int, ...]], None]) -> None:
    """The pitches of the data, those of the chord pressed; on_change gets the chord after each touch, ascending."""

    def changed() -> None:
        pitches = st.session_state[key].get("chord")
        if pitches is not None:
            on_change(tuple(int(pitch) for pitch in pitches if LOWEST_PITCH <= pitch <= HIGHEST_PITCH))

    _component(
        key=key,
        data={"chord": list(chord), "low": LOWEST_PITCH, "high": HIGHEST_PITCH},
        on_chord_change=changed,
    )
