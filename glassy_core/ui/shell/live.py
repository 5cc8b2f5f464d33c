"""Parts of a page that follow the runs: they look again every second, only while something is at work."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from glassy_core.ui.results.rows import Row, rows
from glassy_core.ui.shell.frame import store

PERIOD = 1.0  # seconds


def live(part: Callable[[list[Row]], None]) -> None:
    """Draw a part of the page of all runs, again every second while one is queued or at work."""
    was_busy = any(row.busy for row in rows(store()))

    def again() -> None:
        every = rows(store())
        part(every)
        if any(row.busy for row in every) != was_busy:
            st.rerun()  # the whole page once, which sets or drops the timer

    st.fragment(again, run_every=PERIOD if was_busy else None)()
