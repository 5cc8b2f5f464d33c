"""The parts of the Learning curves page: the choice of runs, the live figure's timer, words and numbers beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import streamlit as st

from glassy_core.figures import tables
from glassy_core.figures.palette import are_of_regimes, key
from glassy_core.figures.style import Ensemble, View
from glassy_core.paper.numbers import paper_curve
from glassy_core.runs.records import Series
from glassy_core.settings import RunConfig
from glassy_core.ui.learning_curves.front import table
from glassy_core.ui.results.curves import (
    at_work_or_newest,
    floor_of,
    latest_series,
    readable_rows,
    series_of,
    unique_names,
)
from glassy_core.ui.results.rows import Filter, Row
from glassy_core.ui.shell import address
from glassy_core.ui.shell.choice import choose, choose_by_id
from glassy_core.ui.shell.frame import plain, prose, store
from glassy_core.ui.shell.words import number

_RUNS, _FIND = "runs", "find_curves"  # keys of the choice of runs, and of the words they are looked for by
_FOUND = "found_curves"
_MOST_FOUND = 24


def choose_runs(rows: Sequence[Row]) -> list[Row]:
    """The runs to show, in the URL by their ids; until the reader chooses, what runs now, or the newest."""
    names = unique_names(rows)
    by_name = {row.name: row.id for row in reversed(rows)}  # of several the newest
    with st.container(horizontal=True, vertical_alignment="bottom", key="choice"):
        st.text_input(
            "Find runs", key=_FIND, placeholder="w=48 flow", icon=":material/search:", width=200, on_change=_find,
            label_visibility="collapsed",
            help="Shows all runs that have these words in name, tags, note, id or settings (d=2 w=48 seed=0 flow).",
        )  # fmt: skip
        ids = choose_by_id(
            "Runs", names, at_work_or_newest(rows), _RUNS, by_name, placeholder="Choose runs to compare",
            label_visibility="collapsed",
        )  # fmt: skip
    with st.container():  # which is there without words, too: what follows keeps its place
        if words := st.session_state.pop(_FOUND, ""):
            st.caption(plain(words))
    address.show_complaints()
    by_id = {row.id: row for row in rows}
    return [by_id[run_id] for run_id in ids]


def _find() -> None:
    """Choose the runs that have the words; without words, what runs now or is newest again."""
    words = str(st.session_state[_FIND]).strip()
    found = [row.id for row in Filter(words).keep(readable_rows())] if words else []
    if words and not found:
        st.session_state[_FOUND] = f"No run has {words!r} in its name, tags, note, id or settings."
        return
    if len(found) > _MOST_FOUND:
        st.session_state[_FOUND] = f"{len(found)} runs have {words!r}; the newest {_MOST_FOUND} are shown."
    choose(_RUNS, found[:_MOST_FOUND])


def warnings(chosen: Sequence[Row]) -> None:
    """Say so where a run shown has failed, or where they learn different data: their NLLs are then not comparable."""
    data = sorted({row.config.data_name() for row in chosen if row.config})
    with st.container():  # which is there without warnings, too: the figure below keeps its place
        for row in chosen:
            if row.state.error:
                st.error(f"**{plain(row.name)}**: {plain(row.state.error)}", icon=":material/error:")
        if len(data) > 1:
            st.warning(
                f"These runs learn different data: {', '.join(data[:-1])} and {data[-1]}. Their losses have "
                "different floors and are not to be compared number by number.",
                icon=":material/warning:",
            )


def physics(chosen: Sequence[Row]) -> None:
    """A few sentences of physics beside the plot."""
    prose(
        "**Proper time** τ = Σ η adds up the learning rate step by step, so that runs with different or changing η "
        "share one clock. The paper's Eq. 4 prints 1/η, but its own numbers need η summed: "
        "2 · 10⁵ steps at η = 4 · 10⁻⁴ are τ = 80."
    )
    prose(
        "**NLL** is the mean of log₂(1 + exp(-2 S H)) over pitches and chords: 1 bit at the start, where every pitch "
        "is a coin toss. Narrow networks stay high, and a fit tells where they would end; wide ones fall for a long "
        "stretch as a power of τ, a straight line on logarithmic axes; in between, near the critical width, learning "
        "slows down."
    )
    if any(row.config and row.config.dynamics == "flow" for row in chosen):
        prose(
            "A **flow** is what steps tend to as η goes to 0: the same τ runs on smoothly, every transition counts at "
            "every moment, and there is no noise. What steps add of their own late in learning is missing in it."
        )
    floors = [_floor_sentence(row) for row in chosen]
    prose(" ".join(dict.fromkeys(sentence for sentence in floors if sentence)))
    if any(row.config and paper_curve(row.config) for row in chosen):
        prose("Dotted: the paper's law for the same network, with its exponent and NLL∞; only the amplitude is ours.")


def _floor_sentence(row: Row) -> str:
    config = row.config
    assert config is not None
    data, floor = config.data_name(), floor_of(row)
    if floor is None:
        return f"The floor of {data} is not known here, because those data are not on this machine."
    if floor == 0:
        return f"The **floor** of {data} is 0: no two of them begin alike and part, so a network can learn every chord."
    return (
        f"The **floor** of {data} is {floor:.3g} bits: some begin alike and then part, and no network of this kind "
        "can know which way they will go."
    )


def table_and_download(chosen: Sequence[Row], front: Collection[str]) -> None:
    """Where the runs stand, and their records as CSV; computed only while the reader has it open.

    front: ids of those whose curves stand before the others.
    """
    part = st.expander("Numbers and data", icon=":material/table_chart:", key="numbers", bind="query-params")
    if not part.open:
        return
    with part:
        names = unique_names(chosen)
        table([_line(names[row.id], row) for row in chosen], list(names), front, _columns())
        st.caption("Ticked: its curve stands before the others.")
        st.download_button(
            "Download all records as CSV",
            data=lambda: "".join(_csv(chosen)).encode(),
            file_name=f"learning-curves-{datetime.now():%Y%m%d-%H%M%S}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help="One row a record, not thinned; the settings of each run are in the comment lines above.",
        )


def _line(name: str, row: Row) -> dict[str, Any]:
    """A run in the table, its numbers as numbers so that they sort; None where they are not known."""
    config = row.config
    assert config is not None
    series = latest_series(row)
    held_out = series.nll_valid[np.isfinite(series.nll_valid)]
    return {
        "run": name,
        "status": row.state.status,
        "d": config.depth,
        "w": config.width,
        "data": config.data_name(),
        "step": _last(series.step),
        "τ": _last(series.tau),
        "η": _eta(config, series),
        "NLL (bits)": _last(series.nll),
        "held-out NLL (bits)": _last(held_out),
        "accuracy": _last(100 * series.accuracy),
        "floor (bits)": floor_of(row),
    }


def _last(values: Any) -> float | None:
    return float(values[-1]) if len(values) else None


def _eta(config: RunConfig, series: Series) -> str:
    """The learning rate as it was last; of a flow that it is one."""
    if config.dynamics == "flow":
        return "flow"
    return number(float(series.eta[-1])) if len(series) else "–"


def _columns() -> dict[str, Any]:
    of_number = st.column_config.NumberColumn
    formats = {"step": "localized", "accuracy": "%.2f %%", "floor (bits)": "%.3g", "d": None, "w": None}
    formats |= dict.fromkeys(("τ", "NLL (bits)", "held-out NLL (bits)"), "%.4g")
    return {"run": st.column_config.TextColumn(pinned=True)} | {
        name: of_number(format=how) for name, how in formats.items()
    }


def _csv(chosen: Sequence[Row]) -> Iterable[str]:
    parts = []
    for row in chosen:
        assert row.config is not None
        run = store().named(row.id)
        parts.append((row.id, row.config.to_json() | run.origin() | {"name": row.name}, series_of(run)))
    return tables.records(parts)


def key_to_lines(view: View, settings: Sequence[Ensemble], fitted: bool = False) -> None:
    """What the kinds of lines and their colours mean."""
    kinds = {
        "training": "Solid: training.",
        "held-out": "Dashed: held-out chorales, which it never saw; where they rise, it learns the others by heart.",
        "minibatch": "Faint: minibatch.",
        "accuracy": "Below: the share of wrong signs, 1 - accuracy.",
    }
    curves = [curve for setting in settings for curve in setting.curves]
    configs = {curve.id: curve.config for curve in curves}
    lines = [words for kind, words in kinds.items() if kind in view.shown]
    if fitted:
        lines.append("Thick: the fit with its 95 % band, thin beyond the window; dashed where it is unreliable.")
    if any(curve.apart for curve in curves):
        lines.append("Long dashes: flows, over the runs by steps.")
    if any(curve.turn for curve in curves):
        lines.append("With dots or shorter dashes between: further networks of the same colour.")
    if any(len(curve.series.eta_changes) for curve in curves):
        lines.append("Triangle: η changed there.")
    inks = key(configs.values()) if are_of_regimes({curve.id: curve.colour for curve in curves}, configs) else ""
    lines += [inks, "Press a curve to bring it forward, its name in the legend to hide it; a mouse drags to zoom."]
    st.caption(" ".join(filter(None, lines)))
    if "sharpness" in view.shown:
        _sharpness_words()


def _sharpness_words() -> None:
    """What the sharpness is, and what the dotted lines beside it mean."""
    prose(
        "**Sharpness** is the largest curvature of the loss, in nats, where the network stands. Steps of η are stable "
        "while it is below 2/η, dotted for the runs by steps; a flow has no such bound. Of flows it is recorded; of "
        "runs by steps it is drawn where `python -m glassy_core spectrum` has measured it."
    )


def in_words(settings: Sequence[Ensemble], view: View) -> str:
    """The figure for readers who do not see it."""
    runs = []
    for curve in (curve for setting in settings for curve in setting.curves):
        series = curve.series
        if len(series):
            runs.append(f"{curve.label}: NLL {series.nll[-1]:.3g} bits at tau {series.tau[-1]:.3g}")
        else:
            runs.append(f"{curve.label}: nothing recorded yet")
    return f"Learning curves, NLL against {view.x}. " + "; ".join(runs) + "."
