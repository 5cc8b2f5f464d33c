"""The benchmark's peer learns the same thing; its count of flops and its report are what they say."""

import json

import numpy as np
import torch

from glassy_core.jobs import benchmark
from glassy_core.jobs.speed import calls_per_second
from glassy_core.network.autograd_peer import Peer
from glassy_core.network.equations import initial_weights, orthogonality_error
from glassy_core.network.learning_rule import TorchLearner
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


def test_report_has_the_promised_form(monkeypatch):
    monkeypatch.setattr(benchmark, "SHAPES", ((1, 6), (2, 4)))
    monkeypatch.setattr(benchmark, "CLASS_WIDTHS", (3,))
    monkeypatch.setattr(benchmark, "COST_WIDTHS", (3, 5))
    monkeypatch.setattr(benchmark, "COST_DEPTHS", (1, 2))
    monkeypatch.setattr(benchmark, "ROUND_SECONDS", 0.02)
    threads = torch.get_num_threads()
    result = benchmark.run(toy_chorales(0, (9, 8, 7) * 4))
    assert torch.get_num_threads() == threads
    report = json.loads(json.dumps(result.to_json(), allow_nan=False))
    keys = {"depth", "width", "steps_per_s", "peer_steps_per_s", "ratio", "flop_share"}
    assert [set(shape) for shape in report["shapes"] + report["class_world"]] == [keys] * 3
    assert [(shape["depth"], shape["width"]) for shape in report["shapes"]] == [(1, 6), (2, 4)]
    ratios = [shape["ratio"] for shape in report["shapes"]]
    assert np.isclose(report["geometric_mean_ratio"], np.sqrt(np.prod(ratios)))
    assert report["threads"] == 1
    assert {name: len(points) for name, points in report["cost"].items()} == {"chorales": 1, "width": 2, "depth": 2}
    assert all(point["milliseconds"] > 0 for points in report["cost"].values() for point in points)
    assert "Geometric mean" in result.table()


def test_a_rate_is_calls_over_time_passed():
    now = [0.0]

    def trial():
        now[0] += 0.25

    assert calls_per_second(trial, 2.0, lambda: now[0]) == 4.0
