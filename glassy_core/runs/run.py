"""One run: its directory, in formats anyone can read.

config.json    the settings, the edition's digest, versions; never changed after the start
state.json     status, step, heartbeat, speed, error; replaced as a whole, see state.py
about.json     name, tags, note: what a reader may change
metrics.jsonl  records, appended; timing.jsonl the seconds they took (kept apart: they alone differ
               between two runs of one seed); aging.jsonl the drift of the weights since each waiting time
checkpoints/   see checkpoints.py
control/       requests to the running process: stop, pause, eta.json
probes/        see probes.py
lock           held by the one process that trains the run
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeGuard

from glassy_core import locks
from glassy_core.errors import GlassyError
from glassy_core.files import age, overwrite_json, read_json, read_lines, remove, settled_stamp, write_json
from glassy_core.runs.state import State, read_state
from glassy_core.settings import ConfigError, RunConfig, check_eta, check_name

STALE_AFTER = 15.0  # seconds without a heartbeat; one is due every second
_MAX_NOTE = 2000
ARCHIVED = "archived"  # in config.json of a copy of a gallery's run, as they used to lie among the reader's own


class RunError(GlassyError, ValueError):
    """A run cannot be used as asked; the message says which, why and what to do."""


class RunBusyError(RunError):
    """A run, or a probe of it, is in the hands of another process."""


@dataclass(frozen=True)
class Run:
    """One run's directory. shown_in: of a run of the gallery, the directory of the store that shows it."""

    path: Path
    shown_in: Path | None = None

    @property
    def id(self) -> str:
        """Name of its directory."""
        return self.path.name

    @property
    def store_directory(self) -> Path:
        """The directory of its store, in which what is measured of it can be kept."""
        return self.shown_in or self.path.parent

    @property
    def checkpoints(self) -> Path:
        """Directory of its checkpoints."""
        return self.path / "checkpoints"

    @property
    def metrics_path(self) -> Path:
        """File of its records."""
        return self.path / "metrics.jsonl"

    @property
    def aging_path(self) -> Path:
        """File of the weights' drift since each waiting time."""
        return self.path / "aging.jsonl"

    @property
    def timing_path(self) -> Path:
        """File of the seconds that its records took."""
        return self.path / "timing.jsonl"

    def config(self) -> RunConfig:
        """Settings of the run; RunError where config.json is missing or unusable."""
        stamp = settled_stamp(self.path / "config.json")
        return self._read_config() if stamp is None else _kept_config(self, stamp)

    def _read_config(self) -> RunConfig:
        values = self._config_json()
        known = {field.name for field in fields(RunConfig)} | {"format"}
        try:
            return RunConfig.from_json({key: value for key, value in values.items() if key in known})
        except ConfigError as error:
            raise RunError(f"Run {self.id}: {error}") from error

    def origin(self) -> dict[str, Any]:
        """Edition's digest, versions, time of creation and start, as config.json has them; RunError without it.

        started_from: of a run that began at another one's checkpoint, its {"run", "step", "tau"}; else absent.
        """
        values = self._config_json()
        origin = {key: values.get(key) for key in ("edition_digest", "versions", "created")}
        start = values.get("started_from")
        return origin | ({"started_from": start} if isinstance(start, dict) else {})

    @property
    def read_only(self) -> bool:
        """Whether it can be looked at only: it lies in the gallery, or is a copy of a gallery's run as of old."""
        return self.shown_in is not None or (read_json(self.path / "config.json") or {}).get(ARCHIVED) is True

    def check_writable(self) -> None:
        """Raise RunError for a run that can be looked at only."""
        if self.read_only:
            raise RunError(
                f"Run {self.id} belongs to the gallery, which is there to be looked at: clone its settings and start "
                "a run of your own."
            )

    def _config_json(self) -> dict[str, Any]:
        values = read_json(self.path / "config.json")
        if values is None:
            raise RunError(
                f"Run {self.id} has no readable config.json: put the file back, or delete the run; "
                "nothing in its directory was touched."
            )
        return values

    def state(self) -> State:
        """The state as written, its status corrected by the heartbeat and the lock.

        A heartbeat is a writing of state.json. Its age is taken from the file's stamp, not from the writer's clock,
        which may be an hour off; so is its own lock what tells of a run on this machine. Another machine's lock may
        not be seen here: then the heartbeat alone counts.
        """
        path = self.path / "state.json"
        state = read_state(path)
        if state.status != "running":
            return state
        fresh, locked = age(path) < STALE_AFTER, self.is_locked()
        if not locked and (not fresh or state.host == platform.node()):
            return replace(state, status="interrupted")
        return state if fresh else replace(state, status="stalled")

    def write_state(self, state: State) -> None:
        """Replace state.json, not flushed to the disk."""
        write_json(self.path / "state.json", asdict(state), durable=False)

    def write_failure(self, state: State) -> None:
        """Replace state.json, or write over it where the disk is full; OSError where neither can be done."""
        try:
            self.write_state(state)
        except OSError:
            overwrite_json(self.path / "state.json", asdict(state))

    def about(self) -> dict[str, Any]:
        """{"name", "tags", "note"}: the reader's own words on the run."""
        values = read_json(self.path / "about.json") or {}
        name, tags, note = values.get("name"), values.get("tags"), values.get("note")
        return {
            # What `describe` would not write (by hand, by others) is not shown either.
            "name": name if _is_name(name) else self.config().label(),
            "tags": [tag for tag in tags if _is_name(tag)] if isinstance(tags, list) else [],
            "note": note[:_MAX_NOTE] if isinstance(note, str) else "",
        }

    def describe(self, name: str | None = None, tags: list[str] | None = None, note: str | None = None) -> None:
        """Change name, tags or note; ConfigError for a name, or a note too long, RunError for a run of the gallery."""
        self.check_writable()
        about = self.about()
        if name is not None:
            about["name"] = check_name(name.strip()) or self.config().label()
        if tags is not None:
            about["tags"] = sorted({check_name(tag.strip()) for tag in tags if tag.strip()})
        if note is not None:
            if len(note) > _MAX_NOTE:
                raise ConfigError(f"The note has {len(note)} characters: at most {_MAX_NOTE} are kept, shorten it.")
            about["note"] = note
        write_json(self.path / "about.json", about)

    def metrics(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Records of metrics.jsonl, each with the byte offset of its end."""
        return read_lines(self.metrics_path)

    # Control: requests that a running process honours within a second, a flow after its present step.

    def request(self, what: str) -> None:
        """Ask the run to 'stop' or 'pause'; both write a checkpoint first. RunError for one of the gallery."""
        self.check_writable()
        control = self.path / "control"
        control.mkdir(exist_ok=True)
        (control / what).touch()

    def request_eta(self, eta: float) -> None:
        """Ask the run to go on with another learning rate; ConfigError for an unusable one, RunError as `request`."""
        self.check_writable()
        control = self.path / "control"
        control.mkdir(exist_ok=True)
        write_json(control / "eta.json", {"eta": check_eta(eta)})

    def requested(self, what: str) -> bool:
        """Whether 'stop' or 'pause' has been asked for, and not cleared since."""
        return (self.path / "control" / what).exists()

    def requested_eta(self) -> float | None:
        """Learning rate that has been asked for; None where none was, or what was is unusable."""
        values = read_json(self.path / "control" / "eta.json")
        try:
            return check_eta(values["eta"]) if values else None
        except (ConfigError, KeyError):
            return None

    def clear_request(self, what: str) -> None:
        """Forget a request: 'stop', 'pause' or 'eta.json'; nothing where there is none."""
        remove(self.path / "control" / what)

    # The lock goes away with the process that holds it, however that ends.

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run's lock; RunBusyError where another process has it."""
        with locks.hold(self.path / "lock") as held:
            if not held:
                raise RunBusyError(f"Run {self.id} is being trained by another process: stop it there first.")
            yield

    def is_locked(self) -> bool:
        """Whether a process trains the run."""
        return locks.is_held(self.path / "lock")


def _is_name(value: Any) -> TypeGuard[str]:
    """Whether it can be a run's name or tag."""
    try:
        return isinstance(value, str) and value != "" and check_name(value) == value.strip()
    except ConfigError:
        return False


@lru_cache(maxsize=8192)
def _kept_config(run: Run, stamp: tuple[int, int, int]) -> RunConfig:
    """Not read again while the file has not changed: pages ask for the settings of thousands of runs."""
    return run._read_config()
