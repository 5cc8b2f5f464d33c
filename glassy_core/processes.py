"""Processes, the same on every system: starting and being others, giving way, ending when asked, printing."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, NoReturn

from glassy_core.files import ROOT

LOWERED = 10  # niceness that is added where processes give way; 19 is the most there is
AS_UTF8 = {"PYTHONIOENCODING": "utf-8"}  # what our own processes say, whatever the console's alphabet


def command_line(arguments: Sequence[str]) -> list[str]:
    """`python -m glassy_core` with arguments, by this process's Python."""
    return [sys.executable, "-m", "glassy_core", *arguments]


def start(arguments: Sequence[str], log: IO[bytes], variables: Mapping[str, str] | None = None) -> None:
    """Start `python -m glassy_core` with arguments, in a process that outlives this one.

    log: where its words go. variables: of its environment, beside this one's.
    """
    subprocess.Popen(
        command_line(arguments),
        cwd=ROOT,
        env={**os.environ, **AS_UTF8, **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        **_apart(),
    )


def _apart() -> dict[str, Any]:
    """What keeps the end of a terminal, or Ctrl-C in it, from a process."""
    if sys.platform == "win32":
        # A console that nobody sees, rather than none: a process without one opens a window for each that it starts.
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def answer(arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    """What `python -m glassy_core` with arguments says; subprocess.TimeoutExpired where it takes longer than that."""
    return subprocess.run(
        command_line(arguments),
        cwd=ROOT,
        env=os.environ | AS_UTF8,
        capture_output=True,
        encoding="utf-8",
        timeout=seconds,
        check=False,
    )


def become(command: list[str]) -> NoReturn:
    """Go on as another program, a path first, then its arguments."""
    if sys.platform == "win32":  # where execv ends this process, and the terminal takes that for the program's end
        with contextlib.suppress(KeyboardInterrupt):  # which the program has had, too
            raise SystemExit(subprocess.run(command, check=False).returncode)
        raise SystemExit(0)
    os.execv(command[0], command)


def give_way() -> None:
    """Lower the priority of this process, and of those that it starts from now on."""
    import psutil  # here, because few processes need it

    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        process.nice(min(process.nice() + LOWERED, 19))


def raise_descriptors(wanted: int) -> int:
    """The most files and sockets this process may have open, raised to `wanted` as far as the system allows."""
    if sys.platform == "win32":  # where there is no such limit
        return wanted
    import resource  # not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return wanted if soft == resource.RLIM_INFINITY else soft
    with contextlib.suppress(OSError, ValueError):  # macOS may allow less than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def when_asked_to_end(act: Callable[[], object]) -> None:
    """Have act called, in place of this process's end, at Ctrl-C and where the system asks it to end."""
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):  # the last is that of Windows: Ctrl-Break
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: act())


def print_what_can_be() -> None:
    """Have a character that the console's alphabet lacks printed as a question mark, rather than end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
