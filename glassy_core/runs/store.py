"""The run store: sole owner of runs/, where each run has a directory, see run.py.

The finished runs that come with glassy, the gallery, lie in data/gallery in the same formats. The default store
shows them behind its own: where a run lies says that it can be looked at only.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from glassy_core import __version__
from glassy_core.errors import sentence
from glassy_core.files import ROOT, age, is_text, move, package_version, write_json
from glassy_core.runs import checkpoints
from glassy_core.runs.run import Run, RunBusyError, RunError
from glassy_core.runs.starting import Start
from glassy_core.runs.state import ACTIVE, State
from glassy_core.settings import RunConfig

DEFAULT_DIRECTORY = ROOT / "runs"
GALLERY = ROOT / "data" / "gallery"
GALLERY_VARIABLE = "GLASSY_GALLERY_DIR"
OLD_SUFFIX = "-gallery"  # of the ids of the gallery's runs, when their copies lay among the reader's own
_TRASH = ".trash"
_DRAFT_KEPT = 3600.0  # seconds after which a run's directory that was never finished is nobody's


def directory() -> Path:
    """Directory of the reader's runs: $GLASSY_RUNS_DIR, or runs/ beside the core."""
    return Path(os.environ.get("GLASSY_RUNS_DIR") or DEFAULT_DIRECTORY)


def gallery_directory() -> Path:
    """Directory of the runs that come with glassy: $GLASSY_GALLERY_DIR, or data/gallery."""
    return Path(os.environ.get(GALLERY_VARIABLE) or GALLERY)


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

    def create(self, config: RunConfig, edition_digest: str, status: str = "queued", start: Start | None = None) -> Run:
        """Make a new run: its directory appears with config and state already in it.

        status: "queued" gives it to the dispatcher; "paused" leaves it to whoever trains it in the foreground.
        start: what it goes on from, where that is another run's checkpoint. RunError where the store cannot be written.
        """
        stamp = datetime.now(UTC)
        slug = f"{stamp:%Y%m%d-%H%M%S}-d{config.depth}-w{config.width}-s{config.seed}-{secrets.token_hex(2)}"
        draft = self.directory / f".{slug}.new"
        versions = {"glassy": __version__} | {name: package_version(name) for name in ("torch", "numpy", "numba")}
        origin: dict[str, Any] = {
            "edition_digest": edition_digest, "versions": versions, "created": stamp.isoformat(),
        }  # fmt: skip
        if start:
            origin["started_from"] = start.to_json()
        path = self.directory / slug
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            for part in (draft, draft / "checkpoints", draft / "control"):
                part.mkdir()
            write_json(draft / "config.json", config.to_json() | origin)
            first = State(status, steps=config.steps, eta=config.eta, heartbeat=time.time())
            if start:
                checkpoints.write(draft / "checkpoints", start.snapshot)
                first = replace(first, tau=start.snapshot.tau)
            Run(draft).write_state(replace(first, until=config.until, stop_nll=config.stop_nll))
            move(draft, path)
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
            if age(draft) > _DRAFT_KEPT:
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
        name = self._name_in(run_id)
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

    def _name_in(self, run_id: str) -> str:
        """The name of a run that is given by the path of its directory, as commands print it."""
        path = Path(run_id)
        return path.name if path.parent in (Path(), self.directory, self.gallery) else run_id

    def named(self, run_id: str) -> Run:
        """The run of exactly that id, whether or not it is there; RunError for what is no directory's name here."""
        if run_id.startswith(".") or Path(run_id).name != run_id or not run_id or "\0" in run_id:
            raise RunError(
                f"{run_id[:60]!r} is not a run's id: it must be the name of a directory in {self.directory}."
            )
        name = run_id.removesuffix(OLD_SUFFIX) if self._is_in_gallery(run_id) else run_id
        if self.gallery and self._is_in_gallery(name) and not os.path.isdir(self.directory / name):
            return Run(self.gallery / name, shown_in=self.directory)
        return Run(self.directory / name)

    def _is_in_gallery(self, run_id: str) -> bool:
        """Whether the gallery has that run; also by the id that its copy had among the reader's runs."""
        name = run_id.removesuffix(OLD_SUFFIX)
        # Not `Path.is_dir`, which raises an error for a name that is too long.
        return self.gallery is not None and name != "" and os.path.isdir(self.gallery / name)

    def delete(self, run: Run) -> None:
        """Move a run to the trash; RunError while it is being trained or waits for it, and for one of the gallery."""
        run.check_writable()
        busy = RunError(f"Run {run.id} is running: stop it before deleting it.")
        if run.state().status in (*ACTIVE, "stalled"):
            raise busy
        trash = self.directory / _TRASH
        try:
            with contextlib.ExitStack() as lock:
                lock.enter_context(run.locked())  # no worker takes it up meanwhile
                trash.mkdir(exist_ok=True)
                if sys.platform == "win32":  # which moves no directory with an open file, so none of a run at work
                    lock.close()
                move(run.path, trash / run.id)
        except RunBusyError:
            raise busy from None
        except PermissionError:
            if sys.platform == "win32":
                raise busy from None
            raise

    def deleted(self) -> list[Run]:
        """Runs in the trash, newest first."""
        return RunStore(self.directory / _TRASH).runs()

    def restore(self, run_id: str) -> Run:
        """Take a run out of the trash; RunError where none of that id is in it."""
        run = RunStore(self.directory / _TRASH).get(run_id)
        path = self.directory / run.id
        move(run.path, path)
        return Run(path)

    def empty_trash(self) -> None:
        """Remove deleted runs for good."""
        shutil.rmtree(self.directory / _TRASH, ignore_errors=True)


def _subdirectories(directory: Path | None) -> list[Path]:
    """What can be a run's directory: not hidden, and its name is text, since other bytes could not be shown."""
    if directory is None or not directory.is_dir():
        return []
    names = (path for path in directory.iterdir() if not path.name.startswith(".") and is_text(path.name))
    return [path for path in names if path.is_dir()]
