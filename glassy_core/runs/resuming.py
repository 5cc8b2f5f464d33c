"""Where a stored run goes on: its last whole checkpoint, and what is known of all that was before."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glassy_core.files import move, read_lines, remove_temporaries, unreadable_lines
from glassy_core.network.rules import rule_of
from glassy_core.runs import checkpoints
from glassy_core.runs.checkpoints import CheckpointError
from glassy_core.runs.run import Run, RunError
from glassy_core.training.ending import Ending
from glassy_core.training.records import Snapshot, fresh


@dataclass(frozen=True)
class ResumePoint:
    """Where the training of a run begins, at its start or after an interruption.

    snapshot: the last checkpoint that is whole, or the network as it is made. references: the snapshots of the waiting
    times passed. ending: where the run ends. nll: in bits, None where none is recorded yet. seconds: of training so
    far. notice: what the reader should know, such as a damaged checkpoint passed over.
    """

    snapshot: Snapshot
    references: list[Snapshot]
    ending: Ending
    nll: float | None
    seconds: float
    notice: str | None

    def covers(self, record: dict[str, Any]) -> bool:
        """Whether a record is of before: the training goes on as if it had just been written."""
        return _covers(self.snapshot, record)


def resume_point(run: Run, edition_digest: str, P: int) -> ResumePoint:
    """Where a run that is locked goes on, with P training transitions of the edition of that digest.

    Removes what a kill left half written, and sets aside what damage has reached. RunError for another edition than
    the run's, CheckpointError where the checkpoints needed are damaged.
    """
    config, state = run.config(), run.state()
    if edition_digest != run.origin()["edition_digest"]:
        raise RunError(
            f"Run {run.id} was started on another version of the {config.edition} edition: "
            "put that file back, or start a new run on this one."
        )
    remove_temporaries(run.checkpoints)  # left by a kill in the middle of a write
    remove_temporaries(run.path, older_than=60.0)  # pages write here too
    latest, damaged = latest_snapshot(run, P)
    snapshot = latest or fresh(config)
    references = _references(run, snapshot)
    notice = _set_aside(run, snapshot.step, damaged)
    seconds = _seconds_before(run, snapshot)
    ending = state.ending if state.steps else Ending(config.steps, config.until, config.stop_nll)
    return ResumePoint(snapshot, references, ending, state.nll, seconds, notice)


def _covers(snapshot: Snapshot, record: dict[str, Any]) -> bool:
    """Whether the checkpoint knows of a record: a fresh start, or a new eta, records its step itself."""
    at_checkpoint = record["step"] == snapshot.step > 0 and record.get("eta", snapshot.eta) == snapshot.eta
    return record["step"] < snapshot.step or at_checkpoint


def latest_snapshot(run: Run, P: int | None = None) -> tuple[Snapshot | None, dict[str, str]]:
    """The last checkpoint that is whole, and a sentence for each damaged one passed over, by its file's name.

    (None, {}) where the run has none yet; CheckpointError where all it has are damaged, or the last is another rule's.
    """
    config = run.config()
    rule, damaged = rule_of(config), dict[str, str]()
    shapes = None if P is None else rule.shapes(config.depth, config.width, P)
    for step in reversed(checkpoints.steps_in(run.checkpoints)):
        path = checkpoints.path_of(run.checkpoints, step)
        try:
            snapshot = checkpoints.read(path, config.depth, config.width, shapes)
        except CheckpointError as error:
            damaged[path.name] = str(error)
            continue
        if rule.is_whole(snapshot.state) or snapshot.step == 0:
            return snapshot, damaged
        if not damaged:
            raise CheckpointError(
                f"Run {run.id} cannot be resumed: {path.name} lacks what its rule of learning keeps between steps. "
                f"Start a new run from its weights: train --from {run.id}."
            )
    if damaged:
        why = next(iter(damaged.values()))
        raise CheckpointError(f"Run {run.id} cannot be resumed: {why} Put a good copy back, or start the run anew.")
    return None, {}


def _references(run: Run, upto: Snapshot) -> list[Snapshot]:
    """The snapshots of the waiting times up to another one; CheckpointError where one is damaged."""
    config = run.config()
    try:
        if config.dynamics == "flow":
            paths = _at_waiting_times(run, upto)
        else:
            paths = [checkpoints.path_of(run.checkpoints, step) for step in config.waiting_times if step <= upto.step]
        return [checkpoints.read(path, config.depth, config.width, {}) for path in paths]
    except CheckpointError as error:
        raise CheckpointError(
            f"Run {run.id} cannot be resumed: {error} The drift from that waiting time is measured against it: "
            "put a good copy back, or start the run anew."
        ) from error


def _at_waiting_times(run: Run, upto: Snapshot) -> list[Path]:
    """The checkpoints of a flow's waiting times up to a snapshot; CheckpointError where one is missing."""
    known = [checkpoints.path_of(run.checkpoints, step) for step in checkpoints.steps_in(run.checkpoints)]
    at = {checkpoints.tau_of(path): path for path in known}
    start = checkpoints.tau_of(checkpoints.path_of(run.checkpoints, 0)) or 0.0
    passed = [float(tau) for tau in run.config().waiting_times if start <= tau <= upto.tau]
    for tau in passed:
        if tau not in at:
            raise CheckpointError(f"The checkpoint of tau = {tau:g} is missing, or cannot be read.")
    return [at[tau] for tau in passed]


def _set_aside(run: Run, step: int, damaged: dict[str, str]) -> str | None:
    """Keep what resuming from a step drops: damaged checkpoints, and files of records that damage has reached.

    Returns what the reader should know of it, after what was known before. A kill in between repeats it or finds
    it done: the copies come first, then the notice, then the new names.
    """
    paths = [path for path in (run.metrics_path, run.aging_path) if path.exists()]
    kept = f"as *.before-step-{step}.jsonl."
    unreadable = {path: n for path in paths if (n := unreadable_lines(path))}
    said = [
        f"{n} unreadable lines of {path.name} are left out; the file is kept {kept}" for path, n in unreadable.items()
    ]
    if damaged:
        said.insert(0, f"Resumed from step {step}: {' '.join(damaged.values())} ")
        said[0] += f"The records after step {step} are made anew; the old ones are kept {kept}"
    state = run.state()
    if not said:
        return state.notice
    for path in paths if damaged else unreadable:
        shutil.copy2(path, path.with_name(f"{path.stem}.before-step-{step}.jsonl"))
    notice = " ".join(dict.fromkeys([state.notice, *said] if state.notice else said))
    run.write_state(replace(state, status="running", notice=notice))
    for name in damaged:
        path = run.checkpoints / name
        move(path, path.with_suffix(".damaged"))
    return notice


def _seconds_before(run: Run, snapshot: Snapshot) -> float:
    """Seconds of training up to the checkpoint."""
    last: dict[str, Any] = {}
    for _, record in read_lines(run.timing_path):
        if _covers(snapshot, record):
            last = record
    return float(last.get("seconds", 0.0))
