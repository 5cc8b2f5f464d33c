"""The tables that can be downloaded, as CSV (RFC 4180): comment lines that begin with `# `, a header, the rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from glassy_core.figures.aging import Column
from glassy_core.figures.music import Point
from glassy_core.figures.power_laws import Fits
from glassy_core.paper.exponents import ExponentPoint
from glassy_core.physics.critical_width.criticality import Criticality
from glassy_core.runs.records import COLUMNS, Series
from glassy_core.settings import RunConfig
from glassy_core.training.probe import Probe

EXPONENT = ("exponent", "low", "high")
FLOOR = ("nll_inf", "nll_inf_low", "nll_inf_high")
W_C = ("w_c", "w_c_low", "w_c_high")
TIMES = ("run", "depth", "width", "seed", "threshold", "tau_star", "tau_reached", "inverse_tau", "censored")
DELTA = ("tau", "x", "delta", "low", "high")


class _Line:
    """A file that hands each text back to the one who writes it."""

    def write(self, text: str) -> str:
        """The text itself."""
        return text


def csv_lines(comments: Iterable[str], columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """A table line by line. Floats keep all their digits; what is None or not a number is an empty cell.

    comments: a line each, whatever a name in it may hold; columns: the header; rows: as many cells each.
    """
    writer = csv.writer(_Line(), lineterminator="\n")
    yield from (f"# {' '.join(comment.splitlines())}\n" for comment in comments)
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow(["" if cell != cell else cell for cell in row])


def records(runs: Iterable[tuple[str, Mapping[str, Any], Series]]) -> Iterator[str]:
    """Runs (id, settings, recorded curves), a row a record, not thinned."""
    runs = list(runs)
    units = "nll, nll_minibatch, nll_valid: bits per pitch and transition; tau: sum of eta; seconds: of training"
    units += "; of flows eta is 0, evaluations: of the velocity so far, sharpness: largest curvature of the loss, nats"
    comments = [*(f"{run}: {json.dumps(settings)}" for run, settings, _ in runs), units]
    rows = (
        (run, *values)
        for run, _, series in runs
        for values in zip(*(getattr(series, name).tolist() for name in COLUMNS), strict=True)
    )
    return csv_lines(comments, ("run", *COLUMNS), rows)


def fits(fitted: Fits) -> Iterator[str]:
    """Power-law fits, a row a bin of the curve; settings and estimates are in the comments."""
    comments = []
    for setting, fit in fitted:
        facts = {"settings": setting.config.to_json(), "runs": [c.id for c in setting.curves], "fit": fit.to_json()}
        comments.append(f"{setting.id}: {json.dumps(facts)}")
    comments.append("nll, fitted, low, high: bits; low, high: 95 % band of the law; residual: nll / fitted - 1")
    rows = (
        (setting.id, *values)
        for setting, fit in fitted
        if (p := fit.points) is not None
        for values in zip(p.tau, p.nll, p.count, p.fitted, p.low, p.high, p.residuals, strict=True)
    )
    return csv_lines(comments, ("run", "tau", "nll", "recordings", "fitted", "low", "high", "residual"), rows)


def exponents(places: Iterable[ExponentPoint]) -> Iterator[str]:
    """The map of exponents, a row a setting."""
    places = list(places)
    comments = []
    for place in places:
        facts = {"settings": place.config.to_json(), "runs": place.runs, "why": place.fit.why}
        comments.append(f"d={place.config.depth} w={place.config.width}: {json.dumps(facts)}")
    columns = ("depth", "width", "eta", "batch_size", "seeds", *EXPONENT, *FLOOR, "reliable", "dynamics", *W_C, "task")
    return csv_lines(comments, columns, map(_exponent_row, places))


def _exponent_row(place: ExponentPoint) -> list[Any]:
    config, fit = place.config, place.fit
    estimates = [(e.value, e.low, e.high) if e else (None,) * 3 for e in (place.exponent, place.nll_inf, place.w_c)]
    setting = (config.depth, config.width, config.eta, config.batch_size, len(place.runs))
    verdict = str(fit.reliable).lower(), config.dynamics
    return [*setting, *estimates[0], *estimates[1], *verdict, *estimates[2], place.task]


def noise_traces(run: str, config: RunConfig, probe: Probe) -> Iterator[str]:
    """The noise probe of a run (Fig. 4), a row a learning step at each minibatch size."""
    facts = {"settings": config.to_json(), "step": probe.step, "tau": probe.tau, "eta": probe.eta}
    comments = (
        f"{run}: {json.dumps(facts | {'history': probe.history})}",
        "steps_on: learning steps after the checkpoint; nll: bits over all training transitions",
    )
    rows = (
        (trace.batch_size, steps_on, *values)
        for trace in probe.traces
        for steps_on, values in enumerate(zip(trace.nll, trace.nll_minibatch, strict=True))
    )
    return csv_lines(comments, ("batch_size", "steps_on", "nll", "nll_minibatch"), rows)


def learning_times(criticality: Criticality, settings: str) -> Iterator[str]:
    """All learning times, a row a run and threshold; settings: of the data, for the comments."""
    comments = (settings, "tau: proper time, sum of eta; threshold: bits; no tau_star: not reached by tau_reached")
    rows = (
        (
            time.run, depth, time.width, time.seed, threshold,
            time.tau_star, time.tau_reached, time.rate, int(time.censored),
        )
        for depth, result in criticality.depths.items()
        for threshold, width in result.thresholds.items()
        for time in width.times
    )  # fmt: skip
    return csv_lines(comments, TIMES, rows)


def fluctuations(columns: Iterable[Column], settings: Iterable[str]) -> Iterator[str]:
    """Delta of networks after their waiting times, a row a point; settings: of the networks, for the comments."""
    comments = (
        *settings,
        "tau: proper time since tau_w; delta: mean square drift over the SGD noise; low, high: 95 % of the seeds",
    )
    rows = (
        (column.label, curve.tau_w_step, curve.tau_w, *values, curve.seeds)
        for column in columns
        for curve in column.aging.curves
        for values in zip(curve.tau, curve.x, curve.delta, curve.low, curve.high, strict=True)
    )
    return csv_lines(comments, ("network", "tau_w_step", "tau_w", *DELTA, "seeds"), rows)


def recall(heading: str, by_width: Iterable[Point], by_tau: Iterable[Iterable[Point]]) -> Iterator[str]:
    """Recall as both of its figures draw it, a row a point; heading: what was asked of whom, for the comments."""
    drawn = [("width", point) for point in by_width] + [("tau", point) for line in by_tau for point in line]
    rows = ((figure, p.name, p.width, p.step, p.tau, p.share, p.complete, p.chorales) for figure, p in drawn)
    columns = ("figure", "run", "width", "step", "tau", "mean_share", "complete", "chorales")
    return csv_lines([heading], columns, rows)
