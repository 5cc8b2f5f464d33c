"""What state.json of a run says: how far it is, and whether it is at work."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, get_type_hints

from glassy_core.files import read_json, settled_stamp
from glassy_core.training.ending import Ending

ACTIVE = ("queued", "running")
BUSY = (*ACTIVE, "stalled", "interrupted")  # what changes without the reader's doing
STATUSES = ("queued", "running", "stalled", "paused", "stopped", "finished", "failed", "interrupted")
_EARLY = 1.0  # tau from which on a flow's progress is counted in log tau
_MAX_NUMBER = 1e15  # of any number in state.json; none is negative


@dataclass(frozen=True)
class State:
    """Standing of a run as state.json has it, with the status a reader should believe."""

    status: str = "queued"
    step: int = 0
    steps: int = 0  # where the run ends; at first the config's
    heartbeat: float = 0.0  # seconds since the epoch, by the clock of the machine that wrote it
    speed: float | None = None  # steps per second
    eta: float | None = None
    tau: float = 0.0
    nll: float | None = None
    seconds: float = 0.0  # of training so far
    error: str | None = None
    until: float = 0.0  # proper time, and
    stop_nll: float = 0.0  # bits, at which the run ends, too; 0: not by that
    evaluations: int = 0  # of a flow's velocity so far
    left: float | None = None  # seconds until a flow is at its end, by its progress in log tau
    notice: str | None = None  # something the reader should know, such as a damaged checkpoint passed over
    host: str | None = None
    pid: int | None = None

    @property
    def ending(self) -> Ending:
        """Where the run ends."""
        return Ending(self.steps, self.until, self.stop_nll)

    @property
    def is_flow(self) -> bool:
        """Whether the run is a flow, which has no learning rate."""
        return self.eta == 0

    @property
    def has_more_to_do(self) -> bool:
        """Whether resuming makes sense; a run that came to its end, but not to say so, still has to."""
        return not self.ending.reached(self.step, self.tau, self.nll) or self.status != "finished"

    @property
    def progress(self) -> float:
        """The part of the way to the end that is done, 0..1: of the steps, or in log tau for a flow."""
        if self.status == "finished" and not self.has_more_to_do:
            return 1.0
        done = self.step / self.steps if self.steps else 0.0
        if self.is_flow and self.until:
            done = max(done, math.log1p(self.tau / _EARLY) / math.log1p(self.until / _EARLY))
        elif self.until:
            done = max(done, self.tau / self.until)
        return min(done, 1.0)

    @property
    def remaining(self) -> float | None:
        """Seconds until the run is finished, at its present speed, if it does not reach its NLL before."""
        if self.status != "running" or not self.speed:
            return None
        if self.is_flow:
            return self.left
        steps: float = self.steps - self.step
        if self.until and self.eta:
            steps = min(steps, max(self.until - self.tau, 0) / self.eta)
        return steps / self.speed


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(State)


def read_state(path: Path) -> State:
    """State in a file; what cannot be read as one comes as a failed run with an error for the reader.

    A file that has not changed is not read again: pages ask for the states of thousands of runs.
    """
    stamp = settled_stamp(path)
    try:
        return _read(path) if stamp is None else _kept(path, stamp)
    except LookupError:
        return _UNREADABLE


@lru_cache(maxsize=8192)
def _kept(path: Path, stamp: tuple[int, int, int]) -> State:
    state = _read(path)
    if state is _UNREADABLE:
        raise LookupError("It is not kept: this may be a disk's bad moment.")
    return state


_UNREADABLE = State(status="failed", error="state.json is missing or unreadable: resume the run to write it anew.")


def _read(path: Path) -> State:
    values, hints = read_json(path), _hints()
    known = {key: value for key, value in (values or {}).items() if key in hints}
    fits = (
        (isinstance(value, hints[key]) or (type(value) is int and isinstance(0.0, hints[key])))
        and (not isinstance(value, int | float) or 0 <= value < _MAX_NUMBER)
        for key, value in known.items()
    )
    if values is None or not all(fits):
        return _UNREADABLE
    state = State(**known)
    if state.status not in STATUSES:
        return replace(state, status="failed", error=f"state.json has the status {state.status!r}.")
    return state
