"""Parts of a page that are drawn again by themselves: they follow runs, or wait for something."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import streamlit as st

from glassy_core.settings import RunConfig
from glassy_core.ui.results.rows import Row, rows
from glassy_core.ui.shell import presenter
from glassy_core.ui.shell.actions import Outcome, perform, queue
from glassy_core.ui.shell.frame import store

PERIOD = 1.0  # seconds
_IDLE = 3.0  # seconds between looks for what somebody else has started
_CHANGED = "queue_changed"


def refreshed(key: str, draw: Callable[[], None], period: float | None) -> None:
    """Draw a part of the page that can be drawn again without the rest: every `period` seconds, where it is not None.

    The only place that makes a fragment. When a fragment begins, Streamlit drops what a run of the whole page has
    drawn of it and not sent yet. Without a container that belongs to the page its neighbours would move up by one
    place, and the browser would stop at a "Bad delta path index". For the same reason nothing that stands before it
    on the page may come or go: what does so stands in a container that is always there.
    key: one on the page.
    """
    with st.container(key=f"refreshed-{key}"):
        st.fragment(draw, run_every=period)()


def follow(
    key: str,
    draw: Callable[[list[Row]], None],
    run_ids: Collection[str] | None = None,
    period: float = PERIOD,
) -> None:
    """Draw a part of the page of these runs, again every so many seconds while one of them is queued or at work.

    draw: gets the runs' rows as they are then. run_ids: None for all runs of the store.
    """
    was_busy = any(row.busy for row in rows(store(), run_ids))

    def again() -> None:
        if st.session_state.pop(_CHANGED, False):
            st.rerun()  # there are new runs to follow, and a sentence to show above
        now = rows(store(), run_ids)
        draw(now)
        if any(row.busy for row in now) != was_busy:
            st.rerun()  # the whole page once, which sets or drops the timer

    refreshed(key, again, period if was_busy else None)


def notice_starts(always: bool = False) -> None:
    """Have the page drawn anew soon after somebody, in whatever browser, has made a run or set one to work.

    Where a class looks on; always: elsewhere, too. A look sends nothing; all visitors share one look at the store.
    """
    if not (always or presenter.class_mode()):
        return
    seen = set(_standing(str(store().directory)))

    def look() -> None:
        now = _standing(str(store().directory))
        if not now <= seen:
            st.rerun()
        seen.intersection_update(now)

    refreshed("starts", look, _IDLE)


@st.cache_resource(show_spinner=False, ttl=0.6 * _IDLE)
def _standing(directory: str) -> frozenset[tuple[str, bool]]:
    """Every run of the store, and again as busy those that are."""
    now = rows(store())
    return frozenset([(row.id, False) for row in now] + [(row.id, True) for row in now if row.busy])


def queue_and_tell(wanted: Callable[..., Sequence[RunConfig]], *which: object) -> None:
    """A button's callback: queue, keep the sentence, and have the whole page drawn anew.

    wanted: reads the settings from the form when the button is pressed: those of the run of the page that drew the
    button may be old by then.
    """

    def act() -> Outcome:
        return queue(wanted(*which))

    perform(act)
    st.session_state[_CHANGED] = True
