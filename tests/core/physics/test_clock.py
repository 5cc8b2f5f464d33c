"""Curves beside a reference at the same tau, and which runs may stand beside each other."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.commands.main import main
from glassy_core.physics.learning_curves.clock import EARLIEST, beside
from glassy_core.presets import PRESETS
from glassy_core.runs.groups import readable
from glassy_core.runs.store import RunStore
from glassy_core.runs.variants import variants, way
from tests.made_runs import BASE, write_run

FLOW = replace(PRESETS["class-flow-near"].config, name="")
TAU = np.geomspace(0.01, 100, 200)


def law(tau):
    return 0.02 + 0.4 * np.maximum(tau, 0.1) ** -0.8


def test_a_curve_that_is_higher_by_a_factor_lies_there():
    tau = np.linspace(0, 120, 500)[1:]
    found = beside(tau, 1.1 * law(tau), TAU, law(TAU))
    assert found.tau[0] >= EARLIEST
    assert found.tau[-1] <= 100  # as far as both reach
    assert found.ratio == pytest.approx(1.1, rel=1e-3)
    assert found.at(10) == pytest.approx(1.1, rel=1e-3)
    assert np.isnan(found.at(1000))


def test_curves_that_do_not_meet_have_nothing_beside_each_other():
    early, late = np.array([0.1, 0.2]), np.array([1.0, 2.0])
    assert len(beside(early, law(early), late, law(late)).tau) == 0
    assert len(beside(late, law(late), np.array([0.0]), np.array([1.0])).tau) == 0
    assert np.isnan(beside(early, law(early), late, law(late)).at(1.0))


def made(store):
    write_run(store, FLOW, TAU, law(TAU))
    for config, factor in (
        (BASE, 1.02),
        (replace(BASE, eta=2e-2), 1.3),
        (replace(BASE, batch_size="all", gradient="exact"), 1.0),
        (replace(BASE, seed=1), 9.0),  # another network
        (replace(BASE, chorales=4), 9.0),  # other data
        (replace(BASE, width=30), 9.0),
    ):
        write_run(store, config, TAU, factor * law(TAU))


def test_a_network_stands_beside_itself_alone_and_the_flow_is_the_reference(tmp_path):
    store = RunStore(tmp_path)
    made(store)
    write_run(store, BASE, TAU[:9], law(TAU[:9]))  # once more, not as far
    (group,) = variants(readable(store.runs()))
    assert [way(one.config) for one in group] == [
        "flow", "eta = 0.005, p = 300", "eta = 0.02, p = 300", "eta = 0.005, all transitions, exact gradient",
    ]  # fmt: skip
    assert group[1].run.state().tau == pytest.approx(100)


def test_no_way_of_learning_hides_another_one():
    assert way(replace(BASE, gradient="exact")) == "eta = 0.005, p = 300, exact gradient"
    assert way(replace(FLOW, tolerance=1e-4)) == "flow, tolerance = 0.0001"
    assert way(replace(FLOW, threads=2, record_every=7)) == "flow"


def test_the_command_prints_the_ratios(tmp_path, capsys):
    made(RunStore(tmp_path))
    assert main(["clock", "--json", "--runs-dir", str(tmp_path)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["reference"] == "flow"
    assert said["ratios"]["eta = 0.02, p = 300"]["10"] == pytest.approx(1.3, rel=1e-2)
