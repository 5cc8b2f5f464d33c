"""What state.json of a run says: how far it is, and whether it is at work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from glassy_core.files import read_json

ACTIVE = ("queued", "running")
STATUSES = ("queued", "running", "stalled", "paused", "stopped", "finished", "failed", "interrupted")
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
    notice: str | None = None  # something the reader should know, such as a damaged checkpoint passed over
    host: str | None = None
    pid: int | None = None

    @property
    def has_more_to_do(self) -> bool:
        """Whether resuming makes sense; a run that ended at its last step, but before it said so, still has to."""
        return self.step < self.steps or self.status != "finished"

    @property
    def remaining(self) -> float | None:
        """Seconds until the run is finished, at its present speed."""
        return (self.steps - self.step) / self.speed if self.speed and self.status == "running" else None


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(State)


def read_state(path: Path) -> State:
    """State in a file; what cannot be read as one comes as a failed run with an error for the reader."""
    values, hints = read_json(path), _hints()
    known = {key: value for key, value in (values or {}).items() if key in hints}
    fits = (
        (isinstance(value, hints[key]) or (type(value) is int and isinstance(0.0, hints[key])))
        and (not isinstance(value, int | float) or 0 <= value < _MAX_NUMBER)
        for key, value in known.items()
    )
    if values is None or not all(fits):
        return State(status="failed", error="state.json is missing or unreadable: resume the run to write it anew.")
    state = State(**known)
    if state.status not in STATUSES:
        return replace(state, status="failed", error=f"state.json has the status {state.status!r}.")
    return state
