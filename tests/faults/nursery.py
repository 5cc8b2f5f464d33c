"""Real processes that start in milliseconds: forked from one that has loaded the core, killed with signal 9.

Run as a program it is that process: a line of JSON on its input is a deed, forked off or waited for. The class
`Nursery` drives it. A child may be given the place of its death: before the n-th line that it executes of the
named functions of the core, which puts a kill between any two statements, the same one for the same n.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CORE = str(ROOT / "glassy_core")
CLONE_NEWUTS = 0x04000000  # sched.h
FAILED = 3  # exit status of a child whose deed raised an exception; the exception is in its report


class Child:
    """A process that does one deed."""

    def __init__(self, nursery: Nursery, pid: int, report: Path) -> None:
        self._nursery, self.pid, self._report = nursery, pid, report

    def kill(self) -> int:
        """Signal 9 now; returns what `wait` does."""
        os.kill(self.pid, signal.SIGKILL)
        return self.wait()

    def wait(self) -> int:
        """The exit status: 0, FAILED, or -9 where it was killed."""
        return self._nursery.ask({"wait": self.pid})

    @property
    def said(self) -> str:
        """What the deed returned, or its exception."""
        return self._report.read_text(encoding="utf-8") if self._report.exists() else ""


class Nursery:
    """The process that others are forked from."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._count = directory, 0
        self._process = subprocess.Popen(
            [sys.executable, __file__], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def ask(self, values: dict[str, Any]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(values) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(
        self,
        deed: str,
        *arguments: object,
        die_in: Sequence[str] = (),
        at_line: int = 0,
        clock: float = 0.0,
        host: str = "",
    ) -> Child:
        """Fork a child for one of the DEEDS.

        die_in, at_line: functions of the core, and before which of the lines executed in them the child is killed.
        clock: seconds by which its clock is ahead. host: another name of its machine.
        """
        self._count += 1
        report = self._directory / f"report-{self._count}"
        values = {"deed": deed, "arguments": [str(argument) for argument in arguments], "report": str(report)}
        faults = {"die_in": list(die_in), "at_line": at_line, "clock": clock, "host": host}
        return Child(self, self.ask(values | faults), report)

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)


def die_at(functions: Sequence[str], line: int) -> None:
    """Kill this process before the n-th line that it executes in these functions of the core."""
    left = line

    def in_function(frame: Any, event: str, _: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return in_function

    def at_call(frame: Any, event: str, _: Any) -> Any:
        code = frame.f_code
        return in_function if code.co_name in functions and code.co_filename.startswith(CORE) else None

    sys.settrace(at_call)


def serve() -> None:
    """Fork and wait as the lines of the input say."""
    os.environ["OMP_NUM_THREADS"] = "1"
    sys.path.insert(0, str(ROOT))
    from glassy_core.editions import loading
    from glassy_core.network.compiled import learner

    learner.warm()
    loading.load_edition("corpus")
    for line in sys.stdin:
        values = json.loads(line)
        if "wait" in values:
            _, status = os.waitpid(values["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            os._exit(_live(**values))
        print(pid, flush=True)


def _live(
    deed: str, arguments: list[str], report: str, die_in: list[str], at_line: int, clock: float, host: str
) -> int:
    """A child's life; returns its exit status."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):  # the nursery's own pipes
        os.dup2(null, stream)
    with open(report, "w", encoding="utf-8") as said:
        if clock:
            true_time = time.time
            time.time = lambda: true_time() + clock  # a kernel has one such clock for all its processes
        if host:
            _call_machine(host)
        if die_in:
            die_at(die_in, at_line)
        try:
            said.write(str(DEEDS[deed](*arguments)))
            return 0
        except Exception as error:
            said.write(f"{type(error).__name__}: {error}")
            return FAILED
        finally:
            sys.settrace(None)
            said.flush()


def _call_machine(name: str) -> None:
    """Give the machine another name, for this process alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUTS) or libc.sethostname(name.encode(), len(name)):
        raise OSError(ctypes.get_errno(), "the machine cannot be given another name")


# What a child can do, each with the core's own functions.


def _train(path: str) -> str:
    from glassy_core.jobs.execution import execute
    from glassy_core.runs.run import Run

    return execute(Run(Path(path)))[0].status


def _submit(directory: str, settings: str) -> str:
    from glassy_core.editions.loading import load_edition
    from glassy_core.jobs import dispatcher
    from glassy_core.runs.store import RunStore
    from glassy_core.settings import RunConfig

    dispatcher.ensure_dispatcher = lambda store: None  # the test sees to the queue
    return dispatcher.submit(
        RunStore(Path(directory)), RunConfig(**json.loads(settings)), load_edition("corpus").digest
    ).id


def _resume(path: str) -> None:
    from glassy_core.jobs import dispatcher
    from glassy_core.runs.run import Run
    from glassy_core.runs.store import RunStore

    dispatcher.ensure_dispatcher = lambda store: None
    dispatcher.resume(RunStore(Path(path).parent), Run(Path(path)))


def _status(path: str) -> str:
    from glassy_core.runs.run import Run

    return Run(Path(path)).state().status


DEEDS: dict[str, Callable[..., Any]] = {"train": _train, "submit": _submit, "resume": _resume, "status": _status}

if __name__ == "__main__":
    serve()
