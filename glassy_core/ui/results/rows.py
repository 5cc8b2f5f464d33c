"""All runs as the pages list them: quick with hundreds, and broken directories among them."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from glassy_core.runs.run import Run, RunError
from glassy_core.runs.state import BUSY, State
from glassy_core.runs.store import OLD_SUFFIX, RunStore
from glassy_core.settings import RunConfig


@dataclass(frozen=True)
class Row:
    """One run: its settings (None where config.json is unreadable), its state, the reader's words."""

    id: str
    name: str
    tags: tuple[str, ...]
    note: str
    config: RunConfig | None
    state: State
    created: datetime | None

    @property
    def busy(self) -> bool:
        """Whether the run may change without the reader's doing."""
        return self.config is not None and self.state.status in BUSY


def rows(store: RunStore, ids: Collection[str] | None = None) -> list[Row]:
    """Rows of every run, newest first; with ids only of those of them that are there."""
    return [_row(run) for run in store.runs() if ids is None or run.id in ids]


def end_of(run_id: str) -> str:
    """The end of a run's id, which tells runs of one name apart."""
    return run_id.removesuffix(OLD_SUFFIX)[-4:]


def _row(run: Run) -> Row:
    try:
        settings = run.config()
    except RunError as error:
        return Row(run.id, run.id, (), "", None, State(status="failed", error=str(error)), _created(run.id))
    name, tags, note = _about(run.path, _changed(run.path / "about.json"))
    return Row(run.id, name, tags, note, settings, run.state(), _created(run.id))


def _changed(path: Path) -> int:
    """When a file was last written, in nanoseconds; 0 where there is none."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


# A file is read again only when it was written since: `changed` is part of the key.


@lru_cache(maxsize=4096)
def _about(path: Path, changed: int) -> tuple[str, tuple[str, ...], str]:
    about = Run(path).about()
    return about["name"], tuple(about["tags"]), about["note"]


def _settings_words(config: RunConfig | None) -> str:
    """Settings by which runs are looked for, such as w=24."""
    if config is None:
        return ""
    return (
        f"d={config.depth} w={config.width} seed={config.seed} eta={config.eta:g} p={config.batch_size} "
        f"{config.dynamics} {config.edition} chorales={config.chorales}"
    )


def _created(run_id: str) -> datetime | None:
    """When the run was made: its id begins with that, in UTC."""
    try:
        return datetime.strptime(run_id[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


@dataclass(frozen=True)
class Filter:
    """What the reader wants listed; an empty choice means everything."""

    text: str = ""
    statuses: tuple[str, ...] = ()
    depths: tuple[int, ...] = ()
    widths: tuple[int, ...] = ()
    editions: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def keep(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that pass, in their order."""
        return [row for row in rows if self._passes(row)]

    def _passes(self, row: Row) -> bool:
        words = re.split(r"\s+", self.text.strip().lower())
        haystack = " ".join([row.id, row.name, *row.tags, row.note, row.state.error or "", _settings_words(row.config)])
        if not all(word in haystack.lower() for word in words) or (
            self.statuses and row.state.status not in self.statuses
        ):
            return False
        if self.tags and not set(self.tags) & set(row.tags):
            return False
        config = row.config
        if config is None:
            return not (self.depths or self.widths or self.editions)
        wanted = ((self.depths, config.depth), (self.widths, config.width), (self.editions, config.edition))
        return all(not allowed or value in allowed for allowed, value in wanted)
