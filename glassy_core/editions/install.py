"""Putting an edition's file in its place: downloaded, uploaded, or made of the reader's own data."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from pathlib import Path

from glassy_core import locks
from glassy_core.editions.catalogue import DATA, EditionSource
from glassy_core.editions.format import ChoraleError, parse
from glassy_core.errors import sentence
from glassy_core.files import replace_file

MAX_BYTES = 5_000_000
DOWNLOAD_SECONDS = 3.5  # everything included, so that a page without network answers within 5 s


def check_content(source: EditionSource, content: bytes, where: str) -> None:
    """ChoraleError unless content is, byte for byte, what the source says it must be; where names it."""
    if not source.sha256:
        return
    digest = hashlib.sha256(content[: MAX_BYTES + 1]).hexdigest()
    if digest != source.sha256:
        raise ChoraleError(
            f"{where} is not the {source.name}'s file or is cut short ({len(content)} bytes, sha256 {digest[:12]}..., "
            f"expected {source.sha256[:12]}...): replace it with {source.url}, or choose the {source.fallback} edition."
        )


def install_file(source: EditionSource, content: bytes, directory: Path = DATA) -> Path:
    """Put the file of an edition whose bytes are known, uploaded or downloaded, in its place in directory.

    ChoraleError for any other content; what is there then stays as it was. Nobody sees half a file.
    """
    check_content(source, content, "The given file")
    target = Path(directory) / source.file
    try:
        replace_file(target, content)
    except OSError as error:
        raise ChoraleError(f"{target.name} cannot be written. {sentence(error)}") from error
    return target


def download(source: EditionSource, directory: Path = DATA) -> Path:
    """Download an edition's file into directory; ChoraleError within DOWNLOAD_SECONDS where that fails."""
    answer: list[bytes | Exception] = []
    # A thread of its own, because no time-out of a socket covers a name server that does not answer.
    thread = threading.Thread(target=_fetch, args=(source, answer), daemon=True)
    thread.start()
    thread.join(DOWNLOAD_SECONDS)
    remedy = f"put the file into {directory} by hand or upload it in the app; it is {source.url}"
    if not answer:
        raise ChoraleError(f"The download was not through after {DOWNLOAD_SECONDS:g} s: {remedy}.")
    if isinstance(answer[0], Exception):
        why = "another file came" if isinstance(answer[0], ValueError) else type(answer[0]).__name__
        raise ChoraleError(f"The download failed ({why}): {remedy}.") from answer[0]
    return install_file(source, answer[0], directory)


def _fetch(source: EditionSource, answer: list[bytes | Exception]) -> None:
    """Append to answer the bytes at the source's address, checked against its digest, or what went wrong."""
    try:
        import pooch  # here, because it takes half a second that only a download needs

        pooch.get_logger().setLevel("ERROR")
        with tempfile.TemporaryDirectory() as folder:
            fetch = pooch.HTTPDownloader(timeout=DOWNLOAD_SECONDS)
            path = pooch.retrieve(source.url, source.sha256, source.file, folder, downloader=fetch)
            answer.append(Path(path).read_bytes())
    except Exception as error:
        answer.append(error)


def install_made(source: EditionSource, edition: str, content: bytes) -> None:
    """Keep content as an edition of a family. ChoraleError where it is unusable or the name is another's already."""
    path = source.path(edition)
    parse(content, f"The edition {edition}", source.complete)
    if len(content) > MAX_BYTES:
        raise ChoraleError(
            f"The edition {edition} would have {len(content)} bytes: at most {MAX_BYTES} are kept, take fewer pieces."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locks.hold_waiting(path.parent / ".lock"):  # two imports at once must not both find the name free
            if path.exists() and path.read_bytes() != content:
                raise ChoraleError(
                    f"The name {edition.removeprefix(source.name)} is taken by other data, which runs may have "
                    f"learned: choose another name, or remove {path} first."
                )
            if not path.exists():
                replace_file(path, content)
    except OSError as error:
        elsewhere = f" Or name another folder with {source.variable}." if source.variable else ""
        raise ChoraleError(f"The edition cannot be written. {sentence(error)}{elsewhere}") from error
