"""Drift and noise told apart, on walks and descents whose answers are known."""

import numpy as np
import pytest

from glassy_core.network.equations import N_PITCHES, weight_shapes
from glassy_core.physics.aging.clones import Clones
from glassy_core.physics.aging.descent import straightness
from glassy_core.physics.aging.fluctuations import Waiting
from glassy_core.runs.measured import series_of, trajectory
from glassy_core.runs.store import RunStore, gallery_directory

N, ETA, TAU_W = 4000, 1e-3, 50.0


def walkers(K, drift, alpha=1.0, times=40, seed=0):
    """Clones with a common drift per unit of tau and noise of variance step^alpha of their own."""
    rng = np.random.default_rng(seed)
    steps = np.unique(np.rint(np.geomspace(1, 20_000, times)).astype(int))
    way = rng.normal(size=N) * drift
    grown = np.diff(np.concatenate([[0.0], steps**alpha]))
    own = np.cumsum(rng.normal(size=(K, len(steps), N)) * np.sqrt(grown)[:, None] * 1e-3, axis=1)
    moved = own + ETA * steps[:, None] * way
    return Clones(TAU_W, steps, ETA * steps, np.einsum("kmn,lmn->mkl", moved, moved) / N)


def test_drift_and_noise_are_those_that_were_put_in():
    found = walkers(4, drift=0.2)
    assert found.noise == pytest.approx(1e-6 * found.steps, rel=0.1)
    late = found.x > 0.1
    assert found.drift[late] == pytest.approx((0.2 * found.tau[late]) ** 2, rel=0.05)
    assert pytest.approx(found.drift + found.noise) == found.D
    crossing = 1e-6 / (0.04 * ETA**2) * ETA / TAU_W  # step at which both are alike, as tau / tau_w
    assert found.half == pytest.approx(crossing, rel=0.2)


@pytest.mark.parametrize("alpha", [0.5, 0.75, 1.0])
def test_the_noises_exponent_is_found_under_a_drift_that_hides_it(alpha):
    estimates = [walkers(5, drift=0.5, alpha=alpha, seed=seed).alpha() for seed in range(12)]
    assert np.mean([estimate.value for estimate in estimates]) == pytest.approx(alpha, abs=0.02)
    assert sum(estimate.low <= alpha <= estimate.high for estimate in estimates) >= 10


def test_clones_without_noise_have_no_exponent_and_no_half():
    steps = np.array([1, 10, 100, 1000])
    alike = Clones(1.0, steps, ETA * steps, np.ones((4, 3, 3)) * steps[:, None, None])
    assert alike.noise == pytest.approx(np.zeros(4), abs=1e-9)
    assert alike.alpha() is None
    assert alike.half is None


def descent(depth=1, width=3):
    """A straight descent at speed 1 / (1 + tau) in each of the weights: D and the loss of it."""
    weights = sum(int(np.prod(shape)) for shape in weight_shapes(depth, width).values())
    tau = np.geomspace(0.01, 1000, 4000)
    loss = weights / (1 + tau)  # dL/dtau = - sum of squared speeds
    nll = loss / (N_PITCHES * np.log(2))
    since = np.geomspace(0.01, 100, 30)
    begun = 10.0
    D = (np.log1p(begun + since) - np.log1p(begun)) ** 2
    kept = Waiting(1, begun, np.arange(30), since, D, {})
    return straightness(kept, tau, nll, depth, width)


def test_a_straight_way_at_even_speed_has_one_and_one_that_slows_down_less():
    x, S = descent()
    early = x < 0.1
    assert S[early] == pytest.approx(np.ones(early.sum()), rel=0.02)
    t = 10 * x[-1]
    a, b = 11.0, 11.0 + t
    assert S[-1] == pytest.approx(np.log(b / a) ** 2 / (t * (1 / a - 1 / b)), rel=0.01)
    assert S[-1] < 0.7


@pytest.mark.parametrize("width", [10, 24, 48])
def test_the_gallerys_weights_slide_straight_down_without_a_free_parameter(width):
    """D, NLL and the number of weights check each other: within 10 % for x from 0.1 to 0.3, from tau_w = 50 on."""
    store = RunStore(gallery_directory())
    (run, *_) = [
        run for run in store.runs() if run.config().width == width and run.config().waiting_times
        and run.config().dynamics == "steps" and run.config().chorales == 8 and run.config().depth == 2
    ]  # fmt: skip
    series, first = series_of(run), trajectory(run).waiting[0]
    x, S = straightness(first, series.tau, series.nll, 2, width)
    assert S[(x > 0.1) & (x < 0.3)] == pytest.approx(1, abs=0.1)
