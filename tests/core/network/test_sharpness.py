"""The sharpness against power iteration, and the length of shift that it needs."""

import numpy as np
import pytest

from glassy_core.network.equations import initial_weights
from glassy_core.network.flow import Flow
from glassy_core.network.sharpness import RISE, ROUNDING, sharpest, shift
from glassy_core.network.velocity_field import velocity_field
from tests.core.network.test_compiled import busy_weights, packed
from tests.core.toys import toy_data


def by_power_iteration(field, steps=100, size=1e-5):
    """Largest curvature at vectors[0], from central differences; vectors 2 to 5 are overwritten."""
    x, rng = field.vectors, np.random.default_rng(5)
    x[2] = rng.normal(size=x.shape[1])
    field.tangent(2, 0)
    for _ in range(steps):
        x[2] /= np.linalg.norm(x[2])
        for sign, out in ((1, 4), (-1, 5)):
            field.evaluate(3, (1.0, sign * size), (0, 2), out)
        product = (x[5] - x[4]) / (2 * size)
        value = product @ x[2]
        x[2] = product
        field.tangent(2, 0)
    return value


@pytest.mark.parametrize(("depth", "width"), [(1, 6), (2, 5)])
def test_lanczos_finds_the_largest_curvature_along_the_orthogonal_matrices(depth, width):
    data, weights = toy_data(), busy_weights(depth, width)
    field = velocity_field("torch", weights, data, 20)
    field.write(0, weights)
    field.evaluate(0, (1.0,), (0,), 1)
    expected = by_power_iteration(field)
    field.write(10, busy_weights(depth, width, seed=4))
    found = [sharpest(field, range(10, 16), 0, 1, (6, 7), 1e-5) for _ in range(4)]  # each from where the last ended
    assert found[-1].value == pytest.approx(expected, rel=1e-3)
    assert found[-1].residual < 0.05 * expected
    assert all(estimate.value < 1.001 * expected for estimate in found)
    assert found[1].value + found[1].residual > expected  # a bound from the second estimate on


def test_both_engines_find_the_same():
    data, weights = packed(), busy_weights(2, 24)
    found = []
    for engine in ("torch", "compiled"):
        field = velocity_field(engine, weights, data, 20)
        field.write(0, weights)
        field.evaluate(0, (1.0,), (0,), 1)
        field.write(10, busy_weights(2, 24, seed=4))
        found.append(sharpest(field, range(10, 16), 0, 1, (6, 7), 1e-4).value)
    assert found[1] == pytest.approx(found[0], rel=1e-3)


def test_late_in_learning_a_long_shift_misjudges_the_curvature_and_the_one_taken_does_not():
    data = packed((12, 9, 7))
    flow = Flow(initial_weights(2, 10, np.random.default_rng(0)), data)
    while flow.nll > 1e-3:
        flow.advance()
    state = flow.state()
    field = velocity_field("compiled", state.weights, data, 20)
    field.write(0, state.weights)
    loss = field.evaluate(0, (1.0,), (0,), 1, measured=True)
    length = float(np.linalg.norm(field.vectors[0]))

    def found(size):
        field.write(10, state.sharpest)
        return sharpest(field, range(10, 16), 0, 1, (6, 7), size).value

    exact = by_power_iteration(velocity_field_at(state.weights, data), steps=60, size=1e-6)
    assert found(shift(state.sharpness, loss, length)) == pytest.approx(exact, rel=0.02)
    assert abs(found(1e-2 * length) / exact - 1) > 0.2


def velocity_field_at(weights, data):
    """The reference with weights in vector 0."""
    field = velocity_field("torch", weights, data, 6)
    field.write(0, weights)
    return field


def test_the_shift_raises_the_loss_by_a_set_part_and_can_be_resolved():
    size = shift(sharpness=200.0, loss=0.1, weights=40.0)
    assert 200.0 * size**2 / 2 == pytest.approx(RISE * 0.1)
    assert shift(1e9, 1e-3, 40.0) == ROUNDING * 40.0
    assert shift(0.0, 0.1, 40.0) > 0
