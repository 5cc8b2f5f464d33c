"""The Playground's part in the browser, and what it is told: where the atlas is, where to begin, which runs exist."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from glassy_core.figures.palette import FAMILIES, shades
from glassy_core.music.atlas.files import CURVES, songs_file
from glassy_core.music.atlas.grid import DEPTHS
from glassy_core.ui.components.atlas_files import url
from glassy_core.ui.components.component_code import scripts
from glassy_core.ui.components.instrument_files import urls
from glassy_core.ui.components.listening import INSTRUMENT, SOUND

HERE = Path(__file__).resolve().parent
KEY = "playground"
_ANSWERS = "playground_answers"
_ANSWERED = "playground_answered"  # what was asked in this run of the page, once it is done
_SCRIPTS = "atlas chart phase_map words memory playground".split()  # .js, in this order
_GRADES = 25  # colours of the map's scale

_component = st.components.v2.component(
    "glassy_playground",
    html=(HERE / "playground.html").read_text(encoding="utf-8"),
    css=(HERE / "playground.css").read_text(encoding="utf-8"),
    js=scripts(*SOUND, *(HERE / f"{name}.js" for name in _SCRIPTS)),
)


def playground(
    start: Mapping[str, float],
    critical: Mapping[int, Mapping[int, float | None]],
    runs: Mapping[str, Mapping[str, Any]],
    may_train: bool,
    outcome: tuple[str, str],
    on_train: Callable[[], None],
    on_bet: Callable[[], None],
) -> None:
    """Draw it. What the reader touched that the server has to do is then in `asked`: `train` or `bet`.

    start: width, depth, chorales, seed, tau and chorale (from 1) to begin with. critical: w_c by depth and number of
    chorales. runs: by the name of a network its run's id, and the step at which it sings. may_train: else there
    are no buttons for it. outcome: what came of training, and what went wrong.
    """
    touched = _component(
        key=KEY,
        data={
            "urls": {"curves": url(CURVES), "songs": {depth: url(songs_file(depth)) for depth in DEPTHS}},
            "instrument": urls()[INSTRUMENT],
            "start": dict(start),
            "critical": {str(d): {str(n): w_c for n, w_c in row.items()} for d, row in critical.items()},
            "runs": {name: dict(run) for name, run in runs.items()},
            "colours": {regime: family[0] for regime, family in FAMILIES.items()} | {"scale": shades(_GRADES)},
            "mayTrain": may_train,
            "said": outcome[0],
            "error": outcome[1],
            "answers": st.session_state.get(_ANSWERS),
            "pages": {"curves": "Learning_curves", "sing": "Chorales"},
        },
        on_train_change=partial(_answer, on_train),
        on_bet_change=partial(_answer, on_bet),
    )
    for what, act in (("train", on_train), ("bet", on_bet)):
        # The first touch after the app was started anew: its session learns of the callbacks only with this.
        if touched[what] and st.session_state.get(_ANSWERED) != touched[what]:
            _answer(act)
            st.rerun()
    st.session_state.pop(_ANSWERED, None)


def _answer(act: Callable[[], None]) -> None:
    """Do what was asked; the browser knows by another number that it was done."""
    act()
    st.session_state[_ANSWERS] = secrets.token_hex(4)
    st.session_state[_ANSWERED] = asked("train") or asked("bet")


def asked(what: str) -> str:
    """What the last touch asks the server for: a network and how it learns (`train`), one (`bet`), or nothing."""
    return str((st.session_state.get(KEY) or {}).get(what) or "")
