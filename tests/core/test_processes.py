"""Processes: what outlives the one that started it, who gives way, and the flags that Windows wants for the same."""

import io
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from glassy_core import processes
from glassy_core.files import ROOT

GONE = """
import sys
from pathlib import Path
from glassy_core import processes
processes.command_line = lambda arguments: [sys.executable, "-c", *arguments]
with open(sys.argv[1], "wb") as log:
    processes.start(["import os, time; print(os.getpid(), os.getsid(0), flush=True); time.sleep(60)"], log)
"""


@pytest.fixture
def on_windows(monkeypatch):
    """What is asked of the system there, while nothing is started: a list of (command, options)."""
    asked = []

    def note(command, **options):
        asked.append((command, options))
        return subprocess.CompletedProcess(command, 5)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 0x08000000, raising=False)
    monkeypatch.setattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0x200, raising=False)
    monkeypatch.setattr(subprocess, "Popen", note)
    monkeypatch.setattr(subprocess, "run", note)
    return asked


@pytest.mark.posix
def test_what_is_started_outlives_who_started_it_and_its_terminal(tmp_path):
    log = tmp_path / "log"
    starter = subprocess.Popen([sys.executable, "-c", GONE, str(log)], cwd=ROOT, start_new_session=True)
    assert starter.wait(60) == 0
    deadline = time.monotonic() + 180
    while not log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    pid, session = map(int, log.read_text(encoding="utf-8").split())
    try:
        assert psutil.pid_exists(pid)
        assert session == pid  # of its own: no terminal's end or Ctrl-C is for it
    finally:
        os.kill(pid, signal.SIGKILL)


def test_on_windows_it_has_a_console_of_its_own_without_a_window(on_windows):
    log = io.BytesIO()
    processes.start(["dispatch"], log, {"GLASSY_X": "1"})
    [(command, options)] = on_windows
    assert command == [sys.executable, "-m", "glassy_core", "dispatch"]
    assert options["creationflags"] == 0x08000000 | 0x200
    assert "start_new_session" not in options
    assert (options["stdin"], options["stdout"], options["stderr"]) == (subprocess.DEVNULL, log, log)
    assert options["env"] == {**os.environ, "PYTHONIOENCODING": "utf-8", "GLASSY_X": "1"}


def test_on_windows_another_program_is_waited_for_and_its_exit_status_passed_on(on_windows):
    with pytest.raises(SystemExit) as ended:
        processes.become(["python", "-m", "streamlit"])
    assert ended.value.code == 5
    assert on_windows == [(["python", "-m", "streamlit"], {"check": False})]


@pytest.mark.posix
def test_an_answer_is_text_whatever_the_locale():
    for variables in ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "latin-1"}):
        asking = "from glassy_core import processes\nimport sys\n"
        asking += "processes.command_line = lambda arguments: [sys.executable, '-c', *arguments]\n"
        asking += "said = processes.answer(['print(chr(964), chr(8594))'], 60).stdout\n"
        asking += "assert said == chr(964) + ' ' + chr(8594) + chr(10), ascii(said)"
        done = subprocess.run([sys.executable, "-c", asking], cwd=ROOT, env=os.environ | variables, check=False)
        assert done.returncode == 0


def test_an_answer_that_does_not_come_is_a_time_out(monkeypatch):
    monkeypatch.setattr(processes, "command_line", lambda arguments: [sys.executable, "-c", *arguments])
    with pytest.raises(subprocess.TimeoutExpired):
        processes.answer(["import time; time.sleep(60)"], 0.3)


@pytest.mark.posix
def test_who_gives_way_is_nicer_and_so_are_those_it_starts():
    asking = (
        "import os, subprocess, sys\nfrom glassy_core import processes\nbefore = os.nice(0)\nprocesses.give_way()\n"
    )
    asking += "processes.give_way()\nprint(before, os.nice(0), flush=True)\n"
    asking += "subprocess.run([sys.executable, '-c', 'import os; print(os.nice(0))'])"
    said = subprocess.run([sys.executable, "-c", asking], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    before, after, child = map(int, said.stdout.split())
    assert after == child == min(before + 20, 19)


def test_on_windows_it_has_the_class_below_normal(monkeypatch):
    given = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 0x4000, raising=False)
    monkeypatch.setattr(psutil.Process, "nice", lambda self, value=None: given.append(value))
    processes.give_way()
    assert given == [0x4000]


@pytest.mark.posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_end_that_is_asked_for_is_an_act(name):
    asking = "import os, signal, sys\nfrom glassy_core import processes\n"
    asking += "processes.when_asked_to_end(lambda: print('asked'))\n"
    asking += f"os.kill(os.getpid(), signal.{name})\nprint('goes on')"
    said = subprocess.run([sys.executable, "-c", asking], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert said.stdout == "asked\ngoes on\n"


def test_on_windows_ctrl_break_asks_too(monkeypatch):
    heard = {}
    monkeypatch.setattr(signal, "SIGBREAK", 21, raising=False)
    monkeypatch.setattr(signal, "signal", lambda number, act: heard.update({number: act}))
    acts = []
    processes.when_asked_to_end(lambda: acts.append(1))
    assert set(heard) == {signal.SIGINT, signal.SIGTERM, 21}
    heard[21](21, None)
    assert acts == [1]


def test_a_console_with_another_alphabet_ends_no_command():
    asking = "import sys\nfrom glassy_core import processes\nprocesses.print_what_can_be()\n"
    asking += "print('tau =', chr(8734))\nprint(chr(964), file=sys.stderr)"
    env = os.environ | {"PYTHONIOENCODING": "cp1252"}
    done = subprocess.run([sys.executable, "-c", asking], cwd=ROOT, env=env, capture_output=True, check=True)
    assert done.stdout.split() == [b"tau", b"=", b"?"]
    assert done.stderr.strip() == b"?"


def test_the_commands_print_on_such_a_console(tmp_path):
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [*processes.command_line(["paper", "--runs-dir", str(tmp_path)])]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
