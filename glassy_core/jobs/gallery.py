"""The gallery: finished runs that come with glassy, so that every page shows something real when it is first opened.

They are made in a store of their own at full length and then copied into data/gallery in the same formats, small:
records thinned, numbers rounded, of the checkpoints only the weights at a few steps. Such a copy cannot be resumed.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from glassy_core.editions.loading import load_edition
from glassy_core.files import move, read_lines, remove, write_json
from glassy_core.jobs import dispatcher
from glassy_core.jobs.exhibits import Exhibit, exhibits
from glassy_core.jobs.speed import steps_per_second
from glassy_core.jobs.sweeps import existing_runs
from glassy_core.runs import checkpoints, clones, probes, scaling, spectra
from glassy_core.runs.records import best_speed, read_series
from glassy_core.runs.run import Run, RunError
from glassy_core.runs.starting import Start, start_from
from glassy_core.runs.state import State
from glassy_core.runs.store import RunStore, gallery_directory
from glassy_core.settings import RunConfig
from glassy_core.training.probe import SIZES, Probe

TAG = "gallery"
PER_DECADE = 90  # records kept
_DIGITS = 6  # of every number kept
_CHECKPOINT_FACTOR = 8  # between the steps, or proper times, of the checkpoints kept of an aging run
_LOOK_EVERY = 5.0  # seconds between looks at the work under way


@dataclass(frozen=True)
class ExhibitProgress:
    """How far one exhibit is in the store where it is made.

    done, of: learning steps made and to be made; of a flow proper times. seconds: of training so far. left: seconds to
    its end, None where that is not known.
    """

    exhibit: Exhibit
    run: Run | None
    done: float
    of: float
    seconds: float
    left: float | None


def standings(store: RunStore, which: str = "all") -> Iterator[ExhibitProgress]:
    """Every exhibit with what there is of it; the time left is measured on this machine where nothing has begun.

    How many evaluations a flow takes is known from the gallery's own one.
    """
    wanted = exhibits(which)
    copies = dict(zip(wanted, _found(RunStore(gallery_directory()), wanted), strict=True))
    for exhibit, run in _found(store, wanted):
        state = run.state() if run else State(steps=exhibit.config.steps, until=exhibit.config.until)
        if exhibit.config.dynamics == "flow":
            left = _left_of_flow(exhibit, state, copies[exhibit][1], store)
            yield ExhibitProgress(exhibit, run, state.tau, state.until, state.seconds, left)
            continue
        missing = max(state.steps - state.step, 0)
        left = missing / _speed(exhibit, run, store) if missing else 0.0
        yield ExhibitProgress(exhibit, run, state.step, state.steps, state.seconds, left)


def _left_of_flow(exhibit: Exhibit, state: State, copy: Run | None, store: RunStore) -> float | None:
    """Seconds to the end of a flow, by the evaluations that the gallery's one took; None where there is none."""
    if state.status == "finished":
        return 0.0
    if copy is None or (made := copy.state()).status != "finished":
        return None
    return max(made.evaluations - state.evaluations, 0) / steps_per_second(exhibit.config, store.directory)


def _speed(exhibit: Exhibit, run: Run | None, store: RunStore) -> float:
    known = best_speed(read_series(run.metrics_path, run.timing_path)) if run else None
    return known or steps_per_second(exhibit.config, store.directory)


def make(store: RunStore, which: str = "all", progress: Callable[[int, int], None] | None = None) -> None:
    """Make or prolong the exhibits there with the store's workers; returns when all have ended.

    progress gets the runs' progress, each 0 to 100, summed, and what it is when all are done.
    """
    wanted = exhibits(which)
    _make([exhibit for exhibit in wanted if exhibit.source is None], store, progress)
    _make([exhibit for exhibit in wanted if exhibit.source is not None], store, progress)  # from those just made


def _make(wanted: Sequence[Exhibit], store: RunStore, progress: Callable[[int, int], None] | None) -> None:
    runs = []
    for exhibit, run in _found(store, wanted):
        if run is None:
            digest = load_edition(exhibit.config.edition).digest
            run = store.create(exhibit.config, digest, start=_start(exhibit, store))
        elif run.state().status in ("stopped", "paused", "failed") and run.state().has_more_to_do:
            dispatcher.resume(store, run)
        runs.append(run)
    while True:
        states = [run.state() for run in runs]
        if progress:
            progress(round(sum(100 * state.progress for state in states)), 100 * len(states))
        if all(state.status in ("finished", "stopped", "paused", "failed") for state in states):
            return
        dispatcher.ensure_dispatcher(store)
        time.sleep(_LOOK_EVERY)


def _start(exhibit: Exhibit, store: RunStore) -> Start | None:
    """What an exhibit goes on from; RunError where that run, or its checkpoint at that tau, is not there."""
    if exhibit.source is None:
        return None
    config, tau = exhibit.source
    run = next((one for one in store.runs() if one.config() == config), None)
    for step in checkpoints.steps_in(run.checkpoints) if run else ():
        if run and _tau(run, step) == tau:
            return start_from(run, exhibit.config, step)
    raise RunError(f"There is no checkpoint at tau = {tau:g} of {config.label()}: make the part 'flows' first.")


def export(source: RunStore, target: Path, which: str = "all") -> list[Run]:
    """Copy what is made of the exhibits into a gallery's directory, in place of earlier copies of the same run.

    Returns the copies, which keep their runs' ids. RunError where one is being trained.
    """
    found = [(exhibit, run) for exhibit, run in _found(source, exhibits(which)) if run and run.state().step > 0]
    return [_copy(exhibit, run, target) for exhibit, run in found if run]


def _found(store: RunStore, wanted: Sequence[Exhibit]) -> list[tuple[Exhibit, Run | None]]:
    digests = {edition: load_edition(edition).digest for edition in {exhibit.config.edition for exhibit in wanted}}
    existing: dict[RunConfig, Run] = {}
    for (edition, digest), started in product(digests.items(), (False, True)):
        of_kind = [exhibit.config for exhibit in wanted if (exhibit.source is not None) == started]
        configs = [config for config in of_kind if config.edition == edition]
        existing |= existing_runs(store, configs, digest, started)
    return [(exhibit, existing.get(exhibit.config)) for exhibit in wanted]


def _copy(exhibit: Exhibit, run: Run, target: Path) -> Run:
    if run.is_locked():
        raise RunError(f"Run {run.id} is running: stop it before it is copied.")
    copy = Run(target / run.id)
    draft = Run(target / f".{run.id}.new")
    shutil.rmtree(draft.path, ignore_errors=True)
    draft.checkpoints.mkdir(parents=True)
    write_json(draft.path / "config.json", exhibit.config.to_json() | run.origin())
    write_json(draft.path / "about.json", run.about() | {"tags": [TAG]})
    draft.write_state(replace(run.state(), host=None, pid=None, speed=None, error=None, notice=None))
    _copy_records(run, draft)
    _copy_checkpoints(exhibit, run, draft)
    _measure(exhibit, run, draft)
    shutil.rmtree(copy.path, ignore_errors=True)
    move(draft.path, copy.path)
    return copy


def _probes(run: Run) -> list[Probe]:
    return [probes.load(path) for path in probes.kept(run)]


def _measure(exhibit: Exhibit, run: Run, copy: Run) -> None:
    """Noise probes and clones, from the copy's weights: what is shown of a copy can be measured from it.

    Spectra are those of the run itself, of whose checkpoints the copy may have fewer.
    """
    kept = checkpoints.steps_in(copy.checkpoints)
    at = _times(exhibit, copy)
    measured = [
        probes.measure(copy, probe.step, [trace.batch_size for trace in probe.traces], probe.steps, eta=probe.eta)
        for probe in _probes(run)
        if probe.step in kept
    ]
    for wanted in (it for it in exhibit.probes if it.at in at):
        if not probes.path_of(copy, at[wanted.at], SIZES, wanted.steps).exists():
            measured.append(probes.measure(copy, at[wanted.at], SIZES, wanted.steps, eta=wanted.eta))
    for wanted in (it for it in exhibit.clones if it.at in at):
        measured.append(clones.measure(copy, at[wanted.at], steps=wanted.steps, eta=wanted.eta))
    for path in measured:
        remove(path.with_suffix(".lock"))
    if exhibit.sharpness:
        for step in spectra.wanted(run):
            spectra.measure(run, step, *spectra.FOR_SHARPNESS)
    for path in spectra.kept(run):
        copied = spectra.path_of(copy, spectra.load(path).step)
        copied.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copied)


def _copy_records(run: Run, copy: Run) -> None:
    """Records at log-spaced steps, and all those of aging and of a flow, which are few."""
    if run.config().dynamics == "flow":
        _write_lines(copy.metrics_path, (record for _, record in run.metrics()))
        _write_lines(copy.timing_path, (record for _, record in read_lines(run.timing_path)))
        _copy_aging(run, copy)
        return
    records = {record["step"]: record for _, record in run.metrics()}
    kept = thinned(sorted(records)) | thinned([step for step, record in records.items() if "gamma" in record])
    _write_lines(copy.metrics_path, (record for step, record in sorted(records.items()) if step in kept))
    timing = (record for _, record in read_lines(run.timing_path) if record["step"] in kept)
    _write_lines(copy.timing_path, timing)
    _copy_aging(run, copy)


def _copy_aging(run: Run, copy: Run) -> None:
    if run.aging_path.exists():
        _write_lines(copy.aging_path, (record for _, record in read_lines(run.aging_path)))


def thinned(steps: Sequence[int]) -> set[int]:
    """Of ascending steps those next to a grid of PER_DECADE a decade, the first and the last among them."""
    if not steps:
        return set()
    array = np.array(steps)
    low, high = max(int(array[0]), 1), max(int(array[-1]), 1)
    grid = np.geomspace(low, high, max(int(PER_DECADE * np.log10(high / low)), 1) + 1)
    places = np.clip(np.searchsorted(array, grid), 1, len(array) - 1) if len(array) > 1 else np.array([0])
    nearer = places - (grid - array[places - 1] < array[places] - grid) if len(array) > 1 else places
    return {int(array[0]), int(array[-1]), *array[nearer].tolist()}


def _write_lines(path: Path, records: Iterator[dict[str, Any]]) -> None:
    path.write_bytes("".join(json.dumps(_rounded(record)) + "\n" for record in records).encode())


def _rounded(record: dict[str, Any]) -> dict[str, Any]:
    return {k: float(f"{v:.{_DIGITS}g}") if isinstance(v, float) else v for k, v in record.items()}


def _copy_checkpoints(exhibit: Exhibit, run: Run, copy: Run) -> None:
    """Weights alone: the deltas that resuming would need are many times as large."""
    steps, config = checkpoints.steps_in(run.checkpoints), exhibit.config
    if exhibit.checkpoints == "none" or not steps:
        return
    scaling.keep(copy, scaling.kept(run) or probes.training_data(run).scaling)  # its network sings without its data
    times = _times(exhibit, run)
    kept = {steps[-1]} | {probe.step for probe in _probes(run) if probe.step in steps}
    kept |= {times[wanted.at] for wanted in (*exhibit.probes, *exhibit.clones) if wanted.at in times}
    if exhibit.checkpoints == "along tau":
        kept |= _along_tau(config, times)
    for step in sorted(kept):
        snapshot = checkpoints.read(checkpoints.path_of(run.checkpoints, step), config.depth, config.width)
        checkpoints.write(copy.checkpoints, replace(snapshot, state={}))


def _times(exhibit: Exhibit, run: Run) -> dict[float, int]:
    """Steps of a run's checkpoints, by step, of a flow by proper time."""
    flow = exhibit.config.dynamics == "flow"
    return {_tau(run, step) if flow else float(step): step for step in checkpoints.steps_in(run.checkpoints)}


def _along_tau(config: RunConfig, steps: Mapping[float, int]) -> set[int]:
    """Of steps by ascending time some, ever further apart, and the first; of a flow with its waiting times."""
    flow, first, place = config.dynamics == "flow", min(steps), max(steps)
    kept = {steps[first]} | {step for tau, step in steps.items() if flow and tau in config.waiting_times}
    while place >= 1:
        kept.add(steps[max((time for time in steps if time <= place), default=first)])
        place = place / _CHECKPOINT_FACTOR if flow else place // _CHECKPOINT_FACTOR
    return kept


def _tau(run: Run, step: int) -> float:
    return checkpoints.tau_of(checkpoints.path_of(run.checkpoints, step)) or 0.0
