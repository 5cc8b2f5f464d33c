"""The map of exponents on the Learning curves page: all runs of the store that learn the same data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from glassy_core.figures import tables
from glassy_core.figures.exponents import MEASURES, Place, exponent_map
from glassy_core.paper.task import is_papers
from glassy_core.runs.groups import ensembles
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results import curves, fits
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.frame import prose

Data = tuple[str, str | None]  # name and digest


def exponents(candidates: Sequence[Row]) -> None:
    """The map's part of the page, closed at first: nothing is fitted before it is opened."""
    part = st.expander(
        "Exponents of all runs: which setting decays how fast", key="map", bind="query-params", icon=":material/map:"
    )
    if not part.open:
        return
    with part:
        data = _data(candidates)
        names = _names(data)
        with st.container(horizontal=True, gap="medium", key="map-controls"):
            name = st.selectbox("Runs that learn", names, key="map_data", bind="query-params", width=320)
            measure = st.segmented_control(
                "Show", list(MEASURES), default="exponent", format_func=lambda key: MEASURES[key], required=True,
                key="map_show", bind="query-params",
            )  # fmt: skip
        rows = data[list(data)[names.index(name)]]
        with st.spinner("Fitting the runs of the store …"):
            places = _places(rows)
        papers = all(row.config and is_papers(row.config, "learning curves") for row in rows)
        live_figure(exponent_map(places, measure, papers), "exponents", _in_words(places), 440, "exponents")
        _words(places, papers)
        st.download_button(
            "Download the map as CSV", data=lambda: "".join(tables.exponents(places)).encode(),
            file_name="exponents.csv", mime="text/csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip


def _data(found: Sequence[Row]) -> dict[Data, list[Row]]:
    """The runs by what they learn, most runs first."""
    out: dict[Data, list[Row]] = {}
    for row in found:
        assert row.config is not None
        out.setdefault((row.config.data_name(), curves.digest_of(row.id)), []).append(row)
    return dict(sorted(out.items(), key=lambda item: -len(item[1])))


def _names(data: Iterable[Data]) -> list[str]:
    """Names told apart where two editions of one name have different contents."""
    pairs = list(data)
    names = [name for name, _ in pairs]
    return [name if names.count(name) == 1 else f"{name} ({(digest or 'unknown')[:8]})" for name, digest in pairs]


def _places(rows: Sequence[Row]) -> list[Place]:
    places = []
    for group in ensembles(map(curves.member, rows)):
        runs = tuple(one.run.id for one in group)
        places.append(Place(group[0].config, fits.fit_whole(runs), runs))
    return places


def _in_words(places: Sequence[Place]) -> str:
    parts = [
        f"{curves.network_words(p.config)}: {p.fit.exponent.value:.3g}" + ("" if p.fit.reliable else " (unreliable)")
        for p in places
        if p.fit.exponent
    ]
    return "Exponents against width. " + "; ".join(parts) + "."


def _words(places: Sequence[Place], papers: bool) -> None:
    reliable = sum(place.fit.reliable for place in places)
    flows = " Diamonds are flows." if any(place.config.dynamics == "flow" for place in places) else ""
    crosses = " Crosses are the paper's values." if papers else ""
    prose(
        f"Every setting is fitted in its own window, its seeds together, with 95 % intervals; "
        f"{reliable} of {len(places)} estimates are reliable, the others are hollow.{flows}{crosses} The paper "
        "suspects that the decay is always a power law, and that its exponent grows with depth and width."
    )
