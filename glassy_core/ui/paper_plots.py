"""The plots of the Paper page: each figure drawn as the paper draws it, of the runs in the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from glassy_core import kept_probes
from glassy_core.aging_figures import Axes, Column, along, fluctuations, growth, sgd_noise
from glassy_core.comparable import Member, readable
from glassy_core.critical_figures import critical_widths, transition, widths
from glassy_core.figure_parts import limits
from glassy_core.findings import Gathered
from glassy_core.fit_figures import fitted_curves
from glassy_core.learning_times import THRESHOLDS
from glassy_core.plots import View
from glassy_core.probe_figures import noise_traces
from glassy_core.runs import RunError
from glassy_core.ui import critical_parts, fit_loaders, loaders
from glassy_core.ui.aging_runs import Measure, Network, columns
from glassy_core.ui.frame import plain, store
from glassy_core.ui.live_figure import live_figure
from glassy_core.ui.run_rows import Row

NETWORKS = ((2, 30), (2, 68), (2, 90), (1, 200), (5, 70))
AGING = NETWORKS[:3]
VIEW = View(shown=("training",))


def draw(figure: int) -> bool:
    """Draw one of the figures 2 to 9; False where no run serves."""
    return _DRAWERS[figure](Gathered.of(readable(store().runs())))


def _curves(found: Gathered) -> bool:
    members = _networks(found) or _trio(found)
    return _learning_curves(members, "paper-2", False)


def _fits(found: Gathered) -> bool:
    return _learning_curves(_networks(found) or _trio(found), "paper-3", True)


def _networks(found: Gathered) -> list[Member]:
    return [member for network in NETWORKS if (member := found.network(*network))]


def _trio(found: Gathered) -> list[Member]:
    """Where the paper's networks are missing: one under, one near, one over in the class world."""
    rows = {row.id: row for row in loaders.readable_rows()}
    ids = loaders.first_choice([rows[m.run.id] for m in found.classroom if m.run.id in rows])
    return [member for member in found.classroom if member.run.id in ids]


def _learning_curves(members: Sequence[Member], key: str, fit: bool) -> bool:
    if not members:
        return False
    rows = _rows(members)
    settings = fit_loaders.settings(rows, grouped=False)
    fits = [(setting, fit_loaders.fit(setting, (None, None), live=True)) for setting in settings] if fit else []
    words = [f"{s.label}: {s.curves[0].series.nll[-1]:.3g} bits" for s in settings if len(s.curves[0].series)]
    alt = "NLL against tau. At the end " + "; ".join(words) + "."
    live_figure(fitted_curves(settings, VIEW, fits), key=key, alt=alt, height=480, filename=key)
    return True


def _rows(members: Sequence[Member]) -> list[Row]:
    ids = [member.run.id for member in members]
    return [row for row in loaders.readable_rows() if row.id in ids]


def _noise(found: Gathered) -> bool:
    """The latest probe of the run of Fig. 4, or of any run."""
    first = found.network(2, 90)
    for member in [*([first] if first else []), *found.paper, *found.classroom]:
        for path in reversed(kept_probes.kept(member.run)):
            try:
                probe = kept_probes.load(path)
            except RunError:
                continue
            live_figure(
                noise_traces(probe), key="paper-4", height=420, filename="paper-4",
                alt=f"NLL of {probe.steps} consecutive steps of {member.config.label()}.",
            )  # fmt: skip
            st.caption(f"{plain(member.config.label())}, from step {probe.step:,} on.")
            return True
    return False


def _transition(found: Gathered) -> bool:
    members = _sweep(found)
    if not members:
        return False
    result = critical_parts.analysed(members)
    extent = widths(result.depths.values())
    with st.grid(min(len(result.depths), 2) or 1, min_column_width=380, gap="medium"):
        for depth, one in result.depths.items():
            with st.container():
                live_figure(
                    transition(one, THRESHOLDS, members[0].world.is_papers, extent), key=f"paper-5-{depth}",
                    alt=f"1/tau* against width for d = {depth}.", height=480, filename=f"paper-5-d{depth}",
                )  # fmt: skip
    st.caption(plain(f"{members[0].world.words()}."))
    return True


def _lines(found: Gathered) -> bool:
    members = _sweep(found)
    if not members:
        return False
    figure = critical_widths(critical_parts.analysed(members), members[0].world.is_papers)
    live_figure(figure, key="paper-6", alt="w_c against NLL* for each depth.", height=420, filename="paper-6")
    return True


def _sweep(found: Gathered) -> tuple[Member, ...]:
    """The paper's runs where there are widths enough for a parabola, else the class world's."""
    enough = len({(member.config.depth, member.config.width) for member in found.paper}) >= 8
    return found.paper if enough else found.classroom


def _aging_columns(found: Gathered) -> list[Column]:
    chosen = [member for network in AGING if (member := found.network(*network, aging=True))]
    networks = [Network(m.run.id, f"d = {m.config.depth}, w = {m.config.width}", (m,)) for m in chosen]
    shown, _ = columns(networks, Measure())
    return shown or _classroom_columns(found)


def _classroom_columns(found: Gathered) -> list[Column]:
    groups: dict[int, list[Member]] = {}
    for member in found.classroom:
        if member.config.waiting_times and member.config.depth == 2:
            groups.setdefault(member.config.width, []).append(member)
    networks = [
        Network(min(m.run.id for m in members), f"d = 2, w = {width}, class world", tuple(members))
        for width, members in sorted(groups.items())
    ]
    return columns(networks, Measure())[0]


def _aging(found: Gathered) -> bool:
    shown = _aging_columns(found)
    for mu in (None, 1.0) if shown else ():
        curves = [curve for column in shown for curve in column.aging.curves]
        x_range, y_range = limits([along(c, mu) for c in curves], True), limits([c.delta for c in curves], True)
        with st.grid(min(len(shown), 3), min_column_width=300, gap="small"):
            for k, column in enumerate(shown):
                with st.container():
                    st.markdown(f"**{plain(column.label)}**")
                    key = f"paper-7-{k}-{'tau' if mu is None else 'x'}"
                    figure = fluctuations(column, Axes(mu, True, x_range, y_range))
                    live_figure(figure, key=key, alt=f"Delta for {column.label}.", height=360, filename=key)
    return bool(shown)


def _gamma(found: Gathered) -> bool:
    shown = _aging_columns(found)
    if not shown:
        return False
    live_figure(sgd_noise(shown), key="paper-8", alt="Gamma against tau.", height=420, filename="paper-8")
    return True


def _growth(found: Gathered) -> bool:
    shown = _aging_columns(found)
    if not shown:
        return False
    first = shown[0]
    with st.grid(2, min_column_width=380, gap="small"):
        for law, fit in (("power", first.aging.power), ("log", first.aging.log)):
            with st.container():
                key = f"paper-9-{law}"
                words = f"Delta of {first.label} with its {law} fit."
                live_figure(growth(first, fit, law == "log"), key=key, alt=words, height=400, filename=key)
    st.caption(plain(first.label))
    return True


_DRAWERS: dict[int, Callable[[Gathered], bool]] = {
    2: _curves,
    3: _fits,
    4: _noise,
    5: _transition,
    6: _lines,
    7: _aging,
    8: _gamma,
    9: _growth,
}
