"""Locks between processes: who is kept out, what asking leaves behind, and what the end of a process gives back."""

import errno
import os
import subprocess
import sys
import threading
import time

import pytest

from glassy_core import locks
from glassy_core.errors import sentence
from glassy_core.files import ROOT

HOLDER = """
import sys, time
from pathlib import Path
from glassy_core import locks
with locks.hold(Path(sys.argv[1])) as held:
    print(held, flush=True)
    time.sleep(60)
"""
# As glassy took its locks before it had this module.
EARLIER = """
import fcntl, os, sys, time
handle = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)
fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
print(True, flush=True)
time.sleep(60)
"""


@pytest.fixture
def start():
    """Start a process that holds a lock, and end it with the test."""
    processes = []

    def start(path, script=HOLDER):
        command = [sys.executable, "-c", script, str(path)]
        processes.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8"))
        assert processes[-1].stdout.readline() == "True\n"
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_one_holds_it_and_the_other_is_told_so(tmp_path):
    path = tmp_path / "lock"
    assert not locks.is_held(path)
    with locks.hold(path) as first:
        assert first
        assert locks.is_held(path)
        with locks.hold(path) as second:
            assert not second
        assert locks.is_held(path)  # the other's leaving gives nothing back
    assert not locks.is_held(path)
    with locks.hold(path) as again:
        assert again


@pytest.mark.parametrize("script", [HOLDER, pytest.param(EARLIER, marks=pytest.mark.posix)], ids=["now", "earlier"])
def test_a_kill_of_its_holder_gives_it_back(tmp_path, start, script):
    path = tmp_path / "lock"
    holder = start(path, script)
    assert locks.is_held(path)
    with locks.hold(path) as held:
        assert not held
    holder.kill()
    holder.wait()
    assert not locks.is_held(path)
    with locks.hold(path) as held:
        assert held


def test_who_can_wait_gets_it_next(tmp_path, start):
    path = tmp_path / "lock"
    holder = start(path)
    waiter = subprocess.Popen(
        [sys.executable, "-c", HOLDER.replace("locks.hold(", "locks.hold_waiting("), str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    said = []
    reader = threading.Thread(target=lambda: said.append(waiter.stdout.readline()))
    reader.start()
    time.sleep(2)
    assert waiter.poll() is None
    assert said == []  # still waiting
    holder.kill()
    reader.join(60)
    assert said == [f"None{os.linesep}".encode()]  # it has it
    assert locks.is_held(path)
    waiter.kill()
    waiter.communicate()


@pytest.mark.posix  # Windows lets nobody read what is locked
def test_asking_writes_nothing_and_needs_no_right_to_write(tmp_path, start):
    path = tmp_path / "lock"
    assert not locks.is_held(path)
    assert not path.exists()
    path.write_bytes(b"as it was")
    start(path)
    path.chmod(0o444)
    before = path.stat()
    assert locks.is_held(path)
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ctime_ns, path.read_bytes()) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
        b"as it was",
    )


def test_those_who_ask_at_once_do_not_take_each_other_for_a_holder(tmp_path):
    path = tmp_path / "lock"
    path.touch()
    asking = "import sys; from pathlib import Path; from glassy_core import locks\n"
    asking += "print(sum(locks.is_held(Path(sys.argv[1])) for _ in range(3000)))"
    command = [sys.executable, "-c", asking, str(path)]
    two = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, encoding="utf-8") for _ in range(2)]
    assert [process.communicate()[0] for process in two] == ["0\n", "0\n"]


def test_who_asks_keeps_nobody_from_taking_it(tmp_path):
    path = tmp_path / "lock"
    path.touch()
    asking = "import sys, time; from pathlib import Path; from glassy_core import locks\n"
    asking += "print('begun', flush=True)\nwhile True: locks.is_held(Path(sys.argv[1]))"
    command = [sys.executable, "-c", asking, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        for _ in range(100):
            with locks.hold(path) as held:
                assert held
        process.kill()


def test_where_only_exclusive_locks_exist_a_holder_is_one_who_stays(tmp_path, monkeypatch):
    """The way of asking on Windows, with the locks of this machine."""
    path = tmp_path / "lock"
    monkeypatch.setattr(sys, "platform", "win32")
    with locks.hold(path):
        assert locks.is_held(path)
    assert not locks.is_held(path)
    answers = iter([False, True])  # at first another who asks has it
    monkeypatch.setattr(locks, "lock_descriptor", lambda handle, blocking: next(answers))
    assert not locks.is_held(path)


def test_a_file_system_without_locks_is_no_other_process(tmp_path, monkeypatch):
    def none(handle, blocking):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(locks, "lock_descriptor", none)
    with pytest.raises(OSError, match="No locks available") as error, locks.hold(tmp_path / "lock"):
        pass
    assert error.value.filename == str(tmp_path / "lock")
    assert "keeps no locks; mount it with them" in sentence(error.value)
