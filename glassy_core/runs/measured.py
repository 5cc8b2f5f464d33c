"""From runs on the disk to the physics: a curve to be fitted, w_c of a sweep, aging of a network's seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.editions.catalogue import EditionSource, source_of
from glassy_core.editions.encoding import floor_bits, pitch_bits
from glassy_core.editions.loading import Edition, edition_at_hand
from glassy_core.files import read_lines
from glassy_core.physics.aging.fluctuations import SgdNoise, Trajectory
from glassy_core.physics.critical_width.capacity import Load
from glassy_core.physics.critical_width.criticality import COPIES, Criticality, critical
from glassy_core.physics.critical_width.learning_times import Recording, in_order
from glassy_core.physics.learning_curves.conditions import Conditions
from glassy_core.physics.learning_curves.eta_changes import levelled
from glassy_core.physics.learning_curves.exponents import between
from glassy_core.physics.learning_curves.power_law import PowerLawFit
from glassy_core.physics.learning_curves.seeds import fit_seeds
from glassy_core.runs.groups import Member, at_work, distinct
from glassy_core.runs.records import Series, read_series
from glassy_core.runs.run import Run, RunError
from glassy_core.settings import RunConfig

_NEEDED = ("tau_w_step", "tau_w", "tau", "D")  # of a record in aging.jsonl, beside its step
_KNOWN = 2.0  # Delta is computed up to so many times the tau of the last Gamma: a run measures it more often than that


def series_of(run: Run) -> Series:
    """Recorded curves of a run, read anew."""
    return read_series(run.metrics_path, run.timing_path)


def floor_of_data(config: RunConfig, digest: str | None) -> float | None:
    """The least NLL, in bits, that is possible on a run's data; None where those data are not at hand.

    It never waits for a download: where an edition's file is not on this machine, what is written down of it counts.
    """
    data = _data(config.edition, config.chorales, digest)
    if isinstance(data, Edition):
        return _floor(data, config.chorales)
    return data.floor if data else None


def _data(edition: str, chorales: int, digest: str | None) -> Edition | EditionSource | None:
    """What is known of the first chorales of an edition: itself, or what is written down where its file is not here."""
    here, source = edition_at_hand(edition), source_of(edition)
    if here is None:
        return source if source and (source.sha256, source.chorales) == (digest, chorales) else None
    return here if here.digest == digest and chorales <= len(here.splits["train"]) else None


@lru_cache(maxsize=256)
def _floor(edition: Edition, n: int) -> float:
    return floor_bits(edition.first(n))


def load_of(edition: str, chorales: int, digest: str | None) -> Load | None:
    """What there is to learn of the first chorales of an edition; None where they are not at hand."""
    data = _data(edition, chorales, digest)
    known = pitch_bits(data.first(chorales)) if isinstance(data, Edition) else data.to_learn if data else None
    return Load(chorales, *known) if known else None


def conditions_of(config: RunConfig, floor: float | None) -> Conditions:
    """What a fit must know of a run's curve; floor: of its data, bits, None where it is not known."""
    return Conditions(floor or 0.0, noise_free=config.dynamics == "flow")


def curve_to_fit(series: Series, n: int | None = None) -> tuple[Floats, Floats]:
    """tau and NLL (n,), bits, as a power law is fitted to them: what a greater eta added before is taken out.

    n: of the first records; None for all.
    """
    return series.tau[:n], levelled(series.tau[:n], series.nll[:n], series.eta[:n])


def fit_of_seeds(members: Sequence[Member], levels: tuple[float, float] | None = None) -> PowerLawFit:
    """The fit of the seeds of one setting, read anew, in the default window or between two levels of the NLL, bits."""
    first = members[0]
    conditions = conditions_of(first.config, floor_of_data(first.config, first.digest))
    curves = [curve_to_fit(series_of(member.run)) for member in members]
    return between(curves, levels, conditions) if levels else fit_seeds(curves, None, conditions)


def recordings(
    members: Sequence[Member], read: Callable[[Run], Series] = series_of, beside: Sequence[Recording] = ()
) -> list[Recording]:
    """The curves behind critical widths: of each network one.

    read: a run's curves. beside: curves of the same world that are no runs'; a run of their networks is left out.
    """
    curves = list(beside)
    taken = {(curve.depth, curve.width, curve.seed) for curve in beside}
    for member in distinct([one for one in members if one.network not in taken]):
        series, (depth, width, seed) = read(member.run), member.network
        curves.append(Recording(depth, width, seed, *in_order(series.tau, series.nll), member.run.id))
    return curves


def criticality(
    members: Sequence[Member],
    read: Callable[[Run], Series] = series_of,
    copies: int = COPIES,
    beside: Sequence[Recording] = (),
) -> Criticality:
    """Critical widths w_c of runs of one world; each network counts once (Figs. 5-6).

    read, beside: as in `recordings`. copies: artificial sweeps behind the intervals. What is queued or under way is not
    suggested again.
    """
    return critical(recordings(members, read, beside), copies=copies, planned=at_work(members))


def trajectory(run: Run, read: Callable[[Run], Series] = series_of) -> Trajectory:
    """Drift and SGD noise of a run as measured so far; RunError, with what to do, where something is missing."""
    if not run.config().waiting_times:
        raise RunError(
            f"Run {run.id} has no waiting times, so its aging was not measured: "
            "start one with the preset class-aging-under, or with --waiting-times."
        )
    series = read(run)
    known = series.tau[series.gamma > 0]
    end = _KNOWN * float(known[-1]) if len(known) else np.inf
    records = [record for _, record in read_lines(run.aging_path) if _is_sound(record)]
    if records and not (records := [record for record in records if record["tau_w"] + record["tau"] <= end]):
        raise RunError(f"Run {run.id}: Gamma is known up to tau = {known[-1]:.4g} only: metrics.jsonl lacks lines.")
    if not records:
        raise RunError(_not_there_yet(run))
    try:
        return Trajectory.of(records, series.tau, np.where(series.gamma > 0, series.gamma, np.nan))
    except ValueError as error:  # no Gamma
        raise RunError(f"Run {run.id}: {error}") from error


def started_from(member: Member) -> str | None:
    """Id of the run from whose checkpoint a run of steps with waiting times started; None for any other run."""
    if member.start is None or member.config.dynamics != "steps" or not member.config.waiting_times:
        return None
    return str(member.run.origin()["started_from"].get("run"))


def burst_trajectories(members: Sequence[Member], read: Callable[[Run], Series] = series_of) -> list[Trajectory]:
    """Drift and SGD noise of bursts of steps from checkpoints of one network, those of a seed as one trajectory.

    Each burst measures the drift since its own first waiting time, which stands for the proper time of its start.
    RunError where one of them has not been measured.
    """
    seeds: dict[int, list[tuple[int, Trajectory]]] = {}
    for member in members:
        begun = (member.run.origin().get("started_from") or {}).get("step", 0)
        seeds.setdefault(member.config.seed, []).append((int(begun), trajectory(member.run, read)))
    return [_joined(bursts) for _, bursts in sorted(seeds.items())]


def _joined(bursts: Sequence[tuple[int, Trajectory]]) -> Trajectory:
    """One trajectory of bursts that began at some steps of another run: those tell the waiting times apart."""
    first = sorted(((begun, burst.waiting[0], burst.noise) for begun, burst in bursts), key=lambda part: part[1].tau_w)
    noise = [np.concatenate([getattr(one, name) for _, _, one in first]) for name in ("tau", "gamma")]
    return Trajectory([replace(waiting, tau_w_step=begun) for begun, waiting, _ in first], SgdNoise.of(*noise))


def _not_there_yet(run: Run) -> str:
    """Sentence on a run that nothing was measured of after a waiting time: of a flow that is a proper time."""
    config, state = run.config(), run.state()
    flow = config.dynamics == "flow"
    unit, at = ("tau =", state.tau) if flow else ("step", state.step)
    first = min(config.waiting_times)
    if state.status == "finished" and at <= first:
        return (
            f"Run {run.id} ended at {unit} {at:g}, before its first waiting time, {unit} {first}: "
            f"start one with {'a later end' if flow else 'more steps'}, or with shorter waiting times."
        )
    return f"Run {run.id} has not passed its first waiting time, {unit} {first}, yet: let it go on."


def _is_sound(record: dict[str, object]) -> bool:
    """Whether a record has its numbers; a line damaged by hand is left out."""
    values = [record.get(name) for name in _NEEDED]
    kinds = [value for name, value in record.items() if name.startswith("D_")]
    if type(record.get("tau_w_step")) is not int:
        return False
    return all(type(value) in (int, float) and abs(value) < 1e300 for value in [*values, *kinds])  # type: ignore[arg-type]
