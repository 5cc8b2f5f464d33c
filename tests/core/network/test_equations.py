"""The network against its equations and the paper's counts."""

import numpy as np
import pytest

from glassy_core.editions.encoding import N_PITCHES, encode
from glassy_core.network.equations import (
    accuracy,
    forward,
    initial_weights,
    nll_bits,
    orthogonality_error,
    parameter_count,
    random_orthogonal,
    weight_shapes,
)
from tests.core.toys import toy_chorales, toy_data


@pytest.mark.parametrize(("depth", "w_c", "count"), [(1, 110.21, 20890), (2, 64.192, 18080), (5, 35.735, 15040)])
def test_parameter_counts_of_the_paper(depth, w_c, count):
    assert round(parameter_count(depth, w_c), -1) == count


def test_parameter_count_counts_the_arrays():
    shapes = weight_shapes(3, 11)
    elements = sum(int(np.prod(shape)) for shape in shapes.values())
    free_in_M = 3 * 11 * 10 // 2
    assert parameter_count(3, 11) == elements - 3 * 11 * 11 + free_in_M


def test_forward_follows_the_equations_chord_by_chord():
    data, chorales = toy_data(), toy_chorales()
    rng = np.random.default_rng(1)
    weights = initial_weights(2, 6, rng)
    for name in ("K", "W", "h0"):
        weights[name] = rng.normal(size=weights[name].shape)
    mu, H = forward(weights, data)
    for i, place in enumerate(data.order):
        S = data.scaling(encode(chorales[place]))
        hidden = [np.zeros(6), np.zeros(6)]
        for t in range(len(S) - 1):
            hidden[0] = np.tanh(weights["J.0"] @ S[t] + weights["M.0"] @ hidden[0])
            hidden[1] = np.tanh(weights["J.1"] @ hidden[0] + weights["M.1"] @ hidden[1])
            row = data.offsets[t] + i
            np.testing.assert_allclose(mu[:, row], hidden, rtol=0, atol=1e-14)
            expected = weights["K"] @ hidden[1] + weights["W"] @ S[t] + weights["h0"]
            np.testing.assert_allclose(H[row], expected, rtol=0, atol=1e-13)


def test_initial_statistics():
    weights = initial_weights(3, 60, np.random.default_rng(0))
    assert np.var(weights["J.0"]) == pytest.approx(0.1 / N_PITCHES, rel=0.1)
    assert orthogonality_error(weights) < 1e-13
    np.testing.assert_allclose(weights["J.2"].T @ weights["J.2"], np.eye(60), atol=1e-13)
    assert not weights["K"].any()
    assert not weights["W"].any()
    assert not weights["h0"].any()


def test_random_orthogonal_is_haar():
    # Haar: the trace has mean 0 and variance 1; a QR without the sign correction has mean far from 0.
    rng = np.random.default_rng(0)
    traces = np.array([np.trace(random_orthogonal(8, rng)) for _ in range(4000)])
    assert abs(traces.mean()) < 4 / np.sqrt(len(traces))
    assert traces.var() == pytest.approx(1, rel=0.1)


def test_nll_is_one_bit_before_learning():
    data = toy_data()
    _, H = forward(initial_weights(2, 5, np.random.default_rng(0)), data)
    np.testing.assert_allclose(nll_bits(H, data.targets), 1.0)


def test_nll_is_minus_log_probability_and_never_overflows():
    targets = np.array([[1, -1]] * 3, dtype=np.int8)
    H = np.array([[0.3, 0.3], [400.0, -400.0], [-400.0, 400.0]])
    p = (1 + np.tanh(0.3)) / 2
    bits = nll_bits(H, targets)
    assert bits[0] == pytest.approx(-(np.log2(p) + np.log2(1 - p)) / 2)
    assert bits[1] == 0
    assert bits[2] == pytest.approx(800 / np.log(2))


def test_accuracy_counts_signs():
    targets = np.array([[1, -1], [1, 1]], dtype=np.int8)
    assert accuracy(np.array([[2.0, -1.0], [-0.1, 3.0]]), targets) == 0.75
