"""Files that a kill at any instant leaves whole: atomic replacement, append-only lines of JSON, kept kernels."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

ROOT = Path(__file__).resolve().parent.parent  # the checkout: app.py, data/, runs/
SETTLED_AFTER = 2.0  # seconds without a writing: file systems' stamps are that coarse at most
MAX_STEP = 2**53  # beyond it columns of numbers could not tell one step from the next
PATIENCE, PAUSE = 1.0, 0.01  # seconds: how long, and how often, a file that is in use is asked for
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE | re.DOTALL)
Result = TypeVar("Result")


def replace_file(path: Path, content: bytes, durable: bool = True) -> None:
    """Write content under a temporary name beside path, then rename it: a reader sees the old file or the new.

    durable: also flushed to the disk before and after the rename, against a power cut.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")  # two threads may write one file
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        move(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    if durable:
        _flush_directory(path.parent)


def _flush_directory(directory: Path) -> None:
    """Bring a new name to the disk. On Windows there is no asking for it: NTFS keeps a journal of names."""
    if sys.platform == "win32":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def move(source: Path, target: Path) -> None:
    """Give a file or directory another name on the same disk; a file of that name is replaced."""
    _in_time(lambda: os.replace(source, target))


def remove(path: Path) -> None:
    """Delete a file; it may be missing."""
    _in_time(lambda: path.unlink(missing_ok=True))


def opened(path: Path) -> BinaryIO:
    """The file, opened for reading; OSError where it cannot be."""
    return _in_time(lambda: open(path, "rb"))


def _in_time(act: Callable[[], Result]) -> Result:
    """What act returns. Windows refuses it as long as another process reads, or replaces, the same file."""
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            return act()
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > give_up:
                raise
        time.sleep(PAUSE)


def remove_temporaries(directory: Path, older_than: float = 0.0) -> None:
    """Remove what `replace_file` left behind where it was killed; where others write too, give seconds of grace."""
    for path in directory.glob(".*.tmp"):
        if not older_than or age(path) > older_than:
            remove(path)


def age(path: Path) -> float:
    """Seconds since a file was last written, infinite where it is missing.

    By the clock that stamps files there, so it holds on every machine that shares the directory, whatever the
    machines' own clocks say.
    """
    try:
        written = path.stat().st_mtime
    except OSError:
        return float("inf")
    moment = (int(time.monotonic() / 5), int(time.time() / 5))  # a clock that is set is measured anew
    return time.time() + _clock_offset(path.parent, moment) - written


def settled_stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes whenever a file does: what was read of it once may be kept by it.

    None where it is missing, or was written so lately that a later writing may bear the same stamp.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    if time.time() - status.st_mtime < SETTLED_AFTER:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


@lru_cache(maxsize=1024)
def _clock_offset(directory: Path, moment: tuple[int, int]) -> float:
    """How far the stamps of files in a directory are ahead of this machine's clock, in seconds; moment: when.

    Where nothing can be written it cannot be measured, and the clocks are taken to agree.
    """
    try:
        with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
            file.write(b".")
            return os.fstat(file.fileno()).st_mtime - time.time()
    except OSError:
        return 0.0


def write_json(path: Path, values: dict[str, Any], durable: bool = True) -> None:
    """Replace path by one JSON object."""
    replace_file(path, (json.dumps(values, allow_nan=False, indent=1) + "\n").encode(), durable)


def overwrite_json(path: Path, values: dict[str, Any]) -> None:
    """Write one JSON object over the file that is there, which a full disk still takes; not safe against a kill."""
    content = (json.dumps(values, allow_nan=False, indent=1) + "\n").encode()
    with open(path, "r+b", buffering=0) as file:
        file.write(content)
        file.truncate(len(content))


def read_json(path: Path) -> dict[str, Any] | None:
    """The JSON object in path, or None where there is none that can be read."""
    try:
        with opened(path) as file:
            content = file.read()
        values = json.loads(content)
        if rb"\u" in content:
            json.dumps(values, ensure_ascii=False).encode()  # half a character: text that no page can show
    except (OSError, ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def is_device(name: str) -> bool:
    """Whether Windows takes a file's name for a device's, in any folder and with any ending: nul, com1, ..."""
    return bool(_DEVICE.fullmatch(name))


def is_text(name: str) -> bool:
    """Whether a string is text throughout: a file's name may hold bytes that are none."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse_line(line: bytes) -> dict[str, Any] | None:
    """One line of a JSON-lines file, or None where it is torn or is not an object with a `step` that can be one."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict):
        return None
    step = values.get("step")
    return values if type(step) is int and 0 <= step < MAX_STEP else None


def read_lines(path: Path, offset: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """(offset of the line's end, record) of every whole, readable line from a byte offset on.

    A last line without a newline is still being written, or torn: it is left out.
    """
    try:
        file = opened(path)  # closed below; the generator's caller sees no OSError
    except OSError:
        return
    with file:
        file.seek(offset)
        for line in file:
            offset += len(line)
            record = parse_line(line) if line.endswith(b"\n") else None
            if record is not None:
                yield offset, record


def unreadable_lines(path: Path) -> int:
    """How many whole lines of a JSON-lines file are no records; a torn last one is not counted."""
    try:
        with opened(path) as file:
            return sum(parse_line(line) is None for line in file if line.endswith(b"\n"))
    except OSError:
        return 0


class LineWriter:
    """Appends records to a JSON-lines file, after dropping those that are not to be kept.

    Lines go to the operating system at once (they survive a kill) and to the disk with `sync`.
    """

    def __init__(self, path: Path, keep: Callable[[dict[str, Any]], bool]) -> None:
        kept = (json.dumps(record) for _, record in read_lines(path) if keep(record))
        content = "".join(line + "\n" for line in kept).encode()
        # Rewritten only where something is torn, unreadable or too late.
        if not path.exists() or path.read_bytes() != content:
            replace_file(path, content)
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115 - closed by close()

    def append(self, record: dict[str, Any]) -> None:
        """One record as one line; OSError where it does not fit, so that no later one is glued to its torn part."""
        line = memoryview((json.dumps(record, allow_nan=False) + "\n").encode())
        while line:  # a disk that fills up takes a part without complaint, and refuses the rest
            line = line[self._file.write(line) :]

    def sync(self) -> None:
        """Flush to the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; what was appended is with the operating system already."""
        self._file.close()


@cache
def package_version(name: str) -> str:
    """The version of an installed package that glassy needs.

    Looked up in a copy of the path: Streamlit changes that in other threads, and `importlib.metadata.version`, which
    goes along it meanwhile, then finds nothing now and then.
    """
    return next(iter(distributions(name=name, path=[*sys.path]))).version


def compiled(function: Any) -> Any:
    """The function, compiled by numba on first use and kept on disk where there is a place for it.

    That is beside its file, or in the user's own cache, or else among the temporary files, in a folder that no other
    user can write; where none can be written, each process compiles anew.
    """
    from numba import config, njit

    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # neither the installation nor a home can be written
        folder = _private_folder()
        if folder is None:
            return njit(nogil=True)(function)
        config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
        return njit(cache=True, nogil=True)(function)


def _private_folder() -> Path | None:
    """A folder among the temporary files that this user alone can write, since what lies there is executed."""
    try:
        user = os.getuid() if hasattr(os, "getuid") else "user"  # Windows gives each user a folder of their own
        folder = Path(tempfile.gettempdir()) / f"glassy-kernels-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    ours = not hasattr(os, "getuid") or (status.st_uid == user and not stat.S_IMODE(status.st_mode) & 0o022)
    return folder if stat.S_ISDIR(status.st_mode) and ours and os.access(folder, os.W_OK) else None
