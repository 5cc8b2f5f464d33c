"""Overlaps and moves of weights whose own are known: orthogonal matrices, Gaussian moves, moves of a few."""

import numpy as np
import pytest

from glassy_core.physics.aging.overlap import memory, non_gaussian
from glassy_core.training.drift import drift


def orthogonal(rng, w):
    return np.linalg.qr(rng.normal(size=(w, w)))[0]


def test_the_overlap_of_orthogonal_matrices_says_what_d_does():
    """D = 2 (1 - C) / w; the same weights have C = 1, and unrelated ones C about 0, as chance says."""
    rng, w = np.random.default_rng(0), 60
    first, other = ({"M.0": orthogonal(rng, w), "M.1": orthogonal(rng, w)} for _ in range(2))
    found = memory([0, 1, 2], [first, other, first], "M")
    assert found.overlap[0, 2] == pytest.approx(1)
    assert abs(found.overlap[0, 1]) < 3 * found.chance
    assert found.chance == pytest.approx(1 / np.sqrt(2 * w * w))
    _, kinds = drift(other, first)
    assert kinds["M"] == pytest.approx(2 * (1 - found.overlap[0, 1]) / w)


def test_gaussian_moves_have_none_and_the_interval_holds_it():
    rng, held = np.random.default_rng(1), 0
    for _ in range(60):  # two matrices that move by different amounts: that alone is no alpha2
        found = non_gaussian([rng.normal(size=(40, 40)), 5 * rng.normal(size=(40, 30))])
        held += found.low <= 0 <= found.high
    assert held >= 54
    assert abs(found.value) < 0.15


def test_where_a_part_moves_alike_the_share_is_that_part():
    """Every fifth weight moves by one: <Delta^4> = <Delta^2>; those that move by rounding alone have no input."""
    tiny, rng = 1e-5, np.random.default_rng(2)
    move = np.where(np.arange(2500).reshape(50, 50) % 5 == 0, 1.0, tiny)
    start = {"J.0": rng.normal(size=(50, 50))}
    found = memory([1, 2], [start, {"J.0": start["J.0"] + move}], "J")
    assert found.alpha2[0].value == pytest.approx(5 / 3 - 1, rel=1e-6)
    assert found.share[0].value == pytest.approx(0.2, rel=1e-6)
    assert non_gaussian([np.where(move == 1, 1.0, 1e-13)]).value == pytest.approx(1 / 3 - 1)


def test_what_starts_at_zero_has_no_start_to_remember():
    one = {"K": np.zeros((2, 2))}
    with pytest.raises(ValueError, match="start at zero"):
        memory([0, 1], [one, one], "K")
    with pytest.raises(ValueError, match="one time only"):
        memory([0], [one], "M")
