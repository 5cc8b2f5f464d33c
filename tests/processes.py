"""Whether processes have ended. One that is left as a name until somebody asks how it ended has ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress

import psutil


def has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def group_has_ended(group: int) -> bool:
    """Whether nobody of a process group is alive, those included that were started meanwhile."""
    for process in psutil.process_iter():
        with suppress(ProcessLookupError):
            if os.getpgid(process.pid) == group and not has_ended(process):
                return False
    return True


def in_time(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for the condition; False where it did not come about."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return met
