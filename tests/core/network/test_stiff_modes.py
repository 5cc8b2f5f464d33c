"""The stiffest modes against Lanczos on central differences, and how they are slowed down."""

import numpy as np
import pytest
import scipy.sparse.linalg

from glassy_core.network.equations import initial_weights
from glassy_core.network.flow import Flow
from glassy_core.network.stiff_modes import _RISE, _ROUNDING, EVALUATIONS, MODES, RESTING, Modes, shift, stiffest
from glassy_core.network.velocity_field import velocity_field
from tests.core.network.test_compiled import busy_weights, packed

RANGE, SPARE = range(4, 4 + MODES), range(4 + MODES, 4 + MODES + 2 * EVALUATIONS + 1)


def field_at(weights, data, engine="torch", seed=4):
    """A field with weights in vector 0, their velocity in 1, and guesses of the modes."""
    field = velocity_field(engine, weights, data, SPARE.stop)
    field.write(0, weights)
    field.evaluate(2, (1.0,), (0,), 1)
    rng = np.random.default_rng(seed)
    for i in RANGE:
        field.write(i, {name: rng.normal(size=value.shape) for name, value in weights.items()})
    return field


def curvatures(weights, data, size=1e-6):
    """The MODES largest ones, descending, by ARPACK on central differences in float64, and their directions."""
    field = field_at(weights, data)
    x = field.vectors

    def product(v):
        x[2] = v
        field.tangent(2, 0)
        inside = x[2].copy()
        x[4] = inside
        for sign, out in ((1, 5), (-1, 6)):
            field.evaluate(3, (1.0, sign * size), (0, 4), out)
        x[2] = (x[6] - x[5]) / (2 * size)
        field.tangent(2, 0)
        return x[2].copy()

    n = x.shape[1]
    operator = scipy.sparse.linalg.LinearOperator((n, n), matvec=product, dtype=np.float64)
    values, vectors = scipy.sparse.linalg.eigsh(operator, MODES, which="LA", tol=1e-8, v0=np.ones(n))
    return values[::-1], vectors.T[::-1]


def learnt(nll, data):
    flow = Flow(initial_weights(2, 10, np.random.default_rng(0)), data)
    while flow.nll > nll:
        flow.advance()
    return flow.state()


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_they_are_the_largest_curvatures_along_the_orthogonal_matrices(engine):
    data = packed((12, 9, 7))
    weights = learnt(0.1, data).weights
    expected, directions = curvatures(weights, data)
    field = field_at(weights, data, engine)
    for _ in range(12):  # each goes on from where the last one ended
        modes = stiffest(field, RANGE, SPARE, 0, 1, 1e-4)
        assert modes.curvatures[0] < 1.01 * expected[0]
    assert list(modes.curvatures) == pytest.approx(list(expected), rel=0.05)
    assert modes.sharpness == pytest.approx(expected[0], rel=2e-3)
    assert max(modes.residuals[:3]) < 0.05 * expected[0]
    reference = field_at(weights, data)
    for i in RANGE:
        reference.write(i, field.read(i))
    found = reference.vectors[RANGE.start : RANGE.stop]
    assert np.abs(found @ found.T - np.eye(MODES)).max() < 1e-10
    assert abs(found[0] @ directions[0]) > 0.999


def test_late_in_learning_a_long_shift_misjudges_the_curvature_and_the_one_taken_does_not():
    data = packed((12, 9, 7))
    state = learnt(1e-3, data)
    exact = curvatures(state.weights, data)[0][0]
    field = field_at(state.weights, data, "compiled")
    loss = field.evaluate(2, (1.0,), (0,), 1, measured=True)
    weights = float(np.linalg.norm(field.vectors[0]))

    def found(size):
        for i, mode in zip(RANGE, state.modes, strict=True):
            field.write(i, mode)
        return stiffest(field, RANGE, SPARE, 0, 1, size).sharpness

    assert found(shift(state.curvatures[0], loss, weights)) == pytest.approx(exact, rel=0.02)
    assert abs(found(1e-2 * weights) / exact - 1) > 0.2


def test_the_shift_raises_the_loss_by_a_set_part_and_can_be_resolved():
    size = shift(sharpness=200.0, loss=0.1, weights=40.0)
    assert 200.0 * size**2 / 2 == pytest.approx(_RISE * 0.1)
    assert shift(1e9, 1e-3, 40.0) == _ROUNDING * 40.0
    assert shift(0.0, 0.1, 40.0) > 0


def test_modes_are_slowed_to_the_least_stiff_ones_rate_and_only_where_they_are_at_rest():
    modes = Modes((800.0, 400.0, 200.0, 100.0, 90.0, 80.0, 70.0, 50.0), (1.0,) * 7 + (5.0,))
    D = modes.slowed(step=10.0)
    assert [(1 - d) * value for d, value in zip(D, modes.curvatures, strict=True)] == pytest.approx([50.0] * MODES)
    assert modes.bound(D) == pytest.approx(55.0)
    D = modes.slowed(step=RESTING / 150.0)  # rates below 150 are not at rest within a step
    assert [(1 - d) * value for d, value in zip(D, modes.curvatures, strict=True)] == pytest.approx(
        [150.0, 150.0, 150.0, *modes.curvatures[3:]]
    )
    none = modes.slowed(step=1e-3)
    assert not any(none)
    assert modes.bound(none) == pytest.approx(801.0)
    assert not any(Modes().slowed(1.0))
    assert not any(modes.slowed(0.0))


def test_the_lag_is_the_loss_of_a_slowed_mode_that_follows_a_drifting_rest():
    """E = curvature (y - drift tau)^2 / 2: at rest y lags by drift / curvature, with S = 1 - D by more."""
    curvature, drift, D = 300.0, 0.02, 0.9
    lagging = drift / (curvature * (1 - D))
    excess = lagging - drift / curvature
    velocity = curvature * lagging  # that of y, not slowed
    modes = Modes((curvature,) + (0.0,) * 7, (0.0,) * MODES)
    found = modes.lag((D,) + (0.0,) * 7, (velocity,) + (0.0,) * 7)
    assert found == pytest.approx(curvature * excess**2 / 2)


@pytest.mark.parametrize("engine", ["torch", "compiled"])
def test_slowed_velocities_are_those_along_the_modes_made_smaller(engine):
    data, weights = packed(), busy_weights(2, 9)
    field = field_at(weights, data, engine)
    x, V = field.vectors, field.vectors[RANGE.start : RANGE.stop]
    V[:] = np.linalg.qr(V.T)[0].T
    D = np.linspace(0, 0.9, MODES)
    plain = x[1].copy()
    field.slow(RANGE, D)
    field.evaluate(2, (1.0,), (0,), 1)
    assert np.abs(x[1] - (plain - (D * (V @ plain)) @ V)).max() < 1e-12 * np.abs(plain).max()
    field.slow(RANGE, np.zeros(MODES))
    field.evaluate(2, (1.0,), (0,), 1)
    assert np.array_equal(x[1], plain)
