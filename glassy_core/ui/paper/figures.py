"""The paper's figures drawn as the paper draws them, of the runs in the store: for the Paper page and the slides.

Each drawer takes some runs and a Look, and returns False where those runs do not serve.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from glassy_core.figures.aging import Axes, Column, along, fluctuations, growth, sgd_noise
from glassy_core.figures.critical_width import critical_widths, transition, widths
from glassy_core.figures.figure_parts import limits
from glassy_core.figures.network import WIDTH, picture
from glassy_core.figures.noise_probe import noise_traces
from glassy_core.figures.palette import key
from glassy_core.figures.power_laws import fitted_curves
from glassy_core.figures.style import Setting, View
from glassy_core.paper.findings import Gathered
from glassy_core.paper.learning_curves import FIRST_POINT, FITTED_TO, latest_probe, worth_drawing
from glassy_core.paper.numbers import AGING, FIRST_TAU_W, PAPER_ORIGIN, PRESET_OF, paper_curve, paper_widths
from glassy_core.paper.regimes import regime
from glassy_core.paper.task import is_papers
from glassy_core.physics.aging.fluctuations import of_waiting_time
from glassy_core.physics.aging.growth import Growth, logarithm, power
from glassy_core.physics.critical_width.criticality import Criticality
from glassy_core.physics.critical_width.learning_times import THRESHOLDS
from glassy_core.runs.groups import Member, readable
from glassy_core.training.probe import Level, Probe
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results import aging as aging_results
from glassy_core.ui.results import critical_widths as critical_results
from glassy_core.ui.results import curves as loaders
from glassy_core.ui.results import fits as fit_loaders
from glassy_core.ui.results.aging import Measure, Network, columns
from glassy_core.ui.shell.frame import plain, store
from glassy_core.ui.shell.words import typeset, whole

MOST_PANELS = 3
VIEW = View(shown=("training",))
AS_IN_FIG_2 = replace(VIEW, y_log=False, laws=False)
PAPERS_LAW = (
    "Dotted: the paper's law NLL∞ + A τ⁻ᵃ. NLL∞ and a are the paper's; it gives no A, so A is matched to our run."
)
LOG = "A + B log x"
ALL_TIMES = "to all waiting times"
LINES = "Thick: fit with its 95 % band; dashed: unreliable; thin: the fit carried on."
NO_LAW = "No power law is fitted: none of these runs is long enough for one."
COLOURED = (2, 3, 8)  # figures whose lines are networks
KEYS = {
    5: "Dots: runs that reached NLL\\*; triangles: those that did not; diamonds: w_c with its 95 % interval.",
    6: "Bars: 95 % intervals. Lines: the regression of w_c on NLL\\*.",
    7: "Above against τ, in the middle against τ/τ_w, below on linear axes. Dashed: τᵅ where it is fitted.",
}
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
    return [member for network in PRESET_OF if (member := found.network(*network))]


def papers_two_layers(found: Gathered) -> Members:
    """The paper's networks of two layers, whose asymptotic laws Fig. 3 shows."""
    return [member for member in papers(found) if member.config.depth == 2] or trio(found)


def trio(found: Gathered) -> Members:
    """One network under, one near, one over the critical width of the class world."""
    rows = {row.id: row for row in loaders.readable_rows()}
    ids = loaders.first_choice([rows[m.run.id] for m in found.classroom if m.run.id in rows])
    return [member for run_id in ids for member in found.classroom if member.run.id == run_id]


def sweep(found: Gathered) -> Members:
    """The paper's runs where there are widths enough for a parabola, else the class world's."""
    papers = [member for members in found.sweeps.values() for member in members]
    enough = len({(member.config.depth, member.config.width) for member in papers}) >= 8
    return papers if enough else found.classroom


def papers_noise(found: Gathered) -> Members:
    """The paper's three aging networks as far as they are there, else the class world's."""
    return _measured(found) or class_aging(found)


def papers_aging(found: Gathered) -> Members:
    """The paper's three where one has waiting times enough to be compared, else the class world's."""
    measured = _measured(found)
    compared = any(sum(curve.x[-1] > 1 for curve in column.aging.curves) >= 2 for column in _columns(measured))
    return measured if compared else class_aging(found) or measured


def _measured(found: Gathered) -> Members:
    chosen = [member for network in AGING if (member := found.network(*network, aging=True))]
    return [member for member in chosen if _columns([member])]


def class_aging(found: Gathered) -> Members:
    return [member for _, seeds in found.class_aging() for member in seeds]


def probed_first(found: Gathered) -> Members:
    """Runs that may have a noise probe: the paper's w = 90, its other networks, then all others in the store."""
    first = [member for member in (found.network(2, 90), *papers(found)) if member]
    every = [*first, *found.paper, *found.classroom, *readable(store().runs())]
    return list({member.run.id: member for member in every}.values())


# The figures.


def network(depth: int, width: int) -> None:
    """Fig. 1."""
    drawn = base64.b64encode(picture(depth, width).encode()).decode()
    alt = f"{depth} layers of {width} units between the chord that sounds and the next chord"
    st.html(f'<img src="data:image/svg+xml;base64,{drawn}" alt="{alt}" style="width:100%;max-width:{WIDTH}px">')


def learning_by_depth(members: Members, look: Look) -> bool:
    """Fig. 2: NLL against tau, a panel a depth, and one of the wide networks of all depths."""
    # Of all panels, so that a network has one colour.
    settings = sorted(_settings(members), key=lambda setting: setting.config.depth)
    if not settings:
        return False
    depths = dict.fromkeys(setting.config.depth for setting in settings)
    panels = {f"d = {depth}": [s for s in settings if s.config.depth == depth] for depth in depths}
    wide = [setting for setting in settings if regime(setting.config) == "over"]
    if len({setting.config.depth for setting in wide}) > 1:
        panels["above the critical width"] = wide
    x_range = limits([setting.curves[0].series.tau for setting in settings], True)
    with st.grid(min(len(panels), 2), min_column_width=380, gap="small"):
        for k, (title, same) in enumerate(panels.items()):
            with st.container():
                st.markdown(f"**{title}**")
                figure = fitted_curves(same, AS_IN_FIG_2, [])
                look.show(figure.update_xaxes(range=x_range), _all_learned(same), f"-{k}")
    return True


def learning(members: Members, look: Look, fit: bool = False) -> bool:
    """NLL against tau; fit: with power laws, as in Fig. 3."""
    settings = _settings(members)
    if not settings:
        return False
    fits = [(setting, fit_loaders.fit(setting, _fitted(setting), live=True)) for setting in settings] if fit else []
    fits = [(setting, law) for setting, law in fits if _fitted(setting)[0] or worth_drawing(law)]
    look.show(fitted_curves(settings, VIEW, fits), _all_learned(settings))
    if fit:
        st.caption(LINES if fits else NO_LAW)
    return True


def _settings(members: Members) -> list[Setting]:
    """Each run by itself, as far as something is recorded."""
    rows = {row.id: row for row in loaders.readable_rows()}
    here = [rows[member.run.id] for member in members if member.run.id in rows]
    settings = fit_loaders.settings(here, grouped=False)
    return [_plainly_named(setting) for setting in settings if len(setting.curves[0].series)]


def _all_learned(settings: Sequence[Setting]) -> str:
    return f"NLL against tau. {'; '.join(map(_learned, settings))}."


def _plainly_named(setting: Setting) -> Setting:
    """The setting by its depth and width, whatever its run is called."""
    label = f"d = {setting.config.depth}, w = {setting.config.width}"
    return replace(setting, label=label, curves=tuple(replace(curve, label=label) for curve in setting.curves))


def _fitted(setting: Setting) -> tuple[float | None, float | None]:
    """Where a power law is fitted: for the paper's networks as their numbers are, once they reach far enough."""
    far = setting.curves[0].series.tau[-1] >= FITTED_TO
    return (FIRST_POINT, None) if far and paper_curve(setting.config) else (None, None)


def _learned(setting: Setting) -> str:
    series = setting.curves[0].series
    law = f"{series.nll[0]:.3g} to {series.nll[-1]:.3g} bits at tau {series.tau[-1]:.4g}"
    return f"{setting.label}: {law}"


def noise_probe(members: Members, look: Look) -> bool:
    """Fig. 4, of the first of the runs that has a probe."""
    for member in members:
        if (probe := latest_probe(member.run)) is not None:
            name = member.config.label()
            look.show(noise_traces(probe), f"NLL of {probe.steps} consecutive steps of {name}. {_levels(probe)}.")
            st.caption(
                f"{plain(name)}, from step {whole(probe.step)} on; {plain(member.world.words())}. Dashed: the linear "
                "trend; shaded: the spread, the standard deviation around it."
            )
            return True
    return False


def _levels(probe: Probe) -> str:
    levels = [(trace.label, Level.of(trace.nll)) for trace in probe.traces]
    return "; ".join(f"{label}: mean {level.mean:.3g}, spread {level.spread:.2g} bits" for label, level in levels)


def inverse_times(members: Members, look: Look) -> bool:
    """Fig. 5: 1/tau* against width, a panel a depth."""
    if not members:
        return False
    depths = critical_results.analysed(members).depths
    begun = {depth: one for depth, one in depths.items() if any(width.points for width in one.thresholds.values())}
    if not begun:
        return False  # axes without a run on them would show numbers of nobody's
    extent, beside = widths(begun.values()), paper_widths(member.config for member in members)
    top = max(time.rate for one in begun.values() for width in one.thresholds.values() for time in width.points)
    with st.grid(min(len(begun), 2), min_column_width=380, gap="medium"):
        for depth, one in begun.items():
            figure = transition(one, THRESHOLDS, depth in beside, extent, top)
            with st.container():
                st.markdown(f"**d = {depth}**")
                look.show(figure, critical_results.described(one), f"-{depth}")
    return True


def lines(members: Members, look: Look) -> bool:
    """Fig. 6: w_c against NLL*."""
    if not members:
        return False
    found = critical_results.analysed(members)
    beside = paper_widths(member.config for member in members)
    look.show(critical_widths(found, beside), " ".join(["w_c against NLL*.", *_widths(found)]))
    return True


def _widths(found: Criticality) -> list[str]:
    """w_c at the lowest and the highest threshold of each depth."""
    known = {d: [(t, w.w_c) for t, w in sorted(one.thresholds.items()) if w.w_c] for d, one in found.depths.items()}
    return [
        f"d = {depth}: " + ", ".join(f"{critical_results.with_interval(w_c)} at {t:g} bits" for t, w_c in ends) + "."
        for depth, every in known.items()
        if (ends := every[:1] + every[1:][-1:])
    ]


def deltas(members: Members, look: Look, mu: float | None = None, log: bool = True) -> bool:
    """A column of Fig. 7: Delta against tau (mu None) or tau / tau_w^mu, a panel a network.

    Logarithmic panels share their axes; a linear one has its own, for a short run would be a dot in the corner.
    """
    shown = _columns(members)[:MOST_PANELS]
    if not shown:
        return False
    name, note = ("tau" if mu is None else "x") + ("" if log else "-linear"), "" if log else ", linear axes"
    with st.grid(len(shown), min_column_width=300, gap="small"):
        for k, column in enumerate(shown):
            curves = [curve for one in (shown if log else [column]) for curve in one.aging.curves]
            x_range, y_range = limits([along(c, mu) for c in curves], log), limits([c.delta for c in curves], log)
            figure = fluctuations(column, Axes(mu, log, x_range, y_range))
            with st.container():
                st.markdown(f"**{plain(column.label)}**{note}")
                look.show(figure, aging_results.described(column), f"-{k}-{name}")
    return True


def gamma(members: Members, look: Look) -> bool:
    """Fig. 8: Gamma against tau."""
    shown = _columns(members)
    if shown:
        look.show(sgd_noise(shown), f"Gamma against tau. {'; '.join(map(_noise, shown))}.")
    return bool(shown)


def _noise(column: Column) -> str:
    noise = column.trajectories[0].noise
    return (
        f"{column.label}: {noise.gamma[0]:.2g} at tau {noise.tau[0]:.3g}, {noise.gamma[-1]:.2g} at {noise.tau[-1]:.4g}"
    )


def growing(members: Members, look: Look) -> bool:
    """Fig. 9, of the narrowest network: Delta against tau / tau_w with a power law and a logarithm.

    The power law is the paper's where the network is: of its first waiting time alone, beginning at PAPER_ORIGIN.
    """
    shown = _columns(members)[:1]
    for column in shown:
        curves = column.aging.curves
        alone = is_papers(members[0].config, "aging")
        first = of_waiting_time(curves, FIRST_TAU_W) if alone else curves
        of_power, of_log = power(first, origin=PAPER_ORIGIN if alone else 0.0), logarithm(first)
        with st.grid(2, min_column_width=380, gap="small"):
            for law, fit in (("power", of_power), ("logarithm", of_log)):
                with st.container():
                    st.markdown(f"**{plain(column.label)}**, {law}")
                    figure = growth(column, fit, law == "logarithm")
                    look.show(figure, f"{aging_results.described(column)} {_slope(law, fit)}", f"-{law}")
        whose = f"to τ_w = {FIRST_TAU_W:g} alone" if alone else ALL_TIMES
        left, right = _dashed("Left", _power_words(of_power), of_power, whose), _dashed("Right", LOG, of_log, whose)
        st.caption(typeset(f"{left} {right}"))
    return bool(shown)


def _power_words(fit: Growth) -> str:
    return f"A (x - {fit.origin:g})ᵇ" if fit.origin else "A xᵇ"


def _dashed(panel: str, law: str, fit: Growth, whose: str) -> str:
    """Which fit a dashed line is."""
    low, high = fit.window
    if fit.slope is None:
        return f"{panel}: no fit is drawn, for no waiting time has records enough {_from_to(low, high)}."
    return f"{panel}, dashed: {law}, fitted {_from_to(low, high)} {whose}."


def _from_to(low: float, high: float) -> str:
    return f"from x = {low:g} on" if np.isinf(high) else f"for x from {low:g} to {high:g}"


def _slope(law: str, fit: Growth) -> str:
    return f"Its {law} has {'b' if law == 'power' else 'B'} = {aging_results.with_interval(fit.slope)}."


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


def _three_views(members: Members, look: Look) -> bool:
    return deltas(members, look) and deltas(members, look, 1.0) and deltas(members, look, 1.0, log=False)


FIGURES: dict[int, tuple[Callable[[Gathered], Members], Callable[[Members, Look], bool]]] = {
    2: (papers_or_class, learning_by_depth),
    3: (papers_two_layers, lambda members, look: learning(members, look, fit=True)),
    4: (probed_first, noise_probe),
    5: (sweep, inverse_times),
    6: (sweep, lines),
    7: (papers_aging, _three_views),
    8: (papers_noise, gamma),
    9: (papers_aging, growing),
}


def draw(figure: int, found: Gathered) -> bool:
    """Draw one of the figures 2 to 9 and say of which data; False where no run serves."""
    choose, drawer = FIGURES[figure]
    members = choose(found)
    if not members or not drawer(members, Look(f"paper-{figure}")):
        return False
    if figure != 4:
        inks = key(member.config for member in members) if figure in COLOURED else ""
        law = PAPERS_LAW if figure == 3 and any(paper_curve(member.config) for member in members) else ""
        learned = "; ".join(dict.fromkeys(member.world.words() for member in members))
        said = (f"{plain(learned)}.", KEYS.get(figure), inks, law, _instead(figure, members))
        st.caption(typeset(" ".join(filter(None, said))))
    return True


def _instead(figure: int, members: Members) -> str:
    """Why the class world's aging stands in the place of the paper's."""
    if figure not in (7, 9) or is_papers(members[0].config, "aging"):
        return ""
    return (
        "The class world's networks: those of the paper are drawn once one has two waiting times with records beyond "
        "τ/τ_w = 1."
    )
