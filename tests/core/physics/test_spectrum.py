"""Spectra that are known: counts, ends and moments by Lanczos quadrature, and what is none."""

import json

import numpy as np
import pytest

from glassy_core.physics.aging.spectrum import Spectrum, spectrum


def seen(eigenvalues, steps=100, directions=4, seed=0):
    """The spectrum of an operator with these eigenvalues, in a basis that random directions do not know of."""
    starts = np.random.default_rng(seed).normal(size=(directions, len(eigenvalues)))
    return spectrum(lambda x: x * eigenvalues, starts, len(eigenvalues), steps)


def test_the_counts_hold_what_is_there_above_and_below():
    """A few stiff modes, a bulk over three decades, some that lead down, and many that are flat."""
    stiff, bulk, down = np.geomspace(100, 900, 12), np.geomspace(0.01, 10, 1500), -np.geomspace(1, 8, 40)
    exact, held = np.concatenate([stiff, bulk, down, np.zeros(1000)]), 0
    for seed in range(12):
        found = seen(exact, seed=seed)
        assert (found.largest, found.least) == (pytest.approx(900, rel=1e-6), pytest.approx(-8, rel=1e-3))
        held += sum(one.low <= count <= one.high for one, count in _counts(found, exact))
        held += found.trace.low <= exact.sum() <= found.trace.high
    assert held >= 0.9 * 12 * 5
    assert found.participation == pytest.approx(exact.sum() ** 2 / (exact**2).sum(), rel=0.3)


def _counts(found, exact):
    yield from ((found.above(at), np.sum(exact > at)) for at in (20, 3, 1))
    yield found.below(-1), np.sum(exact < -1)


def test_it_says_down_to_where_counts_can_be_told():
    exact = np.concatenate([np.geomspace(1, 1e4, 300), np.full(500, 1e-6)])
    few, many = (seen(exact, steps).resolved for steps in (30, 100))
    assert 100 < few < 1000  # what lies below is not told from zero
    assert 0.5 < many < few / 10
    assert seen(np.linspace(1, 2, 50), steps=49).resolved == pytest.approx(1, rel=1e-3)


def test_few_eigenvalues_end_it_early_and_exactly():
    found = seen(np.array([1.0] * 30 + [5.0] * 10), steps=20, directions=40)
    assert sorted(set(np.round(found.values[found.shares > 0], 9))) == [1, 5]
    assert found.above(3).low <= 10 <= found.above(3).high
    assert seen(np.zeros(8), 4).largest == 0


def test_it_is_kept_and_what_is_none_is_refused():
    found = seen(np.linspace(-1, 3, 40), steps=10)
    again = Spectrum.from_json(json.loads(json.dumps(found.to_json())))
    assert again.values == pytest.approx(found.values, rel=1e-4)
    assert again.above(1).value == pytest.approx(found.above(1).value, rel=1e-4)
    whole = found.to_json()
    for broken in ({}, whole | {"values": [[1.0]]}, whole | {"shares": [["x"]]}, whole | {"N": None}):
        with pytest.raises(ValueError, match=r"."):
            Spectrum.from_json(broken)
