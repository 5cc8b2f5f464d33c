"""The paper's figures drawn as the paper draws them, of the runs in the store: for the Paper page and the slides.

Each drawer takes some runs and a Look, and returns False where those runs do not serve.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from glassy_core import kept_probes
from glassy_core.aging_figures import Axes, Column, along, fluctuations, growth, sgd_noise
from glassy_core.comparable import Member
from glassy_core.critical_figures import critical_widths, transition, widths
from glassy_core.figure_parts import limits
from glassy_core.findings import Gathered
from glassy_core.fit_figures import fitted_curves
from glassy_core.learning_times import THRESHOLDS
from glassy_core.network_picture import WIDTH, picture
from glassy_core.plots import View
from glassy_core.probe_figures import noise_traces
from glassy_core.runs import RunError
from glassy_core.ui import critical_parts, fit_loaders, loaders
from glassy_core.ui.aging_runs import Measure, Network, columns
from glassy_core.ui.frame import plain
from glassy_core.ui.live_figure import live_figure

NETWORKS = ((2, 30), (2, 68), (2, 90), (1, 200), (5, 70))
MOST_PANELS = 3
VIEW = View(shown=("training",))
Members = Sequence[Member]


@dataclass(frozen=True)
class Look:
    """Where and how large a figure is drawn. key: of its widgets; font: pixels of its letters."""

    key: str
    height: int = 440
    font: int = 14

    def show(self, figure: go.Figure, alt: str, part: str = "") -> None:
        figure.update_layout(font_size=self.font)
        if self.font > 14:  # than the figures' margins are made for
            figure.update_xaxes(automargin=True)
            figure.update_yaxes(automargin=True)
        name = f"{self.key}{part}"
        live_figure(figure, key=name, alt=alt, height=self.height, filename=name)


# Which runs a figure is drawn of.


def papers_or_class(found: Gathered) -> Members:
    """The paper's five networks as far as they are there, else those of the class world."""
    return papers(found) or trio(found)


def papers(found: Gathered) -> Members:
    return [member for network in NETWORKS if (member := found.network(*network))]


def trio(found: Gathered) -> Members:
    """One network under, one near, one over the critical width of the class world."""
    rows = {row.id: row for row in loaders.readable_rows()}
    ids = loaders.first_choice([rows[m.run.id] for m in found.classroom if m.run.id in rows])
    return [member for member in found.classroom if member.run.id in ids]


def sweep(found: Gathered) -> Members:
    """The paper's runs where there are widths enough for a parabola, else the class world's."""
    enough = len({(member.config.depth, member.config.width) for member in found.paper}) >= 8
    return found.paper if enough else found.classroom


def papers_aging(found: Gathered) -> Members:
    """The paper's three aging networks as far as they are there, else the class world's."""
    chosen = [member for network in NETWORKS[:3] if (member := found.network(*network, aging=True))]
    measured = [member for member in chosen if _columns([member])]
    return measured or class_aging(found)


def class_aging(found: Gathered) -> Members:
    return [m for m in found.classroom if m.config.waiting_times and m.config.depth == 2]


# The figures.


def network(depth: int, width: int) -> None:
    """Fig. 1."""
    drawn = base64.b64encode(picture(depth, width).encode()).decode()
    alt = f"{depth} layers of {width} units between the chord that sounds and the next chord"
    st.html(f'<img src="data:image/svg+xml;base64,{drawn}" alt="{alt}" style="width:100%;max-width:{WIDTH}px">')


def learning(members: Members, look: Look, fit: bool = False) -> bool:
    """Figs. 2 and 3: NLL against tau, with power laws."""
    ids = [member.run.id for member in members]
    settings = fit_loaders.settings([row for row in loaders.readable_rows() if row.id in ids], grouped=False)
    settings = [setting for setting in settings if len(setting.curves[0].series)]
    if not settings:
        return False
    fits = [(setting, fit_loaders.fit(setting, (None, None), live=True)) for setting in settings] if fit else []
    words = [f"{setting.label}: {setting.curves[0].series.nll[-1]:.3g} bits" for setting in settings]
    look.show(fitted_curves(settings, VIEW, fits), f"NLL against tau. At the end {'; '.join(words)}.")
    return True


def noise_probe(members: Members, look: Look) -> bool:
    """Fig. 4, of the first of the runs that has a probe."""
    for member in members:
        for path in reversed(kept_probes.kept(member.run)):
            try:
                probe = kept_probes.load(path)
            except RunError:
                continue
            name = member.config.label()
            look.show(noise_traces(probe), f"NLL of {probe.steps} consecutive steps of {name}.")
            st.caption(f"{plain(name)}, from step {probe.step:,} on.")
            return True
    return False


def inverse_times(members: Members, look: Look) -> bool:
    """Fig. 5: 1/tau* against width, a panel a depth."""
    if not members:
        return False
    depths = critical_parts.analysed(members).depths
    begun = {depth: one for depth, one in depths.items() if any(width.points for width in one.thresholds.values())}
    if not begun:
        return False  # axes without a run on them would show numbers of nobody's
    extent = widths(begun.values())
    with st.grid(min(len(begun), 2), min_column_width=380, gap="medium"):
        for depth, one in begun.items():
            figure = transition(one, THRESHOLDS, members[0].world.is_papers, extent)
            with st.container():
                st.markdown(f"**d = {depth}**")
                look.show(figure, f"1/tau* against width for d = {depth}.", f"-{depth}")
    return True


def lines(members: Members, look: Look) -> bool:
    """Fig. 6: w_c against NLL*."""
    if not members:
        return False
    figure = critical_widths(critical_parts.analysed(members), members[0].world.is_papers)
    look.show(figure, "w_c against NLL* for each depth.")
    return True


def deltas(members: Members, look: Look, mu: float | None = None) -> bool:
    """Fig. 7: Delta against tau (mu None) or tau / tau_w^mu, a panel a network, all on the same axes."""
    shown = _columns(members)[:MOST_PANELS]
    if not shown:
        return False
    curves = [curve for column in shown for curve in column.aging.curves]
    x_range, y_range = limits([along(c, mu) for c in curves], True), limits([c.delta for c in curves], True)
    with st.grid(len(shown), min_column_width=300, gap="small"):
        for k, column in enumerate(shown):
            figure = fluctuations(column, Axes(mu, True, x_range, y_range))
            with st.container():
                st.markdown(f"**{plain(column.label)}**")
                look.show(figure, f"Delta for {column.label}.", f"-{k}-{'tau' if mu is None else 'x'}")
    return True


def gamma(members: Members, look: Look) -> bool:
    """Fig. 8: Gamma against tau."""
    shown = _columns(members)
    if shown:
        look.show(sgd_noise(shown), "Gamma against tau.")
    return bool(shown)


def growing(members: Members, look: Look) -> bool:
    """Fig. 9, of the narrowest network: Delta against tau / tau_w with a power law and a logarithm."""
    shown = _columns(members)[:1]
    for column in shown:
        with st.grid(2, min_column_width=380, gap="small"):
            for law, fit in (("power", column.aging.power), ("logarithm", column.aging.log)):
                with st.container():
                    st.markdown(f"**{plain(column.label)}**, {law}")
                    figure = growth(column, fit, law == "logarithm")
                    look.show(figure, f"Delta of {column.label} with its {law}.", f"-{law}")
    return bool(shown)


def _columns(members: Members) -> list[Column]:
    """What the aging of these runs is, the seeds of one network together, narrow ones first."""
    groups: dict[tuple[int, int], list[Member]] = {}
    for member in members:
        groups.setdefault((member.config.depth, member.config.width), []).append(member)
    networks = [
        Network(min(m.run.id for m in same), f"d = {depth}, w = {width}", tuple(same))
        for (depth, width), same in sorted(groups.items())
    ]
    return columns(networks, Measure())[0]


def _both_scales(members: Members, look: Look) -> bool:
    return deltas(members, look) and deltas(members, look, 1.0)


FIGURES: dict[int, tuple[Callable[[Gathered], Members], Callable[[Members, Look], bool]]] = {
    2: (papers_or_class, learning),
    3: (papers_or_class, lambda members, look: learning(members, look, fit=True)),
    4: (lambda found: [*papers(found)[2:3], *papers(found), *found.classroom], noise_probe),
    5: (sweep, inverse_times),
    6: (sweep, lines),
    7: (papers_aging, _both_scales),
    8: (papers_aging, gamma),
    9: (papers_aging, growing),
}


def draw(figure: int, found: Gathered) -> bool:
    """Draw one of the figures 2 to 9 and say of which data; False where no run serves."""
    choose, drawer = FIGURES[figure]
    members = choose(found)
    if not members or not drawer(members, Look(f"paper-{figure}")):
        return False
    if figure != 4:
        st.caption(plain(f"{members[0].world.words()}."))
    return True
