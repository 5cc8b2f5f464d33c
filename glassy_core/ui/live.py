"""Parts of a page that follow the runs: they look again every second, only while something is at work."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from glassy_core.ui.frame import store
from glassy_core.ui.run_rows import rows

PERIOD = 1.0  # seconds


def live(part: Callable[[], None]) -> None:
    """Draw a part of the page, again every second while a run is queued or at work."""
    was_busy = any_busy()

    def again() -> None:
        part()
        if any_busy() != was_busy:
            st.rerun()  # the whole page once, which sets or drops the timer

    st.fragment(again, run_every=PERIOD if was_busy else None)()


def any_busy() -> bool:
    """Whether any run changes by itself now."""
    return any(row.busy for row in rows(store()))
