"""Songs that are heard in the page: the browser makes the sound, of one instrument, over a piano roll or the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from glassy_core.editions.encoding import Chorale
from glassy_core.figures.palette import FAMILIES
from glassy_core.ui.components import instrument_files
from glassy_core.ui.components.component_code import scripts

HERE = Path(__file__).resolve().parent
# What sounds, and the roll under it: for components that sing. Their `data` say where INSTRUMENT is.
SOUND = (instrument_files.CODE, *(HERE / name for name in ("choir.js", "roll.js", "listener.js")))
INSTRUMENT = "organ"

_HTML = """
<div class="listening" role="group">
  <div class="bar"><button class="listen" aria-pressed="false">♪ Listen</button>
    <span class="choice" role="group" aria-label="Who sings"></span><span class="words" aria-live="polite"></span></div>
  <div class="score" hidden></div>
  <div class="roll" hidden aria-label="Piano roll: chord that sounds"><canvas></canvas><div class="head"></div></div>
</div>
"""

_component = st.components.v2.component(
    "glassy_listening",
    html=_HTML,
    css=(HERE / "listening.css").read_text(encoding="utf-8"),
    js=scripts(*SOUND, HERE / "listening.js"),
)


@dataclass(frozen=True)
class Heard:
    """A song under its name. words: what is to be said of it while it is chosen."""

    name: str
    chords: Chorale
    words: str = ""


def listening(songs: Sequence[Heard], key: str, alt: str, original: Chorale, given: int, score: str = "") -> None:
    """Buttons for songs, of which one sounds, round and round.

    alt: what it is, for readers who do not see it. original: what should have been sung, whose first `given` chords
    were told. score: an SVG as `music.score.engrave` makes it, in the place of the piano roll.
    """
    _component(
        key=key,
        data={
            "songs": [{"name": song.name, "chords": song.chords, "words": song.words} for song in songs],
            "alt": alt,
            "original": original,
            "given": given,
            "score": score,
            "instrument": instrument_files.urls()[INSTRUMENT],
            "colours": {"right": FAMILIES["over"][0], "wrong": FAMILIES["under"][0]},
        },
    )
