"""Predict first: the class bets on the width that suffices before anybody has seen it; no names, for the sitting."""

from __future__ import annotations

import streamlit as st

from glassy_core.music.atlas.files import Atlas
from glassy_core.music.atlas.grid import CHORALES, DEPTHS, END, SEEDS, WIDTHS, Coordinates
from glassy_core.settings import ConfigError, short
from glassy_core.ui.playground.critical_width import NLL
from glassy_core.ui.shell import actions, polls, presenter
from glassy_core.ui.shell.actions import Outcome
from glassy_core.ui.shell.frame import prose
from glassy_core.ui.shell.polls import Poll
from glassy_core.wording import counted

_KEY = "bet"
_OPTIONS = tuple((width, str(width)) for width in WIDTHS)


def sitting() -> Poll:
    """The bets of this server; what is asked is (number of layers, number of chorales), and a vote is a width."""
    return polls.shared(_KEY)


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
    sitting().ask((depth, chorales))
    return Outcome()


def _show(enough: int | None) -> Outcome:
    sitting().show(enough)
    return Outcome()


def _close() -> Outcome:
    sitting().close()
    return Outcome()


def watch() -> None:
    """Where a class looks on, have the page drawn anew soon after the presenter has asked for bets."""
    st.container()  # where the question will stand: what looks for it keeps its place
    polls.watch(sitting(), "bets", alone=not presenter.class_mode())


def draw(atlas: Atlas) -> None:
    """The question, this browser's bet, how many there are; then all bets and the answer."""
    now = sitting()
    depth, chorales = now.question
    enough = sufficient_width(atlas, depth, chorales)
    layers = "one layer" if depth == 1 else f"{depth} layers"
    songs = "one chorale" if chorales == 1 else f"{chorales} chorales"
    with st.container():  # one, whatever stands in it: the votes, which are drawn again by themselves, keep their place
        st.title("Predict first", anchor=False)
        prose(
            f"Networks with {layers} learn {songs} for a long time, τ = {END:g}. From which width *w* on do they all "
            f"come to a loss of {NLL:g} bits, where 999 of 1000 notes are right?"
        )
        if now.shown:
            prose(f"Your bet: **w = {now.ballot}**." if now.ballot else "You did not bet.")
            _answer(now, enough)
        else:
            st.session_state[_KEY] = now.ballot  # it may have been made in another tab of this browser
            st.pills("Your bet: the narrowest width that suffices", WIDTHS, key=_KEY, on_change=_bet)
    polls.follow(now, "bets", "bet", _OPTIONS if presenter.may_act() else ())
    with st.container(horizontal=True):
        if now.shown:
            actions.button("On to the Playground", key="bets_close", type="primary", args=(_close,))
        else:
            actions.button("Show the answer", key="bets_show", type="primary", args=(_show, enough))
            actions.button("Leave it", key="bets_leave", args=(_close,))


def _bet() -> None:
    """Keep this browser's bet."""
    width = st.session_state.get(_KEY)
    sitting().cast(int(width) if width in WIDTHS else None)


def _answer(now: Poll, enough: int | None) -> None:
    polls.bars(now, _OPTIONS, enough)
    if enough is None:
        prose("The answer: none of these widths suffices.")
        return
    right, bets = now.past[-1]
    prose(
        f"The answer: **w = {enough}**. {right} of {counted(bets, 'bet')} had it. Narrower ones do not "
        "just take a little longer: towards the critical width the time that is needed grows without bound."
    )
