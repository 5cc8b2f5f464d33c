"""The two editions of the chorales: the embedded corpus edition, and the paper's own file."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import reprlib
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from glassy_core.transitions import HIGHEST_PITCH, LOWEST_PITCH, Chorale, Chord, floor_bits

EDITIONS = ("corpus", "paper")
SPLITS = ("train", "valid", "test")
DATA = Path(__file__).resolve().parent.parent / "data"
CORPUS_FILE = "corpus.json"
PAPER_FILE = "jsb-chorales-quarter.json"
PAPER_VARIABLE = "GLASSY_JSB_JSON"  # environment variable: path of the paper edition's file
PAPER_URL = "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/master/jsb-chorales-quarter.json"
PAPER_SHA256 = "2db9329f1881a1d3f49703ec556bf1d6f84b4f6c1d702c156536e93cf31e1c91"
MAX_BYTES = 5_000_000
DOWNLOAD_SECONDS = 3.5  # everything included, so that a page without network answers within 5 s
RETRY_SECONDS = 60.0  # a failed download is not tried again sooner by `load_edition`


class ChoraleError(ValueError):
    """The chorales cannot be had as asked; the message says what is wrong, what is allowed and what to do."""


@dataclass(frozen=True)
class Edition:
    """One collection of chorales.

    name:   one of EDITIONS
    digest: sha256 of its file, hexadecimal; recorded with every run
    splits: "train", "valid", "test", each a tuple of chorales; not to be changed
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

    The corpus edition never needs a network. The paper edition is the file $GLASSY_JSB_JSON where that is
    set, else the one in directory, else it is downloaded there.
    """
    if name not in EDITIONS:
        raise ChoraleError(f"There is no edition {reprlib.repr(name)}: choose one of {', '.join(EDITIONS)}.")
    if name == "corpus":
        return _read(name, Path(directory) / CORPUS_FILE)
    if os.environ.get(PAPER_VARIABLE):
        return _read(name, Path(os.environ[PAPER_VARIABLE]))
    path = Path(directory) / PAPER_FILE
    if not path.exists():
        failure = _download_failure(Path(directory), int(time.monotonic() / RETRY_SECONDS))
        # Put in place by hand since the failure? Then it no longer matters.
        if failure and not path.exists():
            raise ChoraleError(failure)
    return _read(name, path)


def load_or_fallback(name: str, directory: Path = DATA) -> tuple[Edition, str | None]:
    """The edition and None, or the corpus edition and one sentence that says why it stands in."""
    try:
        return load_edition(name, directory), None
    except ChoraleError as error:
        if name != "paper":
            raise
        return load_edition("corpus", directory), f"The corpus edition stands in for the paper edition: {error}"


def install_paper_file(content: bytes, directory: Path = DATA) -> Path:
    """Put the paper edition's file, uploaded or downloaded, in its place in directory.

    ChoraleError for any other content; what is there then stays as it was. Nobody sees half a file.
    """
    _check_paper(content, "The given file")
    target = Path(directory) / PAPER_FILE
    try:
        descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=PAPER_FILE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        why = error.strerror or error
        raise ChoraleError(f"{target} cannot be written ({why}): make its folder writable.") from error
    return target


def download_paper(directory: Path = DATA) -> Path:
    """Download the paper edition's file into directory; ChoraleError within DOWNLOAD_SECONDS where that fails."""
    answer: list[bytes | Exception] = []
    # A thread of its own, because no time-out of a socket covers a name server that does not answer.
    thread = threading.Thread(target=_fetch, args=(PAPER_URL, answer), daemon=True)
    thread.start()
    thread.join(DOWNLOAD_SECONDS)
    remedy = f"put the file into {directory} by hand or upload it in the app; it is {PAPER_URL}"
    if not answer:
        raise ChoraleError(f"The download was not through after {DOWNLOAD_SECONDS:g} s: {remedy}.")
    if isinstance(answer[0], Exception):
        why = "another file came" if isinstance(answer[0], ValueError) else type(answer[0]).__name__
        raise ChoraleError(f"The download failed ({why}): {remedy}.") from answer[0]
    return install_paper_file(answer[0], directory)


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


def parse(content: bytes, where: str) -> dict[str, tuple[Chorale, ...]]:
    """The splits in a file: a JSON object of lists of chorales, chords and MIDI pitches.

    where names the file in the ChoraleError that anything else raises.
    """
    try:
        splits = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, an endless number, too deeply nested
        raise ChoraleError(f"{where} is not JSON or is cut short: put the whole file there again.") from error
    if not isinstance(splits, dict):
        raise ChoraleError(f"{where} is no JSON object: it must have the lists {', '.join(SPLITS)}.")
    return {name: _chorales(splits.get(name), name, where) for name in SPLITS}


def _chorales(values: Any, split: str, where: str) -> tuple[Chorale, ...]:
    """One split, validated."""
    if not isinstance(values, list) or not values:
        raise ChoraleError(f"{where} has no chorales in {split!r}: there must be a list of at least one.")
    for i, chorale in enumerate(values):
        if not isinstance(chorale, list) or not chorale:
            raise ChoraleError(
                f"{where}: {split} chorale {i} is {reprlib.repr(chorale)}, it must be a list of at least one chord."
            )
    return tuple(
        tuple(_chord(chord, f"{where}: {split} chorale {i}, chord {t}") for t, chord in enumerate(chorale))
        for i, chorale in enumerate(values)
    )


def _chord(values: Any, place: str) -> Chord:
    """One chord, validated; place names it."""
    if not isinstance(values, list):
        raise ChoraleError(f"{place} is {reprlib.repr(values)}, it must be a list of MIDI pitches.")
    for pitch in values:
        if type(pitch) is not int or not LOWEST_PITCH <= pitch <= HIGHEST_PITCH:
            raise ChoraleError(
                f"{place} has the pitch {reprlib.repr(pitch)}, "
                f"it must be a whole number from {LOWEST_PITCH} to {HIGHEST_PITCH}."
            )
    if any(a >= b for a, b in itertools.pairwise(values)):
        raise ChoraleError(f"{place} is {reprlib.repr(values)}, its pitches must ascend without repeats.")
    return tuple(values)


def _read(name: str, path: Path) -> Edition:
    """The edition in that file."""
    try:
        status = path.stat()
        return _read_cached(name, path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError) as error:
        if isinstance(error, ChoraleError):
            raise
        why = getattr(error, "strerror", None) or error
        how = f"set {PAPER_VARIABLE} to the paper edition's file" if name == "paper" else "restore it from the project"
        raise ChoraleError(f"{path} cannot be read ({why}): {how}.") from error


@lru_cache(maxsize=8)
def _read_cached(name: str, path: Path, mtime_ns: int, size: int) -> Edition:
    """Read once while the file stays the same: pages ask for it at every refresh."""
    if size > MAX_BYTES:
        raise ChoraleError(f"{path} has {size} bytes, at most {MAX_BYTES} are read: put the right file there.")
    content = path.read_bytes()
    if name == "paper":
        _check_paper(content, str(path))
    return Edition(name, hashlib.sha256(content).hexdigest(), parse(content, str(path)))


def _check_paper(content: bytes, where: str) -> None:
    """ChoraleError unless content is, byte for byte, the paper's file."""
    digest = hashlib.sha256(content[: MAX_BYTES + 1]).hexdigest()
    if digest != PAPER_SHA256:
        raise ChoraleError(
            f"{where} is not the paper's file or is cut short ({len(content)} bytes, sha256 {digest[:12]}..., expected "
            f"{PAPER_SHA256[:12]}...): replace it with {PAPER_URL}, or choose the corpus edition."
        )


@lru_cache(maxsize=8)
def _download_failure(directory: Path, attempt: int) -> str:
    """Why the download failed, or "". Cached, so that without network a page waits once a minute at most."""
    try:
        download_paper(directory)
    except ChoraleError as error:
        return str(error)
    return ""


def _fetch(url: str, answer: list[bytes | Exception]) -> None:
    """Append to answer the bytes at url, checked against the digest, or what went wrong."""
    try:
        import pooch  # here, because it takes half a second that only a download needs

        pooch.get_logger().setLevel("ERROR")
        with tempfile.TemporaryDirectory() as folder:
            fetch = pooch.HTTPDownloader(timeout=DOWNLOAD_SECONDS)
            answer.append(Path(pooch.retrieve(url, PAPER_SHA256, PAPER_FILE, folder, downloader=fetch)).read_bytes())
    except Exception as error:
        answer.append(error)
