"""Noise probes of stored runs: measured in a process of their own, kept beside the run they are of.

runs/<id>/probes/, and for a run of the gallery, which is only read, runs/.probes/<id>/
    step-<12 digits>-p<size>-...-in-<steps>-steps.json    a result, see `probe.Probe`
    the same with .progress             {"done", "total", "at"}, or {"error"} where it came to nothing
    the same with .lock                 held by the process that measures
Older results have blanks for the last three hyphens.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassy_core import locks, processes
from glassy_core.editions.encoding import Transitions
from glassy_core.editions.loading import load_edition
from glassy_core.files import read_json, remove, write_json
from glassy_core.network.rules import rule_of
from glassy_core.runs import checkpoints
from glassy_core.runs.run import Run, RunBusyError, RunError
from glassy_core.runs.starting import checkpoint
from glassy_core.runs.store import GALLERY_VARIABLE
from glassy_core.training.probe import STEPS, Probe, Progress, Size, check_sizes, probe

_START_WITHIN = 60.0  # seconds until a new process has taken its lock
_SAY_EVERY = 0.3  # seconds between words on the progress
_NAME = re.compile(r"step-(\d{12})((?:-p(?:\d{1,9}|all))+)([ -])in\3(\d+)\3steps")  # with blanks as of old


@dataclass(frozen=True)
class Measured:
    """What a probe measures, as its file's name says it: the checkpoint's step, minibatch sizes, consecutive steps."""

    step: int
    sizes: tuple[Size, ...]
    steps: int

    @classmethod
    def of(cls, path: Path) -> Measured | None:
        """The inverse of `path_of`; None for a file that is no probe's."""
        if not (parts := _NAME.fullmatch(path.stem)):
            return None
        sizes = re.findall(r"-p(\d+|all)", parts[2])
        return cls(int(parts[1]), tuple("all" if size == "all" else int(size) for size in sizes), int(parts[4]))


@dataclass(frozen=True)
class Attempt:
    """A probe that is being measured, or came to nothing.

    share: of the steps done, 0..1. error: one sentence, None while it is at work.
    """

    path: Path
    share: float
    error: str | None

    @property
    def step(self) -> int:
        """Step of the checkpoint from which it is measured."""
        measured = Measured.of(self.path)
        return measured.step if measured else 0


def starting_points(run: Run) -> dict[int, bool]:
    """Steps of the run's checkpoints, ascending, each with whether a probe from it knows all that learning needs.

    Older checkpoints hold the weights only: the delayed gradient then begins with deltas of zero.
    """
    config, steps = run.config(), checkpoints.steps_in(run.checkpoints)
    needed = set(rule_of(config).shapes(config.depth, config.width, 1))
    paths = {step: checkpoints.path_of(run.checkpoints, step) for step in steps}
    return {step: step == 0 or needed <= checkpoints.names_in(path) for step, path in paths.items()}


def path_of(run: Run, step: int, sizes: Sequence[Size], steps: int = STEPS) -> Path:
    """File of a probe's result: each step, choice of sizes and number of steps has one of its own."""
    name = "-".join([f"step-{step:012d}", *(f"p{size}" for size in check_sizes(sizes))])
    return directory(run) / f"{name}-in-{steps}-steps.json"


def directory(run: Run) -> Path:
    """Where what is measured of a run is kept."""
    return run.shown_in / ".probes" / run.id if run.shown_in else run.path / "probes"


def kept(run: Run) -> list[Path]:
    """Files of all results of a run, latest step last; of two of the same probe the later one."""
    results = {path.stem.replace(" ", "-"): path for path in _named(run, "json")}
    return [results[name] for name in sorted(results)]


def _named(run: Run, suffix: str) -> list[Path]:
    """Files whose names are `path_of`'s, now or as of old; others that lie there are nobody's results."""
    return [path for path in files(run, f"step-*.{suffix}") if _NAME.fullmatch(path.stem)]


def files(run: Run, pattern: str) -> list[Path]:
    """Files of what is measured of a run: those that came with it, then the reader's own."""
    places = dict.fromkeys([run.path / "probes", directory(run)])
    return [path for place in places for path in sorted(place.glob(pattern))]


def load(path: Path) -> Probe:
    """The probe in a result's file; RunError where it holds none."""
    values = read_json(path)
    try:
        return Probe.from_json(values or {})
    except ValueError as error:
        raise RunError(f"{path.name}: {error}") from error


def attempts(run: Run) -> list[Attempt]:
    """The probes of a run that are at work, or failed, by step."""
    return [_attempt(path) for path in _named(run, "progress")]


def _attempt(path: Path) -> Attempt:
    values = read_json(path) or {}
    error = values.get("error")
    done, total, at = (_number(values.get(name)) for name in ("done", "total", "at"))
    recent = time.time() - at < _START_WITHIN
    if error is None and not locks.is_held(path.with_suffix(".lock")) and not (done == 0 and recent):
        error = "The probe's process ended before it was done: start it again."
    share = min(done / total, 1.0) if total else 0.0
    return Attempt(path.with_suffix(".json"), share, None if error is None else str(error))


def _number(value: Any) -> float:
    """value where it is a number that a progress can have, else 0."""
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e15 else 0.0


def forget(attempt: Attempt) -> None:
    """Remove what is left of a failed attempt."""
    remove(attempt.path.with_suffix(".progress"))


def start(run: Run, step: int, sizes: Sequence[Size], steps: int = STEPS) -> None:
    """Start a process that measures a probe; returns at once. ConfigError or RunError for what cannot be measured."""
    path = path_of(run, step, sizes, steps)
    checkpoint(run, step)
    path.parent.mkdir(parents=True, exist_ok=True)
    if locks.is_held(path.with_suffix(".lock")):
        raise RunBusyError("This probe is being measured already.")
    _say(path, 0, steps * len(check_sizes(sizes)))
    command = ["probe", run.id, "--runs-dir", str(run.store_directory)]
    options = ["--step", str(step), "--steps", str(steps), "--sizes", ",".join(map(str, sizes))]
    with open(path.with_suffix(".log"), "wb") as log:
        processes.start(command + options, log, {GALLERY_VARIABLE: str(run.path.parent)} if run.shown_in else None)


def measure(
    run: Run,
    step: int | None,
    sizes: Sequence[Size],
    steps: int = STEPS,
    progress: Progress | None = None,
    eta: float | None = None,
) -> Path:
    """Measure a probe in this process and keep the result; returns its file. eta: other than the checkpoint's.

    Raises RunBusyError where another process measures the same, and what `probe` raises.
    """
    snapshot = checkpoint(run, step)
    path = path_of(run, snapshot.step, sizes, steps)
    with held(path):
        said = 0.0

        def say(done: int, total: int) -> None:
            nonlocal said
            if progress:
                progress(done, total)
            if time.monotonic() - said > _SAY_EVERY:
                said = time.monotonic()
                _say(path, done, total)

        try:
            config, data = run.config(), training_data(run)
            result = probe(config, snapshot, data, sizes, steps, say, eta)
            write_json(path, result.to_json(), durable=False)
        except Exception as error:
            with contextlib.suppress(OSError):
                write_json(path.with_suffix(".progress"), {"error": str(error) or type(error).__name__}, durable=False)
            raise
        remove(path.with_suffix(".progress"))
        with contextlib.suppress(PermissionError):  # on Windows, where this process writes its own words there
            path.with_suffix(".log").unlink(missing_ok=True)
    return path


def training_data(run: Run) -> Transitions:
    """The transitions that a run learns; RunError where they are not those of its edition any more."""
    config = run.config()
    edition = load_edition(config.edition)
    if edition.digest != run.origin()["edition_digest"]:
        raise RunError(f"Run {run.id} was trained on another version of the {config.edition} edition.")
    return Transitions.pack(edition.first(config.chorales), config.scaling)


def _say(path: Path, done: int, total: int) -> None:
    values = {"done": done, "total": total, "at": time.time()}
    write_json(path.with_suffix(".progress"), values, durable=False)


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a probe's lock; RunBusyError where another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.hold(path.with_suffix(".lock")) as is_ours:
        if not is_ours:
            raise RunBusyError("This probe is being measured already.")
        yield
