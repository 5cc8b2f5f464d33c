"""The app as a user starts it, or as a presenter does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, contextmanager, suppress

import psutil

from glassy_core.classroom import PASSPHRASE_VARIABLE
from tests.strangers.conftest import PASSPHRASE, ROOT


@contextmanager
def served(tmp_path, for_a_class, headless=True, path="", gallery=False):
    """(port, process) of the app as a user starts it, or as a presenter does.

    path: looked in first for commands. gallery: the runs that come with glassy are shown.
    """
    with closing(socket.socket()) as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    env = {key: value for key, value in os.environ.items() if key != PASSPHRASE_VARIABLE}
    env["GLASSY_RUNS_DIR"] = str(tmp_path)
    if gallery:
        env["GLASSY_GALLERY_DIR"] = str(ROOT / "data" / "gallery")
    env["PATH"] = f"{path}{os.pathsep}{env['PATH']}" if path else env["PATH"]
    command = [sys.executable, "-m", "glassy_core", "class", "--port", str(port)]
    if for_a_class:
        env[PASSPHRASE_VARIABLE] = PASSPHRASE
    else:
        command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
        command += [f"--server.headless={str(headless).lower()}"]
    with open(tmp_path / "server.log", "wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(1200):
            with suppress(OSError), urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1):
                break
            assert process.poll() is None, (tmp_path / "server.log").read_text(encoding="utf-8")
            time.sleep(0.1)
        yield port, process
    finally:
        end(process.pid)
        process.wait(30)
        for other in psutil.process_iter(["cmdline"]):  # the dispatcher outlives the app, with a group of its own
            if str(tmp_path) in (other.info["cmdline"] or []):
                end(other.pid)


def end(group):
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
