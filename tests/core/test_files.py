"""Atomic files and append-only lines under torn writes."""

import builtins
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassy_core import files
from glassy_core.files import (
    PATIENCE,
    LineWriter,
    is_device,
    package_version,
    parse_line,
    read_json,
    read_lines,
    remove,
    replace_file,
    unreadable_lines,
    write_json,
)


def records(path):
    return [record for _, record in read_lines(path)]


@pytest.mark.parametrize("name", ["con", "NUL", "aux.json", "prn.tar.gz", "com1", "Com¹.mid", "lpt9.", "com0"])
def test_names_of_windows_devices(name):
    assert is_device(name)
    assert not is_device(f"a{name}")


@pytest.mark.parametrize("name", ["", "console", "con-1", "com", "com10", "lpt", "null", "a.con", "con_.json"])
def test_names_that_windows_leaves_to_files(name):
    assert not is_device(name)


def test_replace_leaves_the_old_file_where_writing_fails(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": float("nan")})
    with pytest.raises(TypeError):
        replace_file(path, "text, not bytes")
    assert read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"nul", b"[" * 100_000])
def test_unreadable_json_is_none(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert read_json(tmp_path / "x") is None


@given(cut=st.integers(0, 200))
def test_a_torn_last_line_is_ignored_then_repaired(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("torn") / "m.jsonl"
    lines = [json.dumps({"step": n, "nll": 1 / (n + 1)}) + "\n" for n in range(5)]
    whole = "".join(lines).encode()
    path.write_bytes(whole[:cut])
    complete = whole[:cut].count(b"\n")
    assert [r["step"] for r in records(path)] == list(range(complete))
    writer = LineWriter(path, lambda record: record["step"] <= 10)
    writer.append({"step": 99})
    writer.close()
    assert [r["step"] for r in records(path)] == [*range(complete), 99]


def test_garbage_lines_are_skipped_and_removed_at_the_next_writing(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_bytes(b'{"step": 1}\n\x00\xff garbage\n{"step": "2"}\n[3]\n{"step": 4}\n')
    assert [r["step"] for r in records(path)] == [1, 4]
    LineWriter(path, lambda record: record["step"] <= 4).close()
    assert path.read_bytes() == b'{"step": 1}\n{"step": 4}\n'


def test_records_beyond_the_checkpoint_are_dropped(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text("".join(f'{{"step": {n}}}\n' for n in range(6)), encoding="utf-8")
    LineWriter(path, lambda record: record["step"] <= 3).close()
    assert [r["step"] for r in records(path)] == [0, 1, 2, 3]


def test_reading_goes_on_from_an_offset(tmp_path):
    path = tmp_path / "m.jsonl"
    path.write_text('{"step": 0}\n{"step": 1}\n', encoding="utf-8")
    offset = next(read_lines(path))[0]
    assert [record["step"] for _, record in read_lines(path, offset)] == [1]
    assert records(tmp_path / "missing") == []


@given(st.binary(max_size=80))
def test_any_line_is_a_record_or_none(line):
    record = parse_line(line)
    assert record is None or isinstance(record["step"], int)


def test_a_line_that_does_not_fit_is_an_error_and_never_glued_to_the_next(tmp_path):
    path = tmp_path / "m.jsonl"
    writer = LineWriter(path, lambda record: True)

    class Full:  # a disk with room for ten bytes more
        room = 10

        def write(self, data):
            if not self.room:
                raise OSError(28, "No space left on device")
            taken, self.room = min(self.room, len(data)), self.room - min(self.room, len(data))
            return taken

    writer._file = Full()
    with pytest.raises(OSError, match="No space"):
        writer.append({"step": 123456789})


def test_two_threads_never_tear_a_file(tmp_path):
    path, torn = tmp_path / "x.json", []

    def write(n):
        for i in range(200):
            write_json(path, {"n": n, "text": "x" * (i % 50) * 40}, durable=False)
            torn.append(read_json(path) is None)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    assert not any(torn)


class Busy:
    """A file that another process has open for an instant: PermissionError a few times, then what is asked."""

    def __init__(self, function, times):
        self.function, self.times, self.calls = function, times, 0

    def __call__(self, *arguments, **options):
        self.calls += 1
        if self.calls <= self.times:
            raise PermissionError(13, "Access is denied")
        return self.function(*arguments, **options)


@pytest.fixture
def busy(monkeypatch):
    """busy(where, name, times) -> that function of the system, as it is on Windows while others read."""
    monkeypatch.setattr(sys, "platform", "win32")

    def busy(where, name, times):
        function = Busy(getattr(where, name), times)
        monkeypatch.setattr(where, name, function)
        return function

    return busy


def test_on_windows_a_file_that_is_being_read_is_replaced_a_moment_later(tmp_path, busy):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    replaced = busy(os, "replace", 2)
    write_json(path, {"a": 2})
    assert replaced.calls == 3
    assert read_json(path) == {"a": 2}
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_on_windows_a_file_that_is_being_replaced_is_read_a_moment_later(tmp_path, busy):
    path = tmp_path / "x.json"
    write_json(path, {"step": 1})
    opened = busy(builtins, "open", 2)
    assert read_json(path) == {"step": 1}
    assert opened.calls == 3
    (tmp_path / "m.jsonl").write_bytes(b'{"step": 1}\n')
    opened.calls = 0
    assert records(tmp_path / "m.jsonl") == [{"step": 1}]
    opened.calls = 0
    assert unreadable_lines(tmp_path / "m.jsonl") == 0


def test_on_windows_a_file_that_is_being_read_is_deleted_a_moment_later(tmp_path, busy):
    path = tmp_path / "stop"
    path.touch()
    busy(os, "unlink", 2)
    remove(path)
    assert not path.exists()
    remove(path)  # it may be missing


def test_on_windows_a_file_that_stays_in_use_is_an_error_after_a_second(tmp_path, busy):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    busy(os, "replace", 10**9)
    begun = time.monotonic()
    with pytest.raises(PermissionError):
        write_json(path, {"a": 2})
    assert PATIENCE <= time.monotonic() - begun < PATIENCE + 5
    assert read_json(path) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_elsewhere_what_may_not_be_written_is_an_error_at_once(tmp_path, monkeypatch):
    replaced = Busy(os.replace, 1)
    monkeypatch.setattr(os, "replace", replaced)
    with pytest.raises(PermissionError):
        write_json(tmp_path / "x.json", {"a": 2})
    assert replaced.calls == 1


def test_on_windows_no_directory_is_opened(tmp_path, monkeypatch):
    def refuse(path, *_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "open", refuse)  # as it is there, for a directory
    write_json(tmp_path / "x.json", {"a": 1})
    assert read_json(tmp_path / "x.json") == {"a": 1}


def test_versions_are_looked_up_in_a_copy_of_the_path(monkeypatch):
    """Streamlit changes the path for each page that it runs: looking along it, one lookup of 400 missed the package."""
    looked = []
    monkeypatch.setattr(
        files, "distributions", lambda **where: (looked.append(where["path"]), distributions(**where))[1]
    )
    package_version.cache_clear()
    assert package_version("numpy") == package_version("numpy") == np.__version__
    (path,) = looked
    assert path == sys.path
    assert path is not sys.path
