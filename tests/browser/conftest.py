"""A real Chromium on the real app, with a run store of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pytest

from glassy_core.jobs.dispatcher import dispatcher_status
from glassy_core.runs.run import Run
from glassy_core.runs.store import GALLERY, GALLERY_VARIABLE, RunStore
from tests.processes import group_has_ended, in_time

ROOT = Path(__file__).resolve().parent.parent.parent
REQUIRED = "GLASSY_REQUIRE_BROWSER"  # set to 1: a missing browser is a failure
# The shell is the same browser without windows: opening a page costs it half as much.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


class App:
    """The app as a user starts it: a server process, and the dispatcher that it starts in turn.

    gallery: what its store shows behind its own runs.
    """

    def __init__(self, directory: Path, gallery: Path | None = None) -> None:
        self.store = RunStore(directory / "runs", gallery)
        self.log = directory / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        with closing(socket.socket()) as free:
            free.bind(("localhost", 0))
            self.port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = {"port": self.port, "headless": "true"}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py"]
                + [f"--server.{key}={value}" for key, value in options.items()],
                cwd=ROOT,
                env=os.environ
                | {
                    "GLASSY_RUNS_DIR": str(self.store.directory),
                    GALLERY_VARIABLE: str(self.store.gallery or ""),
                    "OMP_NUM_THREADS": "1",
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(600):
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        pytest.fail(f"The app did not start: {self.log.read_text(encoding='utf-8')[-2000:]}")

    def stop(self) -> None:
        """End the server; the dispatcher and its runs go on."""
        if self.process:
            end_group(self.process.pid)
            self.process.wait(20)
            self.process = None

    def close(self) -> None:
        """End the server, the dispatcher and its workers."""
        self.stop()
        status = dispatcher_status(self.store)
        if status.alive and status.pid:  # its lock is held, so the number is not another process's by now
            end_group(status.pid)

    def clear(self) -> None:
        """End the runs and remove them; the server and the dispatcher with its workers go on, and are there sooner."""
        if not self.process:
            self.start()
        for run in self.store.runs():
            if not in_time(lambda run=run: self._is_over(run), 180.0):
                pytest.fail(f"The run was asked to stop and is {run.state()}: {run.path}")
            shutil.rmtree(run.path)
        self.store.empty_trash()

    def _is_over(self, run: Run) -> bool:
        """Whether nobody works on a run, nor will: it is asked to stop until then."""
        status = run.state().status
        if status == "running" or (status == "queued" and dispatcher_status(self.store).alive):
            run.request("stop")
            return False
        return not run.is_locked()

    def only_run(self) -> Run:
        (run,) = self.store.runs()
        return run

    def wait_for(self, run: Run, status: str, seconds: float = 180.0) -> None:
        """Wait until the store says that the run has that status."""
        deadline = time.monotonic() + seconds
        while run.state().status != status:
            if time.monotonic() > deadline:
                pytest.fail(f"The run is {run.state()}, not {status}, after {seconds} s.")
            time.sleep(0.2)


def end_group(group: int) -> None:
    """End a process and its children; they were started as a group of their own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(group, number)
        if in_time(lambda: group_has_ended(group), 5.0):
            return


def _missing(what: str) -> None:
    message = f"{what}: the pages are not tested in a browser. Install Debian's chromium-headless-shell, or chromium, "
    message += "and requirements-dev.txt."
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if not path:
        _missing("No Chromium was found")
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError:
        _missing("playwright is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        expect.set_options(timeout=150_000)  # a busy machine is no defect of a page
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def own_app(tmp_path_factory, chromium):
    """The app, started once, with a run store of its own."""
    app = App(tmp_path_factory.mktemp("app"))
    app.start()
    yield app
    app.close()


@pytest.fixture
def app(own_app):
    """The app with an empty run store: what the test leaves is ended and cleared away."""
    yield own_app
    own_app.clear()


@pytest.fixture(scope="module")
def shared_app(own_app):
    """The same for a module whose tests share what is in the store: `app` is made this there."""
    yield own_app
    own_app.clear()


@pytest.fixture(scope="session")
def gallery_app(tmp_path_factory, chromium):
    """The app on a store that shows the gallery and nothing else."""
    app = App(tmp_path_factory.mktemp("first"), gallery=GALLERY)
    app.start()
    yield app
    app.close()


@pytest.fixture
def page(chromium, app):
    """A tab of 1280 by 1400 pixels; the test fails if a page raised an exception, or asked for anything elsewhere."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1400}, locale="en-GB")
    context.set_default_timeout(150_000)
    page = context.new_page()
    raised: list[str] = []
    page.on("pageerror", lambda error: raised.append(str(error)))
    elsewhere: list[str] = []
    here = (app.url, app.url.replace("http", "ws"), "data:", "blob:", "about:")
    page.on("request", lambda request: request.url.startswith(here) or elsewhere.append(request.url))
    yield page
    exceptions = page.locator("[data-testid=stException]").all_inner_texts()
    context.close()
    assert exceptions == []
    assert raised == []
    assert elsewhere == []  # the app needs no network
