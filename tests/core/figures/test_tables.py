"""The tables that can be downloaded: any reader of CSV gets back every number and name that went in."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.figures import tables
from glassy_core.figures.aging import Column
from glassy_core.figures.music import Point
from glassy_core.figures.style import Ensemble
from glassy_core.paper.exponents import ExponentPoint
from glassy_core.physics.aging.aging import aging
from glassy_core.physics.critical_width.learning_times import THRESHOLDS
from glassy_core.physics.learning_curves.power_law import fit_power_law
from glassy_core.runs.groups import readable
from glassy_core.runs.measured import criticality, trajectory
from glassy_core.runs.records import COLUMNS
from glassy_core.runs.store import RunStore
from glassy_core.training.probe import Probe, Trace
from tests.core.figures.test_learning_curves_figures import CORPUS, curve, series
from tests.made_runs import write_aging, write_sweep

ODD = 'one, "two"\nthree'  # what a name may hold and a table must keep apart


def read(lines):
    """The comments and the rows by column."""
    lines = list(lines)
    comments = [line[2:].rstrip("\n") for line in lines if line.startswith("# ")]
    return comments, list(csv.DictReader("".join(lines[len(comments) :]).splitlines(keepends=True)))


@pytest.fixture(scope="module")
def fitted():
    recorded = series(4000, law=lambda tau: 0.02 + 0.5 * np.maximum(tau, 1e-3) ** -0.8)
    return Ensemble(ODD, "a setting", "#B17A12", (curve("a0", recorded=recorded),)), fit_power_law(
        recorded.tau, recorded.nll, (1, 19)
    )


def test_numbers_keep_their_digits_and_what_is_not_known_is_empty():
    numbers = [0.1 + 0.2, 1e-300, np.float64(1 / 3), np.int64(7), 10**20]
    (line,) = list(tables.csv_lines([], list("abcde"), [numbers]))[1:]
    assert [float(cell) for cell in line.split(",")] == [float(number) for number in numbers]
    assert list(tables.csv_lines([], "abc", [[None, float("nan"), np.float64("nan")]]))[1:] == [",,\n"]


def test_names_are_quoted_where_they_have_to_be():
    _, (row, plain) = read(tables.csv_lines(["c"], ["name", "n"], [[ODD, 1], ["w = <10>", 2]]))
    assert (row["name"], row["n"], plain["name"]) == (ODD, "1", "w = <10>")
    assert list(tables.csv_lines([], ["n"], [["w = <10>"]]))[-1] == "w = <10>\n"


def test_every_record_with_the_settings_as_comments():
    short = series(2, nll_valid=np.array([0.5, np.nan]))
    comments, rows = read(tables.records([("a", {"width": 24}, short), ("b", {"width": 48}, short)]))
    assert json.loads(comments[0].removeprefix("a: ")) == {"width": 24}
    assert len(comments) == 3
    assert list(rows[0]) == ["run", *COLUMNS]
    assert [(row["run"], float(row["step"])) for row in rows] == [(run, step) for run in "ab" for step in short.step]
    assert (float(rows[0]["nll_valid"]), rows[1]["nll_valid"]) == (0.5, "")
    assert [float(row["nll"]) for row in rows[:2]] == short.nll.tolist()  # no digit is lost


def test_every_bin_of_a_fit(fitted):
    setting, fit = fitted
    nothing = setting, fit_power_law([], [])
    comments, rows = read(tables.fits([fitted, nothing]))
    assert json.loads(comments[0].removeprefix(f"{ODD}: ".replace("\n", " ")))["fit"] == fit.to_json()
    assert {row["run"] for row in rows} == {ODD}
    for name, column in (("tau", fit.points.tau), ("recordings", fit.points.count), ("residual", fit.points.residuals)):
        assert [float(row[name]) for row in rows] == column.tolist()


def test_the_map_has_a_row_a_setting_and_no_number_where_there_is_no_fit(fitted):
    places = [
        ExponentPoint(replace(CORPUS, width=20), fitted[1], ("x", "y")),
        ExponentPoint(replace(CORPUS, width=10), fit_power_law([], []), ("z",)),
    ]
    _, (known, unknown) = read(tables.exponents(places))
    assert (known["width"], known["seeds"], known["reliable"]) == ("20", "2", str(fitted[1].reliable).lower())
    assert float(known["nll_inf_high"]) == fitted[1].nll_inf.high
    assert (unknown["exponent"], unknown["nll_inf_low"], unknown["reliable"]) == ("", "", "false")
    assert known["dynamics"] == "steps"


def test_noise_has_a_row_a_step_at_each_size():
    traces = tuple(Trace(size, np.array([0.5, 0.25]), np.array([0.1, 1 / 3])) for size in (60, "all"))
    comments, rows = read(tables.noise_traces("a", CORPUS, Probe(500, 2.5, 5e-3, "kept", traces)))
    assert json.loads(comments[0].removeprefix("a: "))["step"] == 500
    assert [(row["batch_size"], row["steps_on"]) for row in rows] == [(s, n) for s in ("60", "all") for n in "01"]
    assert float(rows[1]["nll_minibatch"]) == 1 / 3


def test_learning_times_are_empty_where_censored(tmp_path):
    store = RunStore(tmp_path)
    write_sweep(store)
    (settings, units), rows = read(tables.learning_times(criticality(readable(store.runs()), copies=20), "8 chorales"))
    assert settings == "8 chorales"
    assert "bits" in units
    assert len(rows) == 2 * 16 * len(THRESHOLDS)
    assert all((row["tau_star"] == "") == (row["censored"] == "1") for row in rows)


def test_delta_has_a_row_a_point(tmp_path):
    found = [trajectory(write_aging(RunStore(tmp_path)))]
    column = Column(ODD, "#C8553D", found, aging(found))
    comments, rows = read(tables.fluctuations([column], ["Gamma as it changes"]))
    assert comments[0] == "Gamma as it changes"
    assert len(rows) == sum(len(curve.tau) for curve in column.aging.curves)
    assert (rows[0]["network"], rows[0]["tau_w_step"], rows[0]["tau_w"]) == (ODD, "10000", "50.0")
    assert (rows[0]["low"], rows[0]["seeds"]) == ("", "1")  # one seed has no spread


def test_recall_has_a_row_a_point_of_either_figure():
    points = [Point(ODD, "#112233", 10, 100, 0.5, 0.25, 1, 8), Point("b", "#445566", 24, 0, 0.0, 0.75, 6, 8)]
    comments, rows = read(tables.recall("recall; k = 4", points, [points[:1], []]))
    assert comments == ["recall; k = 4"]
    assert [(row["figure"], row["run"]) for row in rows] == [("width", ODD), ("width", "b"), ("tau", ODD)]
    assert [float(row["mean_share"]) for row in rows] == [0.25, 0.75, 0.25]
