"""The live part of the Runs page: filters, table, the selected runs, the trash."""

from __future__ import annotations

import streamlit as st

from glassy_core import jobs
from glassy_core.ui import actions
from glassy_core.ui.actions import perform, show_outcome
from glassy_core.ui.frame import store
from glassy_core.ui.run_panel import panel, trash
from glassy_core.ui.run_rows import rows
from glassy_core.ui.run_table import filters, table


def all_runs() -> None:
    """Everything about the runs there are."""
    listed = rows(store())
    show_outcome()
    if listed:
        shown = filters(listed).keep(listed)
        if shown:
            panel(table(shown))
        else:
            st.info("No run passes these filters: clear one of them.", icon=":material/filter_alt_off:")
        _queue_notice(any(row.state.status in ("queued", "interrupted") and row.config for row in listed))
    else:
        st.info("There are no runs yet: choose a preset above and start one.", icon=":material/arrow_upward:")
    trash()


def _queue_notice(waiting: bool) -> None:
    """Say so when runs wait and nobody serves the queue."""
    if waiting and not jobs.dispatcher_status(store()).alive:
        st.warning("Runs wait, and the process that serves them is not up yet.", icon=":material/schedule:")
        st.button("Start it again", key="dispatcher", on_click=perform, args=(actions.serve,))
