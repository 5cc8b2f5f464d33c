"""Predict first: the class bets on the width that suffices before anybody has seen it; no names, for the sitting."""

from __future__ import annotations

import html
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from glassy_core.figures.palette import FAMILIES, GREY
from glassy_core.music.atlas.files import Atlas
from glassy_core.music.atlas.grid import CHORALES, DEPTHS, END, SEEDS, WIDTHS, Coordinates
from glassy_core.settings import ConfigError, short
from glassy_core.ui.playground.critical_width import NLL
from glassy_core.ui.shell import actions, presenter
from glassy_core.ui.shell.actions import Outcome
from glassy_core.ui.shell.frame import prose
from glassy_core.ui.shell.polling import refreshed
from glassy_core.wording import counted

_LOOK, _IDLE = 2.0, 4.0  # seconds between looks at what others bet; at whether there is something to bet on
_KEY, _BETTOR = "bet", "bettor"
_TALLEST = 160  # pixels of a bar


@dataclass
class Sitting:
    """What all browsers share: the question, each browser's bet, whether the answer is shown.

    question: (number of layers, number of chorales), None where nothing is asked. votes: a width by browser.
    """

    question: tuple[int, int] | None = None
    votes: dict[str, int] = field(default_factory=dict)
    shown: bool = False

    @property
    def stage(self) -> tuple[tuple[int, int] | None, bool]:
        """What a page drawn before has to be drawn anew for."""
        return self.question, self.shown


@st.cache_resource(show_spinner=False)
def sitting() -> Sitting:
    """The one of this server."""
    return Sitting()


def sufficient_width(atlas: Atlas, depth: int, chorales: int) -> int | None:
    """The narrowest width from which on all networks of the atlas come to NLL in time; None where none does."""
    enough = None
    for width in reversed(WIDTHS):
        places = [Coordinates(chorales, depth, width, seed) for seed in SEEDS]
        if any(atlas.networks[place].nll[-1] > NLL for place in places if place in atlas.networks):
            break
        enough = width
    return enough


def open_question(depth: int, chorales: int) -> Outcome:
    """Ask everybody for a bet; ConfigError for networks that the atlas does not have."""
    if depth not in DEPTHS or chorales not in CHORALES:
        raise ConfigError(f"Nothing is known of d = {short(depth)} and {short(chorales)} chorales: choose on the page.")
    now = sitting()
    now.votes.clear()
    now.question, now.shown = (depth, chorales), False
    return Outcome()


def _show() -> Outcome:
    sitting().shown = True
    return Outcome()


def _close() -> Outcome:
    sitting().question = None
    return Outcome()


def watch() -> None:
    """Where a class looks on, have the page drawn anew soon after the presenter has asked for bets."""
    _follow(_IDLE if presenter.class_mode() else None)


def _follow(period: float | None) -> None:
    drawn = sitting().stage

    def look() -> None:
        now = sitting()
        if now.stage != drawn:
            st.rerun()
        if now.question and not now.shown:
            st.markdown(f"**{counted(len(now.votes), 'bet')}** so far.")

    refreshed("bets", look, period)


def draw(atlas: Atlas) -> None:
    """The question, this browser's bet, how many there are; then all bets and the answer."""
    now = sitting()
    assert now.question is not None
    depth, chorales = now.question
    layers = "one layer" if depth == 1 else f"{depth} layers"
    songs = "one chorale" if chorales == 1 else f"{chorales} chorales"
    st.title("Predict first", anchor=False)
    prose(
        f"Networks with {layers} learn {songs} for a long time, τ = {END:g}. From which width *w* on do they all come "
        f"to a loss of {NLL:g} bits, where 999 of 1000 notes are right?"
    )
    st.pills(
        "Your bet: the narrowest width that suffices", WIDTHS, key=_KEY, on_change=_bet, disabled=now.shown,
        default=now.votes.get(_bettor()),
    )  # fmt: skip
    _follow(_LOOK)
    if now.shown:
        _answer(now.votes, sufficient_width(atlas, depth, chorales))
    with st.container(horizontal=True):
        if now.shown:
            actions.button("On to the Playground", key="bets_close", type="primary", args=(_close,))
        else:
            actions.button("Show the answer", key="bets_show", type="primary", args=(_show,))
            actions.button("Leave it", key="bets_leave", args=(_close,))


def _bet() -> None:
    """Keep this browser's bet; a later one of it takes its place."""
    width, now = st.session_state.get(_KEY), sitting()
    if now.question is None or now.shown:
        return
    if width in WIDTHS:
        now.votes[_bettor()] = int(width)
    else:
        now.votes.pop(_bettor(), None)


def _bettor() -> str:
    """This browser's own word, drawn by chance."""
    return str(st.session_state.setdefault(_BETTOR, secrets.token_hex(8)))


def _answer(votes: Mapping[str, int], enough: int | None) -> None:
    count = Counter(votes.values())
    st.html(_bars(count, enough))
    if enough is None:
        prose("The answer: none of these widths suffices.")
        return
    prose(
        f"The answer: **w = {enough}**. {count[enough]} of {counted(len(votes), 'bet')} had it. Narrower ones do not "
        "just take a little longer: towards the critical width the time that is needed grows without bound."
    )


def _bars(count: Counter[int], enough: int | None) -> str:
    """All bets as bars over the widths, the right one in blue and with a mark."""
    most = max(count.values(), default=1)
    parts = []
    for width in WIDTHS:
        n, right = count[width], width == enough
        colour = FAMILIES["over"][0] if right else GREY
        words = html.escape(f"{'▼ ' if right else ''}{n or ''}")
        parts.append(
            f'<div style="flex:1;text-align:center"><div>{words}</div>'
            f'<div style="height:{max(_TALLEST * n / most, 2):.0f}px;background:{colour};border-radius:3px"></div>'
            f"<div>{width}</div></div>"
        )
    alt = ", ".join(f"w = {width}: {n}" for width, n in sorted(count.items())) or "no bets"
    style = f"display:flex;gap:4px;align-items:flex-end;min-height:{_TALLEST + 52}px;max-width:760px"
    return f'<div role="img" aria-label="{alt}" style="{style}">{"".join(parts)}</div>'
