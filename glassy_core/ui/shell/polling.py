"""Parts of the physics pages that follow some runs, and start new ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import streamlit as st

from glassy_core.settings import RunConfig
from glassy_core.ui.results.rows import rows
from glassy_core.ui.shell.actions import perform, queue
from glassy_core.ui.shell.frame import store

_CHANGED = "queue_changed"


def follow(run_ids: Collection[str], draw: Callable[[], None], period: float) -> None:
    """Draw a part of the page, again every so many seconds while one of these runs is queued or at work."""
    was_busy = any_busy(run_ids)

    def again() -> None:
        if st.session_state.pop(_CHANGED, False):
            st.rerun()  # there are new runs to follow, and a sentence to show above
        draw()
        if any_busy(run_ids) != was_busy:
            st.rerun()  # the whole page once, which sets or drops the timer

    st.fragment(again, run_every=period if was_busy else None)()


def any_busy(run_ids: Collection[str]) -> bool:
    return any(row.busy for row in rows(store(), run_ids))


def queue_and_tell(configs: Sequence[RunConfig]) -> None:
    """A button's callback: queue, keep the sentence, and have the whole page drawn anew."""
    perform(queue, configs)
    st.session_state[_CHANGED] = True
