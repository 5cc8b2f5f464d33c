"""Settings, fits and spikes of the runs shown: kept between reruns, made anew only where there is news."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from glassy_core.figures.palette import SHADES, at_place, shades
from glassy_core.figures.power_laws import Fits, fitted_curves
from glassy_core.figures.style import Curve, Ensemble, View
from glassy_core.physics.learning_curves.conditions import Conditions
from glassy_core.physics.learning_curves.power_law import PowerLawFit
from glassy_core.physics.learning_curves.seeds import far_enough, fit_seeds
from glassy_core.physics.learning_curves.windows import Window
from glassy_core.runs.groups import Member, ensembles
from glassy_core.runs.measured import conditions_of, curve_to_fit, fit_of_seeds
from glassy_core.runs.records import Series
from glassy_core.runs.run import Run
from glassy_core.training.spikes import Spikes, find_spikes
from glassy_core.ui.components.live_figure import as_json
from glassy_core.ui.results.curves import curves_of, label_of, member
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.frame import store
from glassy_core.ui.shell.words import runs_in_words

_NEWS = 1.02  # a run at work is fitted again when it has so many times the records

SEEDS = "seeds"  # a grouping

Ends = tuple[float | None, float | None]  # of the window; None: chosen by itself


def with_sisters(chosen: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """The chosen runs and all those of the same settings with other seeds."""
    sisters: dict[Hashable, list[Row]] = {member(row).ensemble: [] for row in chosen if row.config}
    for row in rows:
        if row.config and (ensemble := member(row).ensemble) in sisters:
            sisters[ensemble].append(row)
    return [row for group in sisters.values() for row in group]


def groups_of(rows: Sequence[Row], grouping: str = "", by_run: bool = False, together: bool = False) -> list[Ensemble]:
    """The runs as they are on the disk now: each by itself, or several as one.

    grouping: '' for none, SEEDS for the seeds of one setting, or a setting whose values are compared. by_run: the
    colour tells runs apart, and not their regimes. together: the class trio in step of tau while it learns.
    """
    curves = {curve.id: _with_spikes(curve) for curve in curves_of(rows, by_run, together)}
    if grouping not in ("", SEEDS):
        return _by_setting(list(curves.values()), grouping)
    if not grouping:
        return [Ensemble(curve.id, curve.label, curve.colour, (curve,)) for curve in curves.values()]
    names = {row.id: row.name.removesuffix(f" seed={row.config.seed}") for row in rows if row.config}
    groups = ensembles(member(row) for row in rows if row.config)
    return [_grouped([curves[one.run.id] for one in group], names) for group in groups]


def _by_setting(curves: Sequence[Curve], name: str) -> list[Ensemble]:
    """An ensemble for each value that a setting has among these curves, in the order of the values."""
    groups: dict[Any, list[Curve]] = {}
    for curve in curves:
        groups.setdefault(getattr(curve.config, name), []).append(curve)
    values = sorted(groups, key=lambda value: (isinstance(value, str), value))
    inks = shades(len(values)) if 1 < len(values) <= len(SHADES) else [at_place(k)[0] for k in range(len(values))]
    out = []
    for value, ink in zip(values, inks, strict=True):
        label = f"{name.replace('_', ' ')} {value}, {runs_in_words(len(groups[value]))}"
        members = tuple(replace(c, label=label, colour=ink, turn=0) for c in groups[value] if len(c.series))
        if members:
            out.append(Ensemble(f"{name}-{value}", label, ink, members))
    return out


def _grouped(curves: Sequence[Curve], names: dict[str, str]) -> Ensemble:
    first = curves[0]
    if len(curves) == 1:
        return Ensemble(first.id, first.label, first.colour, (first,))
    name = Counter(names[curve.id] for curve in curves).most_common(1)[0][0]
    far = int(far_enough([curve.series.tau[-1] if len(curve.series) else 0.0 for curve in curves]).sum())
    count = f"{far} of {len(curves)}" if 0 < far < len(curves) else len(curves)  # the others have hardly begun
    label = f"{label_of(name, first.config)}, {count} seeds"
    recorded = tuple(curve for curve in curves if len(curve.series))  # nothing can be drawn of the others
    return Ensemble(f"{first.id}-seeds", label, first.colour, recorded or tuple(curves))


def _with_spikes(curve: Curve) -> Curve:
    if curve.is_flow:  # it has no noise that could make spikes
        return curve
    n = _settled(len(curve.series))
    found = _spikes(curve.id, *_fingerprint(curve.series, n), _series=curve.series)
    return Curve(**{**vars(curve), "spikes": found})


def _settled(records: int) -> int:
    """Number of records to compute with: it moves on in steps of 2 %, so that most refreshes find nothing new."""
    return records if records < 1 / (_NEWS - 1) else int(_NEWS ** math.floor(math.log(records, _NEWS) + 1e-9))


def fit_of(setting: Ensemble, ends: Ends, under_way: bool) -> PowerLawFit:
    """The power law of a setting's curves; under_way: some of its runs are at work, so a little may be left out."""
    parts: list[tuple[Any, ...]] = []
    data = []
    for curve in setting.curves:
        series = curve.series
        n = _settled(len(series)) if under_way else len(series)
        if ends[1] is not None:  # what is beyond the window is no news
            n = min(n, int(np.searchsorted(series.tau, ends[1], side="right")))
        parts.append((curve.id, *_fingerprint(series, n)))
        data.append(curve_to_fit(series, n))
    return _fit(tuple(parts), ends, conditions_of(setting.config, setting.floor), _curves=data)


def drawn(settings: Sequence[Ensemble], view: View, fits: Fits) -> str:
    """The figure of curves and fits as JSON: made once for all who look at the same records in the same way."""
    curves = [
        (setting.id, setting.label, setting.colour, [_all_of(curve) for curve in setting.curves])
        for setting in settings
    ]
    laws = [(setting.id, _law_of(fit)) for setting, fit in fits]
    return _drawn(repr((curves, view, laws)), _settings=settings, _view=view, _fits=fits)


def _all_of(curve: Curve) -> tuple[Any, ...]:
    """What tells one drawing of a curve from another."""
    looks = curve.label, curve.colour, curve.turn, curve.apart
    return curve.id, *looks, curve.config, curve.floor, curve.data, curve.series.serial


def _law_of(fit: PowerLawFit) -> tuple[Any, ...]:
    """What tells one drawing of a fit from another."""
    points = fit.points
    seen = (len(points.tau), *points.tau[[0, -1]].tolist(), float(points.nll.sum())) if points else ()
    return fit.nll_inf, fit.exponent, fit.amplitude, fit.window, fit.reliable, seen


@st.cache_resource(show_spinner=False, max_entries=8, ttl=60)  # a picture of many runs has megabytes
def _drawn(key: str, _settings: Sequence[Ensemble], _view: View, _fits: Fits) -> str:
    return as_json(fitted_curves(_settings, _view, _fits))


def _fingerprint(series: Series, n: int) -> tuple[int, int, float, float]:
    """Of the first n records."""
    return (n, int(series.step[n - 1]), float(series.nll[n - 1]), float(series.eta[n - 1])) if n else (0, 0, 0.0, 0.0)


@st.cache_data(show_spinner=False, max_entries=512)
def _fit(parts: tuple[tuple[Any, ...], ...], ends: Ends, conditions: Conditions, _curves: Any) -> PowerLawFit:
    return fit_seeds(_curves, _window(ends, _curves), conditions)


def _window(ends: Ends, curves: Any) -> Window | None:
    """The window that the ends mean for these curves, up to where all that go far enough have come.

    None: the default one.
    """
    low, high = ends
    if low is None:
        return None
    come = np.array([float(tau[-1]) if len(tau) else 0.0 for tau, _ in curves])
    last = float(min(come[far_enough(come, low)], default=0.0))
    return low, high if high is not None else max(last, 1.000001 * low)  # not reached yet: no recording is in it


@st.cache_data(show_spinner=False, max_entries=512)
def _spikes(run_id: str, n: int, step: int, nll: float, eta: float, _series: Series) -> Spikes:
    return find_spikes(_series.nll[:n], _series.eta[:n])


def fit_whole(run_ids: Sequence[str], levels: tuple[float, float] | None = None) -> PowerLawFit:
    """The fit of whole stored runs of one setting in the default window, or between two levels of the NLL, bits.

    It is made again only when a file was written.
    """
    paths = [store().named(run_id).metrics_path for run_id in run_ids]
    return _fit_files(tuple((str(path), *_written(path)) for path in paths), levels)


def _written(path: Path) -> tuple[int, int]:
    """Size and time of the last change; zeros where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


@st.cache_data(show_spinner=False, max_entries=4096)
def _fit_files(stamps: tuple[tuple[str, int, int], ...], levels: tuple[float, float] | None) -> PowerLawFit:
    return fit_of_seeds([Member.of(Run(Path(path).parent)) for path, *_ in stamps], levels)
