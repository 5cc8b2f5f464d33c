"""Figs. 2 to 4 as the paper draws them, of some runs: learning curves, their power laws, the noise of SGD.

Each drawer returns False where the runs do not serve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from glassy_core.figures.noise_probe import noise_traces
from glassy_core.figures.power_laws import fitted_curves
from glassy_core.figures.style import Ensemble, View, limits
from glassy_core.paper.learning_curves import FIRST_POINT, FITTED_TO, worth_drawing
from glassy_core.paper.numbers import paper_curve
from glassy_core.paper.regimes import regime
from glassy_core.paper.sgd_noise import latest_probe
from glassy_core.training.probe import Level, Probe
from glassy_core.ui.paper.look import Look, Members
from glassy_core.ui.results.curves import network_words, readable_rows
from glassy_core.ui.results.fits import fit_of, groups_of
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.frame import plain
from glassy_core.ui.shell.polling import follow
from glassy_core.ui.shell.words import whole

_VIEW = View(shown=("training",))
_AS_IN_FIG_2 = replace(_VIEW, y_log=False, laws=False)
LINES = "Thick: fit with its 95 % band; dashed: unreliable; thin: the fit carried on."
_NO_LAW = "No power law is fitted: none of these runs is long enough for one."


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
                figure = fitted_curves(same, _AS_IN_FIG_2, [])
                look.show(figure.update_xaxes(range=x_range), _all_learned(same), f"-{k}")
    return True


def learning(members: Members, look: Look) -> bool:
    """NLL against tau, both logarithmic, with the networks' names at the ends: on the wall colours are much alike."""
    if settings := _settings(members):
        look.show(fitted_curves(settings, _VIEW, []), _all_learned(settings), names=True)
    return bool(settings)


def learning_live(members: Members, look: Look) -> bool:
    """As `learning`, drawn again while the runs learn: the class trio in step of tau, its curves seen to grow."""
    ids = {member.run.id for member in members}

    def draw(rows: list[Row]) -> None:
        settings = sorted(groups_of(rows, together=True), key=lambda setting: setting.config.width)
        settings = [_named(setting, f"w = {setting.config.width}") for setting in settings]
        look.show(fitted_curves(settings, _VIEW, []), _all_learned(settings), grows=True)

    follow(look.key, draw, ids)
    return True


def power_laws(members: Members, look: Look) -> bool:
    """Fig. 3: NLL against tau, both logarithmic, with the power laws of the runs that are long enough for one."""
    settings = _settings(members)
    if not settings:
        return False
    fits = [(setting, fit_of(setting, _fitted(setting), under_way=True)) for setting in settings]
    fits = [(setting, law) for setting, law in fits if _fitted(setting)[0] or worth_drawing(law)]
    look.show(fitted_curves(settings, _VIEW, fits), _all_learned(settings))
    st.caption(LINES if fits else _NO_LAW)
    return True


def _settings(members: Members) -> list[Ensemble]:
    """Each run by itself, as far as something is recorded."""
    rows = {row.id: row for row in readable_rows()}
    here = [rows[member.run.id] for member in members if member.run.id in rows]
    settings = groups_of(here)
    return [_named(setting, network_words(setting.config)) for setting in settings if len(setting.curves[0].series)]


def _named(setting: Ensemble, label: str) -> Ensemble:
    """The setting by another name than its run's."""
    return replace(setting, label=label, curves=tuple(replace(curve, label=label) for curve in setting.curves))


def _fitted(setting: Ensemble) -> tuple[float | None, float | None]:
    """Where a power law is fitted: for the paper's networks as their numbers are, once they reach far enough."""
    far = setting.curves[0].series.tau[-1] >= FITTED_TO
    return (FIRST_POINT, None) if far and paper_curve(setting.config) else (None, None)


def _all_learned(settings: Sequence[Ensemble]) -> str:
    return f"NLL against tau. {'; '.join(map(_learned, settings))}."


def _learned(setting: Ensemble) -> str:
    series = setting.curves[0].series
    if not len(series):
        return f"{setting.label}: nothing recorded yet"
    return f"{setting.label}: {series.nll[0]:.3g} to {series.nll[-1]:.3g} bits at tau {series.tau[-1]:.4g}"


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
