"""The editions of the chorales, read from where `sources` says that they are."""

from __future__ import annotations

import hashlib
import os
import reprlib
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from glassy_core.editions.catalogue import DATA, EditionSource, edition_names, source_of
from glassy_core.editions.encoding import Chorale, floor_bits
from glassy_core.editions.format import ChoraleError, parse
from glassy_core.editions.install import MAX_BYTES, check_content, download

RETRY_SECONDS = 60.0  # a failed download is not tried again sooner by `load_edition`


@dataclass(frozen=True)
class Edition:
    """One collection of chorales.

    name:   one of `edition_names`
    digest: sha256 of its file, hexadecimal; recorded with every run
    splits: "train", "valid", "test", each a tuple of chorales; not to be changed. Where the source is
            not complete, "valid" and "test" may be empty
    """

    name: str
    digest: str
    splits: dict[str, tuple[Chorale, ...]] = field(hash=False)

    def first(self, n: int) -> tuple[Chorale, ...]:
        """The first n training chorales; ChoraleError where there are fewer."""
        train = self.splits["train"]
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= len(train):
            raise ChoraleError(
                f"{reprlib.repr(n)} chorales cannot be taken: the {self.name} edition has {len(train)} training "
                f"chorales, choose a whole number from 1 to {len(train)}."
            )
        return train[:n]


def load_edition(name: str, directory: Path = DATA) -> Edition:
    """The edition of that name; ChoraleError where it cannot be had.

    Its file is where its source says. One that is missing is downloaded where the source has an address, unless the
    reader has named a place for it.
    """
    source = source_of(name)
    if source is None or (source.is_family and not source.at_hand(name, directory)):
        listed = ", ".join(edition_names(directory))
        raise ChoraleError(f"There is no edition {reprlib.repr(name)}: choose one of {listed}.")
    path = source.path(name, directory)
    if source.url and not os.environ.get(source.variable) and not path.exists():
        failure = _download_failure(source, Path(directory), int(time.monotonic() / RETRY_SECONDS))
        # Put in place by hand since the failure? Then it no longer matters.
        if failure and not path.exists():
            raise ChoraleError(failure)
    return _read(source, name, path)


def edition_at_hand(name: str, directory: Path = DATA) -> Edition | None:
    """The edition of that name where its file is on this machine and sound, else None: no download is waited for."""
    source = source_of(name)
    try:
        return load_edition(name, directory) if source and source.at_hand(name, directory) else None
    except ChoraleError:
        return None


def load_or_fallback(name: str, directory: Path = DATA) -> tuple[Edition, str | None]:
    """The edition and None, or its source's fallback and one sentence that says why that stands in."""
    try:
        return load_edition(name, directory), None
    except ChoraleError as error:
        source = source_of(name)
        if source is None or not source.fallback:
            raise
        notice = f"The {source.fallback} edition stands in for the {name} edition: {error}"
        return load_edition(source.fallback, directory), notice


def summary(edition: Edition, n: int) -> dict[str, Any]:
    """What `data --json` prints: the first n training chorales, the whole collection's pitches, the floor.

    pitches.count is how many there are from low to high, N_v for the editions here; not all of them occur.
    """
    chosen = edition.first(n)
    pitches = [p for split in edition.splits.values() for chorale in split for chord in chorale for p in chord]
    low, high = min(pitches), max(pitches)
    return {
        "transitions": sum(len(chorale) - 1 for chorale in chosen),
        "chorales": len(chosen),
        "pitches": {"count": high - low + 1, "low": low, "high": high},
        "floor_bits": floor_bits(chosen),
        "digest": edition.digest,
        "edition": edition.name,
    }


def _read(source: EditionSource, name: str, path: Path) -> Edition:
    """The edition in that file."""
    try:
        status = path.stat()
        return _read_cached(source, name, path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError) as error:
        if isinstance(error, ChoraleError):
            raise
        why = getattr(error, "strerror", None) or error
        raise ChoraleError(f"{path} cannot be read ({why}): {source.remedy}.") from error


@lru_cache(maxsize=8)
def _read_cached(source: EditionSource, name: str, path: Path, mtime_ns: int, size: int) -> Edition:
    """Read once while the file stays the same: pages ask for it at every refresh."""
    if size > MAX_BYTES:
        raise ChoraleError(f"{path} has {size} bytes, at most {MAX_BYTES} are read: put the right file there.")
    content = path.read_bytes()
    check_content(source, content, str(path))
    return Edition(name, hashlib.sha256(content).hexdigest(), parse(content, str(path), source.complete))


@lru_cache(maxsize=8)
def _download_failure(source: EditionSource, directory: Path, attempt: int) -> str:
    """Why the download failed, or "". Cached, so that without network a page waits once a minute at most."""
    try:
        download(source, directory)
    except ChoraleError as error:
        return str(error)
    return ""
