"""The map of exponents on the Learning curves page: all runs of the store that learn the same data, or all tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from glassy_core.figures import tables
from glassy_core.figures.exponents import AXES, MEASURES, exponent_map
from glassy_core.paper.exponents import ExponentPoint, RatioCollapse, at_ratios, critical_widths_of, places
from glassy_core.paper.numbers import EXPONENT_RANGE
from glassy_core.paper.task import is_papers
from glassy_core.runs.groups import Member, grouped
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results import curves, fits
from glassy_core.ui.results.critical_widths import analysed
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.frame import plain, prose

Data = tuple[str, str | None]  # name and digest
_ALL = "every task with a critical width"


def exponents(candidates: Sequence[Row]) -> None:
    """The map's part of the page, closed at first: nothing is fitted before it is opened."""
    part = st.expander(
        "Exponents of all runs: which setting decays how fast", key="map", bind="query-params", icon=":material/map:"
    )
    if not part.open:
        return
    with part:
        data = _data(candidates)
        names = dict(zip(_names(data), data.values(), strict=True))
        with st.container(horizontal=True, gap="medium", key="map-controls"):
            name = st.selectbox("Runs that learn", [*names, _ALL], key="map_data", bind="query-params", width=320)
            measure = st.segmented_control(
                "Show", list(MEASURES), default="exponent", format_func=lambda key: MEASURES[key], required=True,
                key="map_show", bind="query-params",
            )  # fmt: skip
            against = st.segmented_control(
                "Against", list(AXES), default="ratio", format_func=lambda key: AXES[key], required=True,
                key="map_against", bind="query-params",
            )  # fmt: skip
        _map(_chosen(names, name), measure, against, name == _ALL)


def _map(members: Sequence[Member], measure: str, against: str, every: bool) -> None:
    """The figure, its words and its table. every: the members learn several tasks."""
    with st.spinner("Fitting the runs of the store …"):
        widths = critical_widths_of(_worlds(members), analysed)
        if every:
            members = [one for one in members if (one.world, one.config.depth) in widths]
            if not members:
                st.info("No task has a critical width yet: start more widths.", icon=":material/info:")
                return
        found = places(members, _fit_between if measure == "between" else _fit, widths, measure == "between")
    by_ratio = against == "ratio" and any(one.exponent and one.w_c for one in found)
    papers = (any if every else all)(is_papers(one.config, "learning curves") for one in members)
    live_figure(
        exponent_map(found, measure, papers, "ratio" if by_ratio else "width"),
        "exponents",
        _in_words(found),
        440,
        "exponents",
    )
    _words(found, papers, by_ratio)
    st.download_button(
        "Download the map as CSV", data=lambda: "".join(tables.exponents(found)).encode(),
        file_name="exponents.csv", mime="text/csv", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _data(rows: Sequence[Row]) -> dict[Data, list[Member]]:
    """The runs by what they learn, most runs first."""
    out: dict[Data, list[Member]] = {}
    for row in rows:
        assert row.config is not None
        out.setdefault((row.config.data_name(), curves.digest_of(row.id)), []).append(curves.member(row))
    return dict(sorted(out.items(), key=lambda item: -len(item[1])))


def _names(data: Iterable[Data]) -> list[str]:
    """Names told apart where two editions of one name have different contents."""
    pairs = list(data)
    names = [name for name, _ in pairs]
    return [name if names.count(name) == 1 else f"{name} ({(digest or 'unknown')[:8]})" for name, digest in pairs]


def _chosen(names: Mapping[str, list[Member]], name: str) -> list[Member]:
    return [member for group in names.values() for member in group] if name == _ALL else names[name]


def _worlds(members: Sequence[Member]) -> Iterable[list[Member]]:
    return grouped(members, lambda member: member.world).values()


def _fit(group: Sequence[Member]) -> fits.PowerLawFit:
    return fits.fit_whole([member.run.id for member in group])


def _fit_between(group: Sequence[Member]) -> fits.PowerLawFit:
    return fits.fit_whole([member.run.id for member in group], EXPONENT_RANGE)


def _in_words(points: Sequence[ExponentPoint]) -> str:
    parts = [
        f"{curves.network_words(p.config)}: {p.exponent.value:.3g}" + ("" if p.fit.reliable else " (unreliable)")
        for p in points
        if p.exponent
    ]
    return "Exponents against width. " + "; ".join(parts) + "."


def _words(points: Sequence[ExponentPoint], papers: bool, by_ratio: bool) -> None:
    shown = [place for place in points if place.exponent and (place.w_c or not by_ratio)]
    reliable = sum(place.fit.reliable for place in shown)
    pure = any(place.pure for place in shown)
    window = f"while the NLL falls from {EXPONENT_RANGE[1]:g} to {EXPONENT_RANGE[0]:g}" if pure else "in its own window"
    parts = [
        f"Every setting is fitted {window}, its seeds together, with 95 % intervals; "
        f"{reliable} of {len(shown)} estimates are reliable, the others are hollow.",
        f"{len(points) - len(shown)} without an exponent or a w_c are left out." if len(shown) < len(points) else "",
        "Diamonds are flows." if _has_diamonds(shown) else "",
        "Crosses are the paper's values." if papers else "",
        "The paper suspects that the decay is always a power law, and that its exponent grows with depth and width.",
        "Where a curve still steepens, a is a mean slope of it." if pure else "",
    ]
    prose(" ".join(filter(None, parts)))
    if by_ratio and (said := RatioCollapse.of(at_ratios(points)).words()):
        prose(f"**One curve of w / w_c?** {plain(said)} The bar at a line's widest network is the interval of its w_c.")


def _has_diamonds(shown: Sequence[ExponentPoint]) -> bool:
    return len({place.config.data_name() for place in shown}) == 1 and any(p.config.dynamics == "flow" for p in shown)
