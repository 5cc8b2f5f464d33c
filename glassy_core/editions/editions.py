"""The editions of the chorales: the embedded corpus edition, the paper's own file, and the reader's own data."""

from __future__ import annotations

import hashlib
import os
import reprlib
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from glassy_core import locks
from glassy_core.editions.encoding import Chorale, floor_bits
from glassy_core.editions.format import ChoraleError, parse
from glassy_core.errors import sentence
from glassy_core.files import ROOT, replace_file
from glassy_core.settings import EDITIONS, OWN, OWN_NAME

DATA = ROOT / "data"
CORPUS_FILE = "corpus.json"
PAPER_FILE = "jsb-chorales-quarter.json"
OWN_VARIABLE = "GLASSY_OWN_DATA_DIR"  # environment variable: the folder of the reader's own editions
PAPER_VARIABLE = "GLASSY_JSB_JSON"  # environment variable: path of the paper edition's file
PAPER_URL = "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/master/jsb-chorales-quarter.json"
PAPER_SHA256 = "2db9329f1881a1d3f49703ec556bf1d6f84b4f6c1d702c156536e93cf31e1c91"
MAX_BYTES = 5_000_000
DOWNLOAD_SECONDS = 3.5  # everything included, so that a page without network answers within 5 s
RETRY_SECONDS = 60.0  # a failed download is not tried again sooner by `load_edition`


@dataclass(frozen=True)
class Edition:
    """One collection of chorales.

    name:   one of `edition_names`
    digest: sha256 of its file, hexadecimal; recorded with every run
    splits: "train", "valid", "test", each a tuple of chorales; not to be changed. Of the reader's own data
            "valid" and "test" may be empty
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
    set, else the one in directory, else it is downloaded there. An own edition is a file in `own_directory`.
    """
    if name not in EDITIONS and name not in edition_names(directory):
        listed = ", ".join(edition_names(directory))
        raise ChoraleError(f"There is no edition {reprlib.repr(name)}: choose one of {listed}.")
    if name.startswith(OWN):
        return _read(name, own_path(name, directory))
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


def own_directory(directory: Path = DATA) -> Path:
    """Where the reader's own editions lie: $GLASSY_OWN_DATA_DIR, or own/ in the data folder."""
    return Path(os.environ.get(OWN_VARIABLE) or Path(directory) / "own")


def own_path(name: str, directory: Path = DATA) -> Path:
    """The file of the own edition own:NAME."""
    return own_directory(directory) / f"{name.removeprefix(OWN)}.json"


def edition_names(directory: Path = DATA) -> tuple[str, ...]:
    """The editions there are to choose from, the reader's own ones last."""
    own = sorted(path.stem for path in own_directory(directory).glob("*.json") if OWN_NAME.fullmatch(path.stem))
    return *EDITIONS, *(OWN + name for name in own)


def install_own(name: str, content: bytes, directory: Path = DATA) -> Edition:
    """Keep content as the own edition own:NAME. ChoraleError where it is unusable or the name is another's already."""
    path = own_path(name, directory)
    parse(content, f"The edition {name}", own=True)
    if len(content) > MAX_BYTES:
        raise ChoraleError(
            f"The edition {name} would have {len(content)} bytes: at most {MAX_BYTES} are kept, take fewer pieces."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locks.hold_waiting(path.parent / ".lock"):  # two imports at once must not both find the name free
            if path.exists() and path.read_bytes() != content:
                raise ChoraleError(
                    f"The name {name.removeprefix(OWN)} is taken by other data, which runs may have learned: "
                    f"choose another name, or remove {path} first."
                )
            if not path.exists():
                replace_file(path, content)
    except OSError as error:
        raise ChoraleError(f"The edition cannot be written. {sentence(error)}") from error
    return load_edition(name, directory)


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
        raise ChoraleError(f"{target.name} cannot be written. {sentence(error)}") from error
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


def _read(name: str, path: Path) -> Edition:
    """The edition in that file."""
    try:
        status = path.stat()
        return _read_cached(name, path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError) as error:
        if isinstance(error, ChoraleError):
            raise
        why = getattr(error, "strerror", None) or error
        how = "restore it from the project"
        if name != "corpus":
            how = f"set {PAPER_VARIABLE} to the paper edition's file" if name == "paper" else "import the data again"
        raise ChoraleError(f"{path} cannot be read ({why}): {how}.") from error


@lru_cache(maxsize=8)
def _read_cached(name: str, path: Path, mtime_ns: int, size: int) -> Edition:
    """Read once while the file stays the same: pages ask for it at every refresh."""
    if size > MAX_BYTES:
        raise ChoraleError(f"{path} has {size} bytes, at most {MAX_BYTES} are read: put the right file there.")
    content = path.read_bytes()
    if name == "paper":
        _check_paper(content, str(path))
    return Edition(name, hashlib.sha256(content).hexdigest(), parse(content, str(path), name.startswith(OWN)))


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
