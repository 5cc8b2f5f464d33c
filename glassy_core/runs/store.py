"""The run store: sole owner of runs/. One directory a run, in formats anyone can read.

The finished runs that come with glassy, the gallery, lie in data/gallery in the same formats. The default store
shows them behind its own: where a run lies says that it can be looked at only.

config.json    the settings, the edition's digest, versions; never changed after the start
state.json     status, step, heartbeat, speed, error; replaced as a whole
about.json     name, tags, note: what a reader may change
metrics.jsonl  records, appended; timing.jsonl the seconds they took (kept apart: they alone differ
               between two runs of one seed); aging.jsonl the drift of the weights since each waiting time
checkpoints/   see checkpoints.py
control/       requests to the running process: stop, pause, eta.json
lock           held by the one process that trains the run
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import platform
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeGuard, get_type_hints

from glassy_core import __version__, locks
from glassy_core.errors import GlassyError, sentence
from glassy_core.files import ROOT, age, is_text, overwrite_json, read_json, read_lines, write_json
from glassy_core.network.rules import rule_of
from glassy_core.runs import checkpoints
from glassy_core.settings import ConfigError, RunConfig, check_eta, check_name
from glassy_core.training.records import Snapshot

DEFAULT_DIRECTORY = ROOT / "runs"
GALLERY = ROOT / "data" / "gallery"
GALLERY_VARIABLE = "GLASSY_GALLERY_DIR"
TRASH = ".trash"
ACTIVE = ("queued", "running")
STATUSES = ("queued", "running", "stalled", "paused", "stopped", "finished", "failed", "interrupted")
STALE_AFTER = 15.0  # seconds without a heartbeat; one is due every second
DRAFT_KEPT = 3600.0  # seconds after which a run's directory that was never finished is nobody's
MAX_NOTE = 2000
# Copies of the gallery used to lie among the reader's runs, told by the end of their id and a word in config.json.
OLD_SUFFIX = "-gallery"
ARCHIVED = "archived"
MAX_NUMBER = 1e15  # of any number in state.json; none is negative


def directory() -> Path:
    """Where runs are kept: $GLASSY_RUNS_DIR, or runs/ beside the core."""
    return Path(os.environ.get("GLASSY_RUNS_DIR") or DEFAULT_DIRECTORY)


def gallery_directory() -> Path:
    """Where the runs lie that come with glassy: $GLASSY_GALLERY_DIR, or data/gallery."""
    return Path(os.environ.get(GALLERY_VARIABLE) or GALLERY)


class RunError(GlassyError, ValueError):
    """A run cannot be used as asked; the message says which, why and what to do."""


class RunBusyError(RunError):
    """Another process is training the run."""


@dataclass(frozen=True)
class State:
    """What state.json says, with the status a reader should believe."""

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


def _state_from(values: dict[str, Any] | None) -> State:
    """A state as state.json has it; what it cannot be is said as a failure."""
    hints = _hints()
    known = {key: value for key, value in (values or {}).items() if key in hints}
    fits = (
        (isinstance(value, hints[key]) or (type(value) is int and isinstance(0.0, hints[key])))
        and (not isinstance(value, int | float) or 0 <= value < MAX_NUMBER)
        for key, value in known.items()
    )
    if values is None or not all(fits):
        return State(status="failed", error="state.json is missing or unreadable: resume the run to write it anew.")
    return State(**known)


@dataclass(frozen=True)
class Run:
    """One run's directory. shown_in: of a run of the gallery, the directory of the store that shows it."""

    path: Path
    shown_in: Path | None = None

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def store_directory(self) -> Path:
        """The directory of its store, in which what is measured of it can be kept."""
        return self.shown_in or self.path.parent

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def metrics_path(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def aging_path(self) -> Path:
        return self.path / "aging.jsonl"

    @property
    def timing_path(self) -> Path:
        return self.path / "timing.jsonl"

    def config(self) -> RunConfig:
        """The settings; RunError where config.json is missing or unusable."""
        values = self._config_json()
        known = {field.name for field in dataclasses.fields(RunConfig)} | {"format"}
        try:
            return RunConfig.from_json({key: value for key, value in values.items() if key in known})
        except ConfigError as error:
            raise RunError(f"Run {self.id}: {error}") from error

    def origin(self) -> dict[str, Any]:
        """Edition digest, versions and time of creation, as config.json has them."""
        values = self._config_json()
        return {key: values.get(key) for key in ("edition_digest", "versions", "created")}

    @property
    def read_only(self) -> bool:
        """Whether it can be looked at only: it lies in the gallery, or is a copy of a gallery's run as of old."""
        return self.shown_in is not None or (read_json(self.path / "config.json") or {}).get(ARCHIVED) is True

    def check_writable(self) -> None:
        """RunError for a run that can be looked at only."""
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
        state = _state_from(read_json(path))
        if state.status not in STATUSES:
            return dataclasses.replace(state, status="failed", error=f"state.json has the status {state.status!r}.")
        if state.status != "running":
            return state
        fresh, locked = age(path) < STALE_AFTER, self.is_locked()
        if not locked and (not fresh or state.host == platform.node()):
            return dataclasses.replace(state, status="interrupted")
        return state if fresh else dataclasses.replace(state, status="stalled")

    def write_state(self, state: State) -> None:
        """Replace state.json."""
        write_json(self.path / "state.json", dataclasses.asdict(state), durable=False)

    def write_failure(self, state: State) -> None:
        """Replace state.json, or write over it where the disk is full; OSError where neither can be done."""
        try:
            self.write_state(state)
        except OSError:
            overwrite_json(self.path / "state.json", dataclasses.asdict(state))

    def about(self) -> dict[str, Any]:
        """{"name", "tags", "note"}: the reader's own words on the run."""
        values = read_json(self.path / "about.json") or {}
        name, tags, note = values.get("name"), values.get("tags"), values.get("note")
        return {
            # What `describe` would not write (by hand, by others) is not shown either.
            "name": name if _is_name(name) else self.config().label(),
            "tags": [tag for tag in tags if _is_name(tag)] if isinstance(tags, list) else [],
            "note": note[:MAX_NOTE] if isinstance(note, str) else "",
        }

    def describe(self, name: str | None = None, tags: list[str] | None = None, note: str | None = None) -> None:
        """Change name, tags or note; ConfigError for a name that cannot be one."""
        self.check_writable()
        about = self.about()
        if name is not None:
            about["name"] = check_name(name.strip()) or self.config().label()
        if tags is not None:
            about["tags"] = sorted({check_name(tag.strip()) for tag in tags if tag.strip()})
        if note is not None:
            if len(note) > MAX_NOTE:
                raise ConfigError(f"The note has {len(note)} characters: at most {MAX_NOTE} are kept, shorten it.")
            about["note"] = note
        write_json(self.path / "about.json", about)

    def metrics(self, offset: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """Records from a byte offset on, each with the offset to go on from."""
        return read_lines(self.metrics_path, offset)

    def references(self, upto: int) -> list[Snapshot]:
        """The snapshots of the waiting times up to a step; CheckpointError where one is damaged."""
        config = self.config()
        steps = [step for step in config.waiting_times if step <= upto]
        paths = [checkpoints.path_of(self.checkpoints, step) for step in steps]
        try:
            return [checkpoints.read(path, config.depth, config.width, {}) for path in paths]
        except checkpoints.CheckpointError as error:
            raise checkpoints.CheckpointError(
                f"Run {self.id} cannot be resumed: {error} The drift from that waiting time is measured against it: "
                "put a good copy back, or start the run anew."
            ) from error

    # Control: requests that a running process honours within a second.

    def request(self, what: str) -> None:
        """Ask the run to 'stop' or 'pause'; both write a checkpoint first."""
        control = self.path / "control"
        control.mkdir(exist_ok=True)
        (control / what).touch()

    def request_eta(self, eta: float) -> None:
        """Ask the run to go on with another learning rate; ConfigError for an unusable one."""
        control = self.path / "control"
        control.mkdir(exist_ok=True)
        write_json(control / "eta.json", {"eta": check_eta(eta)})

    def requested(self, what: str) -> bool:
        return (self.path / "control" / what).exists()

    def requested_eta(self) -> float | None:
        values = read_json(self.path / "control" / "eta.json")
        try:
            return check_eta(values["eta"]) if values else None
        except (ConfigError, KeyError):
            return None

    def clear_request(self, what: str) -> None:
        (self.path / "control" / what).unlink(missing_ok=True)

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

    def latest_snapshot(self, P: int | None = None) -> tuple[Snapshot | None, dict[str, str]]:
        """The last checkpoint that is whole, and a sentence for each damaged one passed over, by its file's name.

        (None, {}) where the run has none yet; CheckpointError where all it has are damaged.
        """
        config = self.config()
        rule, damaged = rule_of(config), dict[str, str]()
        shapes = None if P is None else rule.shapes(config.depth, config.width, P)
        for step in reversed(checkpoints.steps_in(self.checkpoints)):
            path = checkpoints.path_of(self.checkpoints, step)
            try:
                snapshot = checkpoints.read(path, config.depth, config.width, shapes)
            except checkpoints.CheckpointError as error:
                damaged[path.name] = str(error)
                continue
            if rule.is_whole(snapshot.state) or snapshot.step == 0:
                return snapshot, damaged
        if damaged:
            why = next(iter(damaged.values()))
            raise checkpoints.CheckpointError(
                f"Run {self.id} cannot be resumed: {why} Put a good copy back, or start the run anew."
            )
        return None, {}


def _is_name(value: Any) -> TypeGuard[str]:
    """Whether it can be a run's name or tag."""
    try:
        return isinstance(value, str) and value != "" and check_name(value) == value.strip()
    except ConfigError:
        return False


def open_store(path: Path | None = None) -> RunStore:
    """The store in a directory, by default $GLASSY_RUNS_DIR or runs/, with the gallery where it shows it.

    The default store does. Another one does where $GLASSY_GALLERY_DIR names the gallery to show.
    """
    path = directory() if path is None else path
    asked = bool(os.environ.get(GALLERY_VARIABLE))
    return RunStore(path, gallery_directory() if asked or path.resolve() == DEFAULT_DIRECTORY.resolve() else None)


@dataclass(frozen=True)
class RunStore:
    """All runs under one directory, and behind them those of a gallery, which are only read."""

    directory: Path
    gallery: Path | None = None

    def create(self, config: RunConfig, edition_digest: str, status: str = "queued") -> Run:
        """A new run: its directory appears with config and state already in it.

        status: "queued" gives it to the dispatcher; "paused" leaves it to whoever trains it in the foreground.
        RunError where the store cannot be written.
        """
        stamp = datetime.now(UTC)
        slug = f"{stamp:%Y%m%d-%H%M%S}-d{config.depth}-w{config.width}-s{config.seed}-{secrets.token_hex(2)}"
        draft = self.directory / f".{slug}.new"
        versions = {"glassy": __version__} | {name: version(name) for name in ("torch", "numpy", "numba")}
        origin = {"edition_digest": edition_digest, "versions": versions, "created": stamp.isoformat()}
        path = self.directory / slug
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            for part in (draft, draft / "checkpoints", draft / "control"):
                part.mkdir()
            write_json(draft / "config.json", config.to_json() | origin)
            Run(draft).write_state(State(status, steps=config.steps, eta=config.eta, heartbeat=time.time()))
            draft.rename(path)
        except BaseException as error:
            shutil.rmtree(draft, ignore_errors=True)
            if isinstance(error, OSError):
                why = sentence(OSError(error.errno, error.strerror))  # without the draft's name
                raise RunError(
                    f"Runs cannot be kept in {self.directory}. {why} "
                    "Or name another folder with --runs-dir or GLASSY_RUNS_DIR."
                ) from error
            raise
        return Run(path)

    def clear_drafts(self) -> None:
        """Remove what `create` left behind where it was killed."""
        for draft in self.directory.glob(".*.new"):
            if age(draft) > DRAFT_KEPT:
                shutil.rmtree(draft, ignore_errors=True)

    def runs(self) -> list[Run]:
        """All runs, newest first, those without a usable config among them."""
        runs = {path.name: Run(path, shown_in=self.directory) for path in _subdirectories(self.gallery)}
        for path in _subdirectories(self.directory):
            if not (path.name.endswith(OLD_SUFFIX) and self._is_in_gallery(path.name)):  # else it is shown already
                runs[path.name] = Run(path)
        return [runs[name] for name in sorted(runs, reverse=True)]

    def get(self, run_id: str) -> Run:
        """The run of that id, or whose id begins with it; RunError where it names none, or several."""
        name = run_id.rstrip("/").removeprefix(f"{self.directory}/").removeprefix(f"{self.gallery}/")
        runs = {run.id: run for run in self.runs()}
        if exact := runs.get(name) or runs.get(name.removesuffix(OLD_SUFFIX)):
            return exact
        if not re.fullmatch(r"[\w\-]+", name):
            raise RunError(f"{run_id!r} is not a run's id: ids have letters, digits, - and _ only.")
        fitting = [run for run in runs.values() if run.id.startswith(name)]
        if len(fitting) != 1:
            what = "There is no run" if not fitting else f"{len(fitting)} runs begin with"
            raise RunError(f"{what} {name!r} in {self.directory}: `python -m glassy_core runs` lists them.")
        return fitting[0]

    def named(self, run_id: str) -> Run:
        """The run of exactly that id, whether or not it is there; RunError for what is no directory's name here."""
        if run_id in ("", ".", "..") or run_id.startswith(".") or "/" in run_id or "\0" in run_id:
            raise RunError(
                f"{run_id[:60]!r} is not a run's id: it must be the name of a directory in {self.directory}."
            )
        name = run_id.removesuffix(OLD_SUFFIX) if self._is_in_gallery(run_id) else run_id
        if self.gallery and self._is_in_gallery(name) and not os.path.isdir(self.directory / name):
            return Run(self.gallery / name, shown_in=self.directory)
        return Run(self.directory / name)

    def _is_in_gallery(self, run_id: str) -> bool:
        """Whether the gallery has that run; also by the id that its copy had among the reader's runs."""
        # Not `Path.is_dir`, which raises an error for a name that is too long.
        return self.gallery is not None and os.path.isdir(self.gallery / run_id.removesuffix(OLD_SUFFIX))

    def delete(self, run: Run) -> None:
        """Move a run to the trash; RunError while it is being trained or waits for it, and for one of the gallery."""
        run.check_writable()
        busy = RunError(f"Run {run.id} is running: stop it before deleting it.")
        if run.state().status in (*ACTIVE, "stalled"):
            raise busy
        trash = self.directory / TRASH
        try:
            with run.locked():  # no worker takes it up meanwhile
                trash.mkdir(exist_ok=True)
                run.path.rename(trash / run.id)
        except RunBusyError:
            raise busy from None

    def deleted(self) -> list[Run]:
        """Runs in the trash, newest first."""
        return RunStore(self.directory / TRASH).runs()

    def restore(self, run_id: str) -> Run:
        """Take a run out of the trash."""
        run = RunStore(self.directory / TRASH).get(run_id)
        path = self.directory / run.id
        run.path.rename(path)
        return Run(path)

    def empty_trash(self) -> None:
        """Remove deleted runs for good."""
        shutil.rmtree(self.directory / TRASH, ignore_errors=True)


def _subdirectories(directory: Path | None) -> list[Path]:
    """What can be a run's directory: not hidden, and its name is text, since other bytes could not be shown."""
    if directory is None or not directory.is_dir():
        return []
    names = (path for path in directory.iterdir() if not path.name.startswith(".") and is_text(path.name))
    return [path for path in names if path.is_dir()]
