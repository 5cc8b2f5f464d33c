"""The benchmark's peer learns the same thing; its count of flops and its report are what they say."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from glassy_core.editions.encoding import Transitions
from glassy_core.jobs import benchmark, flow_benchmark
from glassy_core.jobs.speed import calls_per_second
from glassy_core.network.autograd_peer import Peer
from glassy_core.network.equations import initial_weights, orthogonality_error
from glassy_core.network.learning_rule import TorchLearner
from glassy_core.presets import PRESETS, Preset
from glassy_core.settings import RunConfig
from tests.core.toys import toy_chorales, toy_data


def test_the_peer_makes_the_step_of_the_exact_gradient():
    data, rng = toy_data(), np.random.default_rng(0)
    start = initial_weights(2, 7, rng)
    for name in ("K", "W", "h0"):
        start[name] = 0.2 * rng.normal(size=start[name].shape)
    batch = rng.choice(data.P, 9, replace=False)
    # With all transitions in the loss both follow its gradient; a minibatch's rows alone differ in what
    # reaches back through time, and not at all in the outputs' weights.
    for rows, names in ((None, start), (batch, ("K", "W", "h0"))):
        peer, reference = Peer(start, data), TorchLearner([start], data, "exact", dtype=torch.float64)
        loss = peer.step(0.05, rows)
        reference.evaluate()
        H, targets = reference.H[0], reference.targets
        expected = torch.nn.functional.softplus(-2 * targets * H)[slice(None) if rows is None else rows].sum(1).mean()
        reference.update([0.05], None if rows is None else rows[None])
        assert abs(loss / float(expected) - 1) < 1e-5
        for name in names:
            assert np.abs(peer.weights()[name] - reference.weights()[name]).max() < 1e-5, name
        assert orthogonality_error(peer.weights()) < 1e-5


def test_flops_are_counted_product_by_product():
    d, w, P, p, N = 3, 7, 100, 20, 54
    products = [(P, w, N), (P, N, w), (P, N, N), (P, w, N)]  # J.0 S, K mu, W S, K^T eps
    products += [(P, w, w)] * (2 * (d - 1) + 2 * d)  # J and M forward, J^T and M^T backward
    products += [(p, w, N), (p, N, w), (p, N, N)] + [(p, w, w)] * (2 * d - 1)
    assert benchmark.dense_flops(d, w, P, p) == sum(2 * a * b * c for a, b, c in products)


@pytest.fixture
def small(monkeypatch):
    """Everything that is measured, in small."""
    monkeypatch.setattr(benchmark, "SHAPES", ((1, 6), (2, 4)))
    monkeypatch.setattr(benchmark, "CLASS_WIDTHS", (3,))
    monkeypatch.setattr(benchmark, "COST_WIDTHS", (3, 5))
    monkeypatch.setattr(benchmark, "COST_DEPTHS", (1, 2))
    monkeypatch.setattr(benchmark, "ROUND_SECONDS", 0.02)
    monkeypatch.setattr(flow_benchmark, "THREADED_SHAPE", (2, 5))
    monkeypatch.setattr(flow_benchmark, "TAUS", (0.5, 2.0, 8.0))
    monkeypatch.setattr(flow_benchmark, "DISTANCE_PRESETS", ("small", "less data"))
    config = RunConfig(depth=2, width=6, eta=4e-3, chorales=6)
    for name, settings in (("small", config), ("less data", replace(config, chorales=3, eta=2e-3))):
        monkeypatch.setitem(PRESETS, name, Preset("", "", settings))


CHORALES = toy_chorales(0, (9, 8, 7) * 4)


def test_report_has_the_promised_form(small):
    threads = torch.get_num_threads()
    result = benchmark.run(CHORALES)
    assert torch.get_num_threads() == threads
    report = json.loads(json.dumps(result.to_json(), allow_nan=False))
    keys = {"depth", "width", "steps_per_s", "peer_steps_per_s", "ratio", "flop_share"}
    keys |= {"evaluations_per_s", "evaluations_per_step"}
    assert [set(shape) for shape in report["shapes"] + report["class_world"]] == [keys] * 3
    assert all(shape["evaluations_per_s"] > 0 for shape in report["shapes"])
    assert [(shape["depth"], shape["width"]) for shape in report["shapes"]] == [(1, 6), (2, 4)]
    ratios = [shape["ratio"] for shape in report["shapes"]]
    assert np.isclose(report["geometric_mean_ratio"], np.sqrt(np.prod(ratios)))
    assert report["threads"] == 1
    assert {name: len(points) for name, points in report["cost"].items()} == {"chorales": 1, "width": 2, "depth": 2}
    assert all(point["milliseconds"] > 0 for points in report["cost"].values() for point in points)
    assert "Geometric mean" in result.table()
    blocks = [block.splitlines() for block in result.table().split("\n\n")]
    tables = [block for block in blocks if block[0].startswith("|")]
    assert len(tables) == 7  # shapes, class world, threads, ways, and the cost against three things
    assert all(len({row.count("|") for row in table}) == 1 for table in tables)


def test_a_quick_one_measures_shapes_and_threads_and_no_more(small):
    report = benchmark.run(CHORALES, quick=True).to_json()
    assert len(report["shapes"]) == 2
    assert not report["class_world"]
    assert not report["cost"]
    assert not report["distances"]
    assert report["two_threads"]["width"] == 5


def test_evaluations_to_a_proper_time_stand_beside_the_steps_that_lead_there(small):
    points = flow_benchmark.distances(CHORALES)
    assert [(p.chorales, p.tau) for p in points] == [(n, tau) for n in (6, 3) for tau in (0.5, 2.0, 8.0)]
    assert points[0].transitions == Transitions.pack(CHORALES[:6], "per_note").P
    for p in points:
        assert p.steps == round(p.tau / p.eta)
        assert p.steps_per_evaluation == p.steps / p.evaluations
    for one in (points[:3], points[3:]):
        assert 0 < one[0].evaluations < one[1].evaluations < one[2].evaluations
        assert one[0].steps_per_evaluation < one[2].steps_per_evaluation  # the further, the more a flow saves
        assert 0 < one[0].seconds < one[2].seconds
    assert [p.evaluations for p in flow_benchmark.distances(CHORALES)] == [p.evaluations for p in points]


def test_two_threads_are_compared_with_one(small):
    found = flow_benchmark.threads_compared(Transitions.pack(CHORALES, "per_note"), rounds=3, seconds=0.01)
    assert (found.depth, found.width) == (2, 5)
    for rates, ratio in ((found.steps_per_s, found.steps_ratio), (found.evaluations_per_s, found.evaluations_ratio)):
        assert len(rates) == 2
        assert min(rates) > 0
        assert ratio > 0


def test_a_rate_is_calls_over_time_passed():
    now = [0.0]

    def trial():
        now[0] += 0.25

    assert calls_per_second(trial, 2.0, lambda: now[0]) == 4.0
