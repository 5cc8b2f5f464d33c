"""Tempo and instrument of all players of the page, changed while they play."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from glassy_core.music.midi import FASTEST, INSTRUMENTS, SLOWEST
from glassy_core.ui.components.component_code import scripts

_KEY = "sound_bar"
_HTML = """
<div class="sound" role="group" aria-label="How it sounds">
  <label>Tempo <span class="value"></span><input class="tempo" type="range" step="1"></label>
  <label>Instrument <select class="instrument"></select></label>
</div>
"""
_CSS = """
.sound { display: flex; flex-wrap: wrap; gap: 4px 20px; font-family: var(--st-font); color: var(--st-text-color); }
label { display: flex; align-items: center; gap: 8px; min-height: 40px; font-size: .875rem; }
.value { min-width: 1.9em; text-align: right; font-variant-numeric: tabular-nums; }
.tempo { width: 8.5rem; appearance: none; background: none; min-height: 40px; margin: 0; }
.tempo::-webkit-slider-runnable-track { height: 4px; border-radius: 2px; background: var(--st-border-color); }
.tempo::-moz-range-track { height: 4px; border-radius: 2px; background: var(--st-border-color); }
.tempo::-webkit-slider-thumb {
  appearance: none; width: 18px; height: 18px; margin-top: -7px; border-radius: 50%; border: none;
  background: var(--st-primary-color); cursor: pointer;
}
.tempo::-moz-range-thumb {
  width: 18px; height: 18px; border-radius: 50%; border: none; background: var(--st-primary-color); cursor: pointer;
}
.instrument {
  font: inherit; color: inherit; background: var(--st-background-color); min-height: 40px; padding: 2px 8px;
  border: 1px solid var(--st-border-color); border-radius: 6px;
}
.tempo:focus-visible, .instrument:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
@media (max-width: 640px) { .sound { column-gap: 12px; } .tempo { width: 6rem; } }
@media (pointer: coarse) { label, .tempo, .instrument { min-height: 44px; } }
"""

_component = st.components.v2.component(
    "glassy_sound_bar",
    html=_HTML,
    css=_CSS,
    js=scripts(Path(__file__).resolve().parent / "sound_bar.js"),
)


def sound_bar(tempo: int, instrument: str, on_change: Callable[[int, str], None]) -> None:
    """The two fields. on_change gets both once the reader lets go of one; the players have followed already."""

    def changed() -> None:
        chosen = st.session_state[_KEY].get("chosen") or {}
        if chosen.get("instrument") in INSTRUMENTS and SLOWEST <= chosen.get("tempo", 0) <= FASTEST:
            on_change(int(chosen["tempo"]), chosen["instrument"])

    _component(
        key=_KEY,
        data={
            "tempo": tempo,
            "instrument": instrument,
            "instruments": list(INSTRUMENTS),
            "slowest": SLOWEST,
            "fastest": FASTEST,
        },
        on_chosen_change=changed,
    )
