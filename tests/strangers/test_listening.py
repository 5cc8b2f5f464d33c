"""Who can reach the app: real sockets, real requests from another site's page, real uploads without a form."""

from __future__ import annotations

import base64
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from glassy_core import classroom, processes
from glassy_core.classroom import PASSPHRASE_VARIABLE
from glassy_core.jobs.dispatcher import dispatcher_status
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig
from tests.load.conftest import slowness
from tests.strangers.conftest import PASSPHRASE, ROOT
from tests.strangers.serving import end, served

OUTSIDE = (
    "/../README.md", "/%2e%2e/README.md", "/app/static/../../README.md", "/media/../../README.md",
    "/component/../../README.md", "/component/%2e%2e/%2e%2e/README.md",
)  # fmt: skip


def listening(pid):
    """Addresses that a process and its children listen on."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return {c.laddr.ip for one in family for c in one.net_connections("tcp") if c.status == psutil.CONN_LISTEN}


def handshake(port, origin, host=None):
    """The status with which a page of that origin is answered when it opens the app's socket."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = ["GET /_stcore/stream HTTP/1.1", f"Host: {host or f'localhost:{port}'}", "Upgrade: websocket"]
    lines += ["Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Origin: {origin}"]
    with closing(socket.create_connection(("127.0.0.1", port), 60)) as there:
        there.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return int(there.recv(64).split()[1])


def put(port, size, headers=()):
    """The status with which a file sent without a page is answered."""
    request = urllib.request.Request(
        f"http://localhost:{port}/_stcore/upload_file/some-session/some-file", b"x" * size, dict(headers), method="PUT"
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def app(request, tmp_path_factory):
    """(port, process, its log) of the app, for a class or not as the test's parameter has it."""
    directory = tmp_path_factory.mktemp("app")
    # Pages without a run cost next to nothing, so that no attack would be one.
    with served(directory, request.param, gallery=request.param) as (port, process):
        yield port, process, directory / "server.log"


def every_app(test):
    """Have a test look at the app as a user starts it, and as a presenter does."""
    return pytest.mark.parametrize("app", [False, True], ids=["default", "class"], indirect=True, scope="module")(test)


@every_app
def test_who_reaches_the_app(app, request):
    port, process, log = app
    for_a_class = request.node.callspec.params["app"]
    here = listening(process.pid)
    assert here == ({"0.0.0.0"} if for_a_class else here & {"127.0.0.1", "::1"})
    assert here
    # Streamlit's own protections: another site's page is not let in, nor a file without the token.
    assert handshake(port, f"http://localhost:{port}") == 101
    assert handshake(port, "http://evil.example") == 403
    assert put(port, 10) == 403
    # A name of somebody else's that leads to this machine: that page is "same origin" to the browser.
    rebound = handshake(port, "http://evil.example", "evil.example")
    assert rebound == (101 if for_a_class else 403)
    with urllib.request.urlopen(f"http://localhost:{port}/_stcore/host-config", timeout=60) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] != "*"
    for path in OUTSIDE:
        with closing(socket.create_connection(("127.0.0.1", port), 60)) as there:
            there.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: there.recv(65536), b""))
        assert b"make run" not in answer, path
    assert "Traceback" not in log.read_text(encoding="utf-8")


def tab(port, address):
    """The websocket of a page that a browser of that address opens."""
    wire = socket.create_connection(("127.0.0.1", port), 60, source_address=(address, 0))
    return connect(f"ws://localhost:{port}/_stcore/stream", sock=wire, subprotocols=["streamlit"], max_size=None)


def ask(page, name="", query=""):
    """Have a tab show a page; how many bytes it has, when it is there."""
    message = BackMsg()
    message.rerun_script.page_name, message.rerun_script.query_string = name, query
    page.send(message.SerializeToString())
    size = 0
    while ForwardMsg.FromString(message := page.recv(60)).WhichOneof("type") != "script_finished":
        size += len(message)
    return size


def open_page(port, address, name=""):
    """Seconds until a page is there for a browser of that address."""
    begun = time.perf_counter()
    with tab(port, address) as page:
        ask(page, name)
    return time.perf_counter() - begun


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one address of this machine's own")
@pytest.mark.parametrize("app", [True], ids=["class"], indirect=True, scope="module")
def test_two_thousand_sockets_that_say_nothing(app):
    port, _, log = app
    assert processes.raise_descriptors(3000) >= 3000, "the attack itself needs them"
    open_page(port, "127.0.0.2")
    before, silent, stop = log.stat().st_size, [], threading.Event()

    def attack():
        while not stop.is_set():
            one = socket.socket()
            one.setblocking(False)
            one.bind(("127.0.0.3", 0))
            one.connect_ex(("127.0.0.1", port))
            silent.append(one)
            if len(silent) % 250 == 0:
                time.sleep(0.1)
            if len(silent) == 2000:
                return

    attacker = threading.Thread(target=attack)
    attacker.start()
    try:
        waited = [open_page(port, "127.0.0.2") for _ in range(8)]
        attacker.join(30)
        waited += [open_page(port, "127.0.0.2") for _ in range(2)]
    finally:
        stop.set()
        attacker.join()
        for one in silent:
            one.close()
    assert len(silent) == 2000
    assert max(waited) < 2
    assert log.stat().st_size - before < 2000
    assert "127.0.0.3: 64 from one address that ask for nothing" in log.read_text(encoding="utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one address of this machine's own")
@pytest.mark.parametrize("app", [True], ids=["class"], indirect=True, scope="module")
def test_one_machine_asks_without_end(app):
    """Ten tabs of one machine have another piece composed again and again, of the longest: the teacher goes on."""
    port, process, _ = app
    stop, asked = threading.Event(), []

    def flood(first):
        with tab(port, "127.0.0.3") as page:
            for k in range(first, 10**6, 10):
                asked.append(ask(page, "Chorales", f"view=continue&decode=sample&length=512&seed={k}&k={1 + k % 9}"))
                if stop.is_set():
                    return

    open_page(port, "127.0.0.2", "Learning_curves")
    before, allowed = psutil.Process(process.pid).memory_info().rss, slowness()
    flooding = [threading.Thread(target=flood, args=(k,)) for k in range(10)]
    for one in flooding:
        one.start()
    try:
        waited = []
        for _ in range(6):
            time.sleep(0.3)
            waited.append(open_page(port, "127.0.0.2", "Learning_curves"))
    finally:
        stop.set()
        for one in flooding:
            one.join(120)
    print(f"The teacher's page: median {statistics.median(waited):.2f} s, at most {max(waited):.2f} s")
    assert len(asked) >= 10
    assert min(asked) > 200_000  # each had its piece and score
    assert statistics.median(waited) < allowed
    assert psutil.Process(process.pid).memory_info().rss - before < 150e6


def test_the_workers_listen_on_this_machine_alone(tmp_path):
    store = RunStore(tmp_path)
    store.create(RunConfig(), "another digest")  # so that there are workers
    command = [sys.executable, "-m", "glassy_core", "dispatch", "--runs-dir", str(tmp_path)]
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(1800):
            if dispatcher_status(store).workers:
                break
            assert process.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
            time.sleep(0.1)
        assert listening(process.pid) == {"127.0.0.1"}
    finally:
        end(process.pid)
        process.wait(30)


def test_the_passphrase_stands_in_no_command_line():
    assert PASSPHRASE not in " ".join(classroom.command())
    recipe = re.search(
        r"^class:.*?\n\n", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ).group()
    lines = [line for line in recipe.splitlines() if line.startswith("\t")]
    assert lines == ["\t@trap 'exit 0' INT; $(BIN)/python -m glassy_core class"]


def test_make_class_passes_the_passphrase_on(tmp_path):
    made = ["make", "-s", "class", "BIN=.", "VENV=" + str(tmp_path), "PYTHON=true"]
    for stamp in ("pip", "packages", "app"):
        (tmp_path / stamp).touch()
    fake = tmp_path / "python"
    fake.write_text('#!/bin/sh\necho "$GLASSY_PASSPHRASE $@"\n', encoding="utf-8")
    fake.chmod(0o755)
    made[3] = f"BIN={tmp_path}"
    env = {key: value for key, value in os.environ.items() if key != PASSPHRASE_VARIABLE}
    result = subprocess.run(
        [*made, f"PASSPHRASE={PASSPHRASE}"], cwd=ROOT, env=env, capture_output=True, encoding="utf-8"
    )
    assert result.stdout.strip() == f"{PASSPHRASE} -m glassy_core class"
    env[PASSPHRASE_VARIABLE] = "from outside"
    result = subprocess.run(made, cwd=ROOT, env=env, capture_output=True, encoding="utf-8")
    assert result.stdout.strip() == "from outside -m glassy_core class"
