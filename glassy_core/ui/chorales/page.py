"""The Chorales page: who sings, what and how, and the views of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from glassy_core.ui.chorales import controls, singers
from glassy_core.ui.chorales.doors import choose_view, door
from glassy_core.ui.chorales.settings import BY_HEART, COMPOSE, Selection, address_settings
from glassy_core.ui.chorales.shelf import put_back_for_another
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell import address
from glassy_core.ui.shell.frame import link, pages


def show() -> None:
    """Draw the page."""
    rows = singers.runs_with_checkpoint()
    if not rows:
        st.info(
            "No network can sing yet. Start the class trio: after its first checkpoint, within seconds, it sings here.",
            icon=":material/info:",
        )
        for page in pages()[:2]:
            link(page)
        return
    asked = address_settings(door())
    address.read(asked)
    controls.open_with_telling()
    complaints = st.container()
    top = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    main, below = st.container(), st.container()
    with below:  # a piece is heard first, and how it is made seen then
        selection = controls.choose(rows)
    with top:
        view = choose_view(selection.title)
        controls.choose_sound()
    if view == COMPOSE:
        put_back_for_another(selection)
    always = _settle_chorale(view, selection, rows)
    address.write(asked, always)
    with complaints:
        address.show_complaints()
    with main:
        _VIEWS[view](selection, rows)


def _settle_chorale(view: str, selection: Selection, rows: Sequence[Row]) -> list[str]:
    """Open with the chorale that a view has most to tell of, where nobody asked for one.

    Returns the settings that the address has to name, at their defaults, too.
    """
    if view == "transition":
        from glassy_core.ui.chorales.transition import choose_telling

        choose_telling(selection, rows)
        return ["chorale"]
    if view == BY_HEART:
        from glassy_core.ui.chorales.listen import choose_known, known_numbers

        choose_known(selection)
        return ["chorale"] if 0 not in (known_numbers(selection) or [0]) else []
    return ["view"] if view == COMPOSE else []


# Each view is imported when it is shown, so that the page is there before the music is.


def _compose(selection: Selection, rows: Sequence[Row]) -> None:
    from glassy_core.ui.chorales.compose import compose_view

    compose_view(selection)


def _listen(selection: Selection, rows: Sequence[Row]) -> None:
    from glassy_core.ui.chorales.listen import listen_view

    listen_view(selection)


def _continue(selection: Selection, rows: Sequence[Row]) -> None:
    from glassy_core.ui.chorales.continuation import continuation_view

    continuation_view(selection)


def _transition(selection: Selection, rows: Sequence[Row]) -> None:
    from glassy_core.ui.chorales.transition import transition_view

    transition_view(selection, rows)


def _recall(selection: Selection, rows: Sequence[Row]) -> None:
    from glassy_core.ui.chorales.recall import recall_view

    recall_view(selection, rows)


def _quiz(selection: Selection, rows: Sequence[Row]) -> None:
    from glassy_core.ui.chorales.quiz import quiz_view

    quiz_view(selection)


_VIEWS = {
    COMPOSE: _compose,
    BY_HEART: _listen,
    "continue": _continue,
    "transition": _transition,
    "recall": _recall,
    "quiz": _quiz,
}
