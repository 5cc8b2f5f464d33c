"""The incremental reader of metrics.jsonl: always what one complete read gives, whatever happened to the file."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassy_core.files import LineWriter
from glassy_core.runs.records import COLUMNS, FINGERPRINT, METRICS, SeriesReader, read_series


def record(step, eta=0.01, **more):
    nll = 1 / (1 + step)
    return {"step": step, "tau": step * eta, "eta": eta, "nll": nll, "nll_minibatch": 1.1 * nll, "accuracy": 0.9} | more


def lines(records):
    return "".join(json.dumps(r) + "\n" for r in records).encode()


@pytest.fixture
def files(tmp_path):
    return tmp_path / "metrics.jsonl", tmp_path / "timing.jsonl"


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True) for name in COLUMNS)


def test_columns_are_the_records_and_absent_values_are_not_numbers(files):
    files[0].write_bytes(lines([record(0, nll_valid=0.5, gamma=1e-3), record(1), record(5, orthogonality_error=1e-16)]))
    files[1].write_bytes(lines([{"step": 0, "seconds": 0.1}, {"step": 5, "seconds": 2.5}]))
    series = read_series(*files)
    assert series.step.tolist() == [0, 1, 5]
    assert series.step.dtype == np.int64
    assert series.tau.tolist() == [0, 0.01, 0.05]
    assert series.nll.tolist() == [1, 1 / 2, 1 / 6]
    np.testing.assert_array_equal(series.nll_valid, [0.5, np.nan, np.nan])
    np.testing.assert_array_equal(series.gamma, [1e-3, np.nan, np.nan])
    np.testing.assert_array_equal(series.orthogonality_error, [np.nan, np.nan, 1e-16])
    np.testing.assert_array_equal(series.seconds, [0.1, np.nan, 2.5])  # joined by step, not by place


def test_a_run_that_has_recorded_nothing_is_empty(files):
    reader = SeriesReader(*files)
    assert len(reader.read()) == 0
    files[0].write_bytes(b'{"step": 0, "ta')
    assert len(reader.read()) == 0
    files[0].write_bytes(lines([record(0)]))
    assert len(reader.read()) == 1


def test_the_last_record_of_a_step_counts_and_shows_the_new_eta(files):
    files[0].write_bytes(lines([record(0), record(10), record(10, eta=0.005), record(20, eta=0.005)]))
    series = read_series(*files)
    assert series.step.tolist() == [0, 10, 20]
    assert series.eta.tolist() == [0.01, 0.005, 0.005]
    assert series.eta_changes.tolist() == [1]


def test_a_step_repeated_in_a_later_read_replaces_the_earlier_one(files):
    files[0].write_bytes(lines([record(0), record(10)]))
    reader = SeriesReader(*files)
    before = reader.read()
    with open(files[0], "ab") as file:
        file.write(lines([record(10, eta=0.005)]))
    after = reader.read()
    assert after.eta.tolist() == [0.01, 0.005]
    assert before.eta.tolist() == [0.01, 0.01]  # what was given out before stays as it was


def test_what_is_given_out_stays_as_it_was_while_the_file_grows(files):
    reader = SeriesReader(*files)
    kept = []
    for step in range(3000):  # past the buffer's first sizes
        with open(files[0], "ab") as file:
            file.write(lines([record(step)]))
        if step % 500 == 499:
            kept.append(reader.read())
    assert [len(series) for series in kept] == [500, 1000, 1500, 2000, 2500, 3000]
    assert all(np.array_equal(series.step, np.arange(len(series))) for series in kept)


def test_the_same_object_comes_back_where_nothing_is_new(files):
    files[0].write_bytes(lines([record(0)]))
    reader = SeriesReader(*files)
    assert reader.read() is reader.read()


def test_only_what_was_appended_is_parsed(files, monkeypatch):
    files[0].write_bytes(lines(record(step) for step in range(1000)))
    reader = SeriesReader(*files)
    reader.read()
    parsed = []
    real = json.loads
    monkeypatch.setattr("glassy_core.files.json.loads", lambda text: parsed.append(len(text)) or real(text))
    with open(files[0], "ab") as file:
        file.write(lines([record(1000)]))
    assert len(reader.read()) == 1001
    assert sum(parsed) < 300


def test_a_torn_last_line_is_taken_in_once_it_is_whole(files):
    whole = lines([record(0), record(1)])
    reader = SeriesReader(*files)
    for cut in range(len(whole) + 1):
        files[0].write_bytes(whole[:cut])  # rewritten in place: the inode stays, the file only grows
        assert reader.read().step.tolist() == [0, 1][: whole[:cut].count(b"\n")]


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x00\xff\xfe\n",
        b"[1, 2]\n",
        b'{"step": 1.5, "nll": 1}\n',
        b'{"step": true}\n',
        b'{"step": -3, "nll": 1}\n',
        b'{"step": 1e400}\n',
        b'{"nll": 0.5}\n',
        b"\n\n",
        b'{"step": 7}, {"step": 8}\n',
        b"[" * 100_000 + b"\n",
        b'{"step": 99999999999999999999999}\n',
    ],
)
def test_rubbish_lines_are_left_out_and_their_neighbours_kept(files, rubbish):
    files[0].write_bytes(lines([record(0)]) + rubbish + lines([record(2)]))
    assert read_series(*files).step.tolist() == [0, 2]


@pytest.mark.parametrize("value", ['"high"', "null", "[1]", "1" + "0" * 400, "NaN", "Infinity"])
def test_a_value_that_is_no_finite_number_is_not_a_number(files, value):
    files[0].write_bytes(f'{{"step": 0, "nll": {value}, "tau": 0.5}}\n'.encode() + lines([record(1)]))
    series = read_series(*files)
    assert series.tau.tolist() == [0.5, 0.01]
    assert not np.isfinite(series.nll[0])
    assert series.nll[1] == 0.5


def test_a_resumed_run_is_read_anew(files):
    files[0].write_bytes(lines(record(step) for step in range(100)))
    reader = SeriesReader(*files)
    reader.read()
    writer = LineWriter(
        files[0], lambda record: record["step"] <= 49
    )  # as a run resumed from its checkpoint at step 49 does
    assert reader.read().step.tolist() == list(range(50))
    for step in range(50, 200):
        writer.append(record(step, eta=0.002))
    writer.close()
    series = reader.read()
    assert same(series, read_series(*files))
    assert series.eta_changes.tolist() == [50]


def test_a_file_rewritten_longer_in_place_is_read_anew(files):
    files[0].write_bytes(lines(record(step) for step in range(100)))
    reader = SeriesReader(*files)
    reader.read()
    with open(files[0], "r+b") as file:  # same inode, and longer than what was read
        file.write(lines(record(step, eta=0.5) for step in range(150)))
        file.truncate()
    assert same(reader.read(), read_series(*files))


def test_a_file_that_went_away_is_empty_and_one_that_comes_back_is_read(files):
    files[0].write_bytes(lines([record(0), record(1)]))
    reader = SeriesReader(*files)
    reader.read()
    files[0].unlink()
    assert len(reader.read()) == 0
    files[0].write_bytes(lines([record(0)]))
    assert len(reader.read()) == 1


steps = st.lists(st.integers(0, 30), max_size=12)


@given(st.lists(st.tuples(st.sampled_from(["append", "truncate", "replace", "tear"]), steps), max_size=8))
def test_reading_piece_by_piece_equals_reading_at_once(tmp_path_factory, edits):
    folder = tmp_path_factory.mktemp("run")
    path, timing = folder / "metrics.jsonl", folder / "timing.jsonl"
    path.write_bytes(b"")
    reader = SeriesReader(path, timing)
    for n, (edit, chosen) in enumerate(edits):
        new = lines(record(step, eta=1 / (n + 1)) for step in chosen)
        old = path.read_bytes()
        if edit == "append":
            path.write_bytes(old + new)
        elif edit == "tear":
            path.write_bytes(old + new[: len(new) // 2])
        elif edit == "truncate":
            path.write_bytes(old[: len(old) // 2])
        else:
            path.unlink()
            path.write_bytes(new)
        assert same(reader.read(), read_series(path, timing))


def test_a_line_longer_than_a_piece_is_read_whole(files, monkeypatch):
    monkeypatch.setattr("glassy_core.runs.records.PIECE", 64)
    records = [record(step, note="x" * step) for step in range(0, 400, 7)]
    files[0].write_bytes(lines(records))
    assert read_series(*files).step.tolist() == [r["step"] for r in records]
    assert FINGERPRINT > 64  # so the fingerprint spans several pieces here


def test_a_hundred_thousand_records_load_quickly_and_then_incrementally(files):
    """A tenth of a long run; the bounds leave a slow machine room."""
    files[0].write_bytes(lines(record(200 * k, orthogonality_error=4.4e-16) for k in range(100_000)))
    files[1].write_bytes(lines({"step": 200 * k, "seconds": k / 8} for k in range(100_000)))
    reader = SeriesReader(*files)
    begun = time.process_time()
    assert len(reader.read()) == 100_000
    first = time.process_time() - begun
    with open(files[0], "ab") as file:
        file.write(lines([record(20_000_000)]))
    begun = time.process_time()
    assert len(reader.read()) == 100_001
    again = time.process_time() - begun
    assert first < 3
    assert again < first / 5


VALUES = (
    "1", "0.5", "-0", "1e5", "1E+2", "9.9e299", "1e300", "1e308", "1e309", "NaN", "Infinity", "-Infinity", "Inf",
    "null", "true", '"x"', '"\u00ff"', "[1]", '{"a":1}', "5e-324", "1" + "0" * 40, "9007199254740993", "01", "1.",
)  # fmt: skip
STEPS = ("0", "1", "2", "10", "-1", "1.0", "1e2", "null", '"3"', "9007199254740992", "9223372036854775808", "NaN")
ODD = (
    "",
    " ",
    "null",
    "3",
    "[]",
    '[{"step":1}]',
    "{",
    "}",
    "{}",
    "#",
    '{"step":1}{"step":2}',
    '{"step":3}\r',
    "\ufeff",
)
COMPARE = """
import json, sys
import numpy as np
from glassy_core.runs import records
from glassy_core.files import parse_line

quick = 0
for piece in json.load(sys.stdin):
    piece = piece.encode("latin-1", "replace")
    found = [record for record in map(parse_line, piece.splitlines()) if record is not None]
    slow = np.array([[records._number(record.get(name)) for record in found] for name in records.METRICS])
    fast = records._columns_at_once(piece, records.METRICS)
    quick += fast is not None
    assert fast is None or np.array_equal(fast, slow.reshape(fast.shape), equal_nan=True), piece
print(quick)
"""


def test_reading_many_lines_at_once_gives_what_each_line_gives():
    """In a process of its own: the library that reads at once has ended it at a line `null`."""
    rng = np.random.default_rng(0)

    def pick(values):
        return values[rng.integers(len(values))]

    def line():
        if rng.random() < 0.1:
            return pick(ODD)
        items = [f'"step":{pick(STEPS[:4] if rng.random() < 0.9 else STEPS)}'] * (rng.random() < 0.97)
        for name in (*METRICS[1:], "other"):
            if rng.random() < 0.3:
                items.append(f'"{name}": {pick(VALUES) if rng.random() < 0.15 else rng.random()}')
        return "{" + ", ".join(items) + "}"

    pieces = ["".join(line() + "\n" for _ in range(rng.integers(1, 4))) for _ in range(5000)]
    pieces += [line + "\n" for line in ODD] + [line + '\n{"step": 1}\n' for line in ODD]
    ran = subprocess.run(
        [sys.executable, "-c", COMPARE], input=json.dumps(pieces), capture_output=True, encoding="utf-8"
    )
    assert ran.returncode == 0, ran.stderr[-1000:]
    assert int(ran.stdout) > 1000  # many were read at once


def test_news_outlasts_a_failed_read_of_the_other_file(files, monkeypatch):
    files[0].write_bytes(lines([record(0)]))
    reader = SeriesReader(*files)
    assert len(reader.read()) == 1
    with files[0].open("ab") as file:
        file.write(lines([record(1)]))
    monkeypatch.setattr(reader._timing, "refresh", lambda: (_ for _ in ()).throw(OSError(116, "Stale file handle")))
    with pytest.raises(OSError, match="Stale"):
        reader.read()
    monkeypatch.undo()
    assert same(reader.read(), read_series(*files))
