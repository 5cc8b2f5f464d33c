"""The live part of the Runs page: filters, table, the selected runs, the trash."""

from __future__ import annotations

import streamlit as st

from glassy_core.ui.results.rows import Row
from glassy_core.ui.runs.queue import in_short, queue_state, queue_view
from glassy_core.ui.runs.run_panel import panel, trash
from glassy_core.ui.runs.run_table import filters, table
from glassy_core.ui.shell.actions import show_outcome


def all_runs(rows: list[Row]) -> None:
    """Everything about the runs there are."""
    show_outcome()
    if rows:
        now = queue_state(rows)
        in_short(now)
        shown = filters(rows).keep(rows)
        if shown:
            panel(table(shown))
        else:
            st.info("No run passes these filters: clear one of them.", icon=":material/filter_alt_off:")
        queue_view(now)
    else:
        st.info("There are no runs yet: choose a preset above and start one.", icon=":material/arrow_upward:")
    trash()
