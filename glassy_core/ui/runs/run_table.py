"""The table of runs: what is listed, what is selected, how selected runs differ."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
import streamlit as st

from glassy_core.settings import NOT_OF, RunConfig
from glassy_core.ui.results.rows import Filter, Row, end_of
from glassy_core.ui.shell.words import STATUS, duration, number, setting_value

_SELECTED = "selected"  # in the URL: ids of the selected runs
_DRAWN = "runs_table"  # of the session: the table's key and the ids of its lines
_ROW_HEIGHT, _MOST_ROWS = 35, 12


def filters(rows: Sequence[Row]) -> Filter:
    """The controls that narrow the table; their state is in the URL."""
    configs = [row.config for row in rows if row.config]
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Find",
            key="find",
            bind="query-params",
            placeholder="name, tag, note or id",
            icon=":material/search:",
            width=240,
        )
        statuses = _choice("Status", "status", {row.state.status for row in rows})
        depths = _choice("Depth d", "depths", {config.depth for config in configs})
        widths = _choice("Width w", "widths", {config.width for config in configs})
        editions = _choice("Edition", "editions", {config.edition for config in configs})
        tags = _choice("Tag", "tags", {tag for row in rows for tag in row.tags})
    return Filter(text or "", statuses, depths, widths, editions, tags)


def _choice(label: str, key: str, present: set[Any]) -> tuple[Any, ...]:
    """A choice among what is there. Options that the URL or the reader has chosen stay, or the choice would be lost."""
    chosen = st.session_state.get(key) or []
    options = sorted(present | set(chosen))
    return tuple(st.multiselect(label, options, key=key, bind="query-params", placeholder="all", width=150))


def table(rows: Sequence[Row]) -> list[Row]:
    """Show the runs; returns the selected ones, in the table's order."""
    ids = [row.id for row in rows]
    chosen = [run_id for run_id in st.query_params.get(_SELECTED, "").split(",") if run_id in ids]
    # The widget knows rows by position, so another list of runs is another widget.
    key = f"runs-{zlib.crc32(' '.join(ids).encode()):08x}"
    event = st.dataframe(
        _frame(tuple(rows)),
        key=key,
        column_config=_columns(),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(run_id) for run_id in chosen]}},
        height=table_height(len(rows)),
        placeholder="",
        alt="Runs with their status, progress and settings",
    )
    st.session_state[_DRAWN] = key, ids
    selected = [rows[k] for k in sorted(event.selection.rows) if k < len(rows)]
    _remember([row.id for row in selected])
    return selected


def selected_ids() -> list[str]:
    """Ids of the runs that are selected when a button is pressed, in the order of the table that the reader sees."""
    key, ids = st.session_state[_DRAWN]
    return [ids[k] for k in sorted(st.session_state[key].selection.rows) if k < len(ids)]


def table_height(rows: int) -> int:
    """Pixels of a table of so many rows; a long one scrolls."""
    return _ROW_HEIGHT * (min(rows, _MOST_ROWS) + 1) + 3


def _remember(run_ids: list[str]) -> None:
    text = ",".join(run_ids)
    if st.query_params.get(_SELECTED, "") == text:
        return
    if text:
        st.query_params[_SELECTED] = text
    else:
        del st.query_params[_SELECTED]


@lru_cache(maxsize=4)
def _frame(rows: tuple[Row, ...]) -> pd.DataFrame:
    """One line a run, numbers as numbers so that they sort. Kept for the other visitors of the same second."""
    lines = [
        {
            "Name": row.name,
            "Status": [row.state.status],
            "NLL": row.state.nll,
            "Progress": 100 * row.state.progress,
            "tau": row.state.tau,
            "Step": row.state.step,
            "Evaluations": row.state.evaluations or None,
            "steps/s": row.state.speed if row.state.status == "running" else None,
            "Left": duration(row.state.remaining) if row.state.remaining is not None else "",
            "d": row.config.depth if row.config else None,
            "w": row.config.width if row.config else None,
            "Learns by": row.config.dynamics if row.config else "",
            "eta": row.state.eta or None,
            "p": str(row.config.batch_size) if row.config and not row.state.is_flow else "",
            "Chorales": row.config.chorales if row.config else None,
            "Edition": row.config.edition if row.config else "",
            "Seed": row.config.seed if row.config else None,
            "Tags": list(row.tags),
            "Started": row.created,
            "Error": row.state.error or "",
        }
        for row in rows
    ]
    frame = pd.DataFrame(lines)
    silent = [name for name in ("Left", "Tags", "Error") if not frame[name].map(len).any()]
    silent += [name for name in ("steps/s", "Evaluations") if frame[name].isna().all()]
    if "flow" not in set(frame["Learns by"]):
        silent.append("Learns by")
    return frame.drop(columns=silent)


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "Name": column.TextColumn(pinned=True, width=130),
        "Status": column.MultiselectColumn(
            options=list(STATUS), color=[colour for colour, _, _ in STATUS.values()], width=100
        ),
        "Progress": column.ProgressColumn(format="%.0f %%", min_value=0, max_value=100, width=110),
        "NLL": column.NumberColumn(format="%.4f", help="bits per pitch and transition, all training transitions"),
        "tau": column.NumberColumn("τ", format="%.5g", help="proper time, the sum of eta over the steps made"),
        "Step": column.NumberColumn(format="localized", help="learning steps; of a flow the steps of its solver"),
        "Evaluations": column.NumberColumn(format="localized", help="of a flow: of the gradient of all transitions"),
        "steps/s": column.NumberColumn(format="%.0f"),
        "Left": column.TextColumn(help="time until its end, at the present speed"),
        "d": column.NumberColumn(help="depth, recurrent layers", width=40),
        "w": column.NumberColumn(help="width, hidden units per layer", width=50),
        "Learns by": column.TextColumn(help="minibatch steps, or as the smooth flow that they follow", width=80),
        "eta": column.NumberColumn(format="%.2g", help="learning rate now; a flow has none"),
        "p": column.TextColumn(help="minibatch size, transitions", width=50, alignment="right"),
        "Chorales": column.NumberColumn(width=80),
        "Seed": column.NumberColumn(width=55),
        "Tags": column.ListColumn(),
        "Started": column.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        "Error": column.TextColumn(width="large"),
    }


def compare(rows: Sequence[Row]) -> None:
    """Settings and standing of several runs side by side, what differs set off."""
    known = [row for row in rows if row.config]
    if len(known) < 2:
        st.caption("Select two or more runs with readable settings to compare them.")
        return
    only = st.toggle("Only settings that differ", value=True, key="differing", bind="query-params")
    frame = settings_frame(known)
    differs = frame.nunique(axis=1) > 1
    standing = pd.DataFrame(
        [
            [row.state.status, setting_value(row.state.step), number(row.state.tau), number(row.state.nll)]
            for row in known
        ],
        index=frame.columns,
        columns=["status now", "step", "τ", "NLL, bits"],
    ).T
    shown = pd.concat([frame[differs] if only else frame, standing])
    marked = {name for name in frame.index if differs[name]}
    st.dataframe(
        shown.style.apply(lambda line: ["font-weight: 700" if line.name in marked else ""] * len(line), axis=1),
        row_height=_ROW_HEIGHT,
        height=_ROW_HEIGHT * (len(shown) + 1) + 3,
        # As wide as the names: where there are many, the table scrolls.
        column_config={name: st.column_config.TextColumn(width=24 + 8 * max(len(name), 8)) for name in shown.columns},
        alt="Settings of the selected runs side by side",
    )
    if only and not differs.any():
        st.caption("All their settings are the same.")


def settings_frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Settings down, runs across, as words."""
    names = [field.name for field in dataclasses.fields(RunConfig) if field.name != "name"]
    columns = {}
    for row in rows:
        title = row.name if row.name not in columns else f"{row.name} ({end_of(row.id)})"
        columns[title] = [_in_table(row.config, name) for name in names]
    return pd.DataFrame(columns, index=[name.replace("_", " ") for name in names])


def _in_table(config: RunConfig | None, name: str) -> str:
    """A setting as a word; a dash where it says nothing: a bound that is not set, eta in a flow, tolerance in steps."""
    value = getattr(config, name)
    unset = name in ("until", "stop_nll", "waiting_times") and not value
    return "–" if unset or (config and name in NOT_OF[config.dynamics]) else setting_value(value)
