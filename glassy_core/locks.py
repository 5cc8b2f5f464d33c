"""Locks between processes: each is an empty file, held by one process, and free again however that one ends.

The operating system keeps them: flock on Linux and macOS, LockFileEx on Windows. A file stays where others may look for
it, because a lock on a deleted one keeps nobody out.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import lock_descriptor

TRIES = 20  # to take a lock: who asks whether it is held has it for an instant
PAUSE = 0.01  # seconds between tries


@contextlib.contextmanager
def hold(path: Path) -> Iterator[bool]:
    """Hold the lock on path, which is made where it is missing; yields False where another process holds it.

    OSError where the file cannot be made, or its file system has no locks.
    """
    with _opened(path) as handle:
        yield _take(handle, path)


@contextlib.contextmanager
def hold_waiting(path: Path) -> Iterator[None]:
    """Hold the lock on path as soon as no other process does; OSError as `hold`."""
    with _opened(path) as handle:
        while not _take(handle, path):
            pass
        yield


def is_held(path: Path) -> bool:
    """Whether a process holds the lock on path, as far as can be seen from here; nothing is written."""
    try:
        handle = os.open(path, os.O_RDONLY)  # a store that can only be read tells it too
    except OSError:
        return False
    try:
        return not _could_share(handle)
    except OSError:  # a file system without locks: all that is left is to believe who says it is at work
        return True
    finally:
        os.close(handle)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)  # for writing: a network file system locks no other
    try:
        yield handle
    finally:
        os.close(handle)  # which gives the lock back


def _take(handle: int, path: Path) -> bool:
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        try:
            if lock_descriptor(handle, blocking=False):
                return True
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error
    return False


def _could_share(handle: int) -> bool:
    """Whether nobody holds the lock exclusively. Those who ask at the same instant must not take each other for one.

    Elsewhere than on Windows they share the lock, for which a file opened for reading is enough on a network file
    system too. On Windows there is the exclusive lock alone, so they ask again before they believe it.
    """
    if sys.platform == "win32":
        return any(_asked(handle, attempt) for attempt in range(3))
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _asked(handle: int, attempt: int) -> bool:
    if attempt:
        time.sleep(PAUSE)
    return lock_descriptor(handle, blocking=False)
