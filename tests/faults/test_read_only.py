"""An installation that can only be read, and a user without a home, as containers and kiosks have them."""

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest
from numba import config, njit
from numba.core.caching import UserProvidedCacheLocator

from glassy_core import classroom, files
from glassy_core.jobs import dispatcher
from glassy_core.runs.run import Run
from glassy_core.runs.store import RunStore
from tests.faults.shared import cannot

ROOT = Path(__file__).resolve().parents[2]
NO_HOME = "/proc/no-home"  # not even root can make it
SEALED = """
mount -o bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && exec "$@"
"""
# Every place but two can only be read, and the user has no more rights than a container's: --read-only and USER.
CONTAINED = """
mount --bind "$VOLUME" "$VOLUME" && mount --bind "$TMPDIR" "$TMPDIR" || exit 1
for place in $(awk '{print $2}' /proc/mounts | grep -vx "$VOLUME\\|$TMPDIR\\|/\\(proc\\|sys\\|dev\\).*"); do
    mount -o remount,bind,ro "$place"
done
if touch "$0/.x" 2> /dev/null || touch "$VOLUME/../.x" 2> /dev/null; then exit 1; fi
cd "$0" && exec setpriv --bounding-set=-all --inh-caps=-all "$@"
"""

COMPILED_HERE = "evaluation.fields"  # a small one that every run needs


def keep_kernels(cache):
    """What the checkout has compiled already, all but one kernel, where numba looks in `cache`: that saves a minute."""
    for index in ROOT.glob("glassy_core/**/__pycache__/*.nb?"):
        if not index.name.startswith(COMPILED_HERE):
            source = index.parent.parent / f"{index.name.split('.')[0]}.py"
            folder = cache / UserProvidedCacheLocator.get_suitable_cache_subpath(str(source))
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(index, folder)


@pytest.fixture
def temporary(tmp_path_factory):
    """Where the kernels go."""
    folder = tmp_path_factory.mktemp("temporary")
    kernels = folder / f"glassy-kernels-{os.getuid()}"
    kernels.mkdir(parents=True, mode=0o700)
    keep_kernels(kernels)
    return folder


@pytest.fixture
def sealed(tmp_path, temporary):
    """Runs the command line where the checkout cannot be written; its status and its words."""
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        cannot("This user cannot mount")

    def run(*words, runs=tmp_path / "runs"):
        variables = os.environ | {"HOME": NO_HOME, "TMPDIR": str(temporary), "GLASSY_RUNS_DIR": str(runs or "")}
        result = subprocess.run(
            ["unshare", "-m", "sh", "-c", SEALED, ROOT, sys.executable, "-m", "glassy_core", *map(str, words)],
            env=variables, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        return result.returncode, result.stdout, result.stderr

    return run


def test_train_generate_and_sweep_keep_their_kernels_among_the_temporary_files(sealed, temporary, tmp_path):
    status, out, err = sealed("train", "--width", 8, "--steps", 40)
    assert status == 0, err
    (kernels,) = temporary.glob("glassy-kernels-*")
    assert stat.S_IMODE(kernels.stat().st_mode) == 0o700
    assert list(kernels.rglob(f"{COMPILED_HERE}*.nbi"))
    status, out, err = sealed("generate", Run(Path(out.splitlines()[-1])).id, "--length", 8, "--out", tmp_path / "out")
    assert status == 0, err
    assert {path.suffix for path in (tmp_path / "out").iterdir()} >= {".mid", ".wav"}
    assert_a_sweep_is_trained(sealed, RunStore(tmp_path / "swept"))  # here, where the kernels are compiled already


def assert_a_sweep_is_trained(sealed, store):
    try:
        status, _, err = sealed(
            "sweep", "--depths", 1, "--widths", "6,8", "--seeds", 0, "--steps", 60, runs=store.directory
        )
        assert status == 0, err
        deadline = time.monotonic() + 300
        while {run.state().status for run in store.runs()} != {"finished"}:
            assert time.monotonic() < deadline, [run.state() for run in store.runs()]
            time.sleep(0.5)
    finally:
        served = dispatcher.dispatcher_status(store)
        if served.alive:
            os.kill(served.pid, 15)


def test_what_has_no_place_is_one_sentence(sealed):
    status, out, err = sealed("train", "--width", 8, "--steps", 40, runs=None)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "name another folder with --runs-dir or GLASSY_RUNS_DIR" in err


# --- the container


def container():
    """The Dockerfile's variables, its command, and all of its instructions."""
    instructions = [line.split(maxsplit=1) for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()]
    instructions = [words for words in instructions if len(words) == 2 and words[0].isupper()]
    variables = dict(rest.split("=", 1) for name, rest in instructions if name == "ENV")
    (command,) = (json.loads(rest) for name, rest in instructions if name == "CMD")
    return variables, command, instructions


def test_the_container_is_no_root_and_has_what_it_copies_and_installs():
    variables, command, instructions = container()
    names = [name for name, _ in instructions]
    assert names[0] == "FROM"
    assert {"USER", "VOLUME"} < set(names[: names.index("CMD")])
    assert dict(instructions)["USER"] not in ("root", "0")
    assert (command[:3], dict(instructions)["EXPOSE"]) == (["python", "-m", "glassy_core"], str(classroom.PORT))
    assert [rest for name, rest in instructions if name == "COPY"] == ["requirements.txt .", ". ."]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv", "runs/*", "data/own"} <= set(ignored)
    assert not {"data", "docs", "pages", "app.py", "glassy_core", ".streamlit"} & set(ignored)
    (line,) = re.findall(r"^    (docker run .*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert "--read-only --tmpfs /tmp" in line
    assert f":{dict(instructions)['VOLUME']} " in line
    assert all(value.startswith(("/runs", "/glassy", "1")) for value in variables.values())


def test_the_containers_command_serves_the_app_and_trains(sealed, tmp_path, temporary):
    """With the Dockerfile's variables, where nothing but the volume and the temporary files can be written."""
    variables, command, _ = container()
    (volume := tmp_path / "volume").mkdir()
    places = {
        name: value.replace("/runs", str(volume)).replace("/glassy", str(ROOT)) for name, value in variables.items()
    }
    env = os.environ | places | {"HOME": NO_HOME, "TMPDIR": str(temporary), "GLASSY_PASSPHRASE": "four words of ours"}
    env["VOLUME"] = str(volume)
    inside = ["unshare", "-m", "sh", "-c", CONTAINED, ROOT, sys.executable]
    keep_kernels(Path(places["NUMBA_CACHE_DIR"]))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with open(tmp_path / "log.txt", "wb") as log:
        served = subprocess.Popen([*inside, *command[1:], "--port", str(port)], env=env, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 120
        while not answers(f"http://127.0.0.1:{port}/_stcore/health"):
            assert time.monotonic() < deadline, (tmp_path / "log.txt").read_text(encoding="utf-8")
            time.sleep(0.5)
        assert answers(f"http://127.0.0.1:{port}/")
    finally:
        served.terminate()
        served.wait(30)
    trained = subprocess.run(
        [*inside, "-m", "glassy_core", "train", "--width", "8", "--steps", "40"],
        env=env, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert trained.returncode == 0, trained.stderr
    assert Path(trained.stdout.split()[-1]).parent == volume
    assert list((volume / ".kernels").rglob(f"{COMPILED_HERE}*.nbi"))
    assert {run.id for run in RunStore(volume).runs()} == {Path(trained.stdout.split()[-1]).name}


def answers(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


# --- where kernels are kept


def double(x):
    return 2 * x


def nowhere(monkeypatch):
    """numba finds no place beside a file, nor in a home."""
    real = njit

    def refusing(*functions, **options):
        if options.get("cache") and not config.CACHE_DIR:
            raise RuntimeError("cannot cache function: no locator available")
        return real(*functions, **options)

    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.setattr("numba.njit", refusing)


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_folder_that_others_can_write_is_not_used(monkeypatch, tmp_path, mode):
    nowhere(monkeypatch)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / f"glassy-kernels-{os.getuid()}"
    folder.mkdir()
    folder.chmod(mode)
    assert files.compiled(double)(4) == 8
    assert config.CACHE_DIR == ""
    folder.chmod(0o700)
    assert files.compiled(double)(4) == 8
    assert str(folder) == config.CACHE_DIR


def test_a_link_in_the_folders_place_is_not_followed(monkeypatch, tmp_path):
    nowhere(monkeypatch)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / f"glassy-kernels-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    assert files.compiled(double)(4) == 8
    assert config.CACHE_DIR == ""


def test_without_any_place_it_is_compiled_all_the_same(monkeypatch, tmp_path):
    nowhere(monkeypatch)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    assert files.compiled(double)(4) == 8
    assert config.CACHE_DIR == ""
