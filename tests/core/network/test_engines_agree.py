"""The compiled engine in single precision learns as the float64 reference does, on real chorales."""

import numpy as np
import pytest
import torch

from glassy_core.editions.encoding import Transitions
from glassy_core.editions.loading import load_edition
from glassy_core.network.compiled.learner import CompiledLearner
from glassy_core.network.equations import forward, initial_weights, nll_bits
from glassy_core.network.learning_rule import TorchLearner

ETA = 2e-2


@pytest.fixture(scope="module")
def data():
    return Transitions.pack(load_edition("corpus").first(8), "per_note")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def nll(learner, data, r=0):
    return float(nll_bits(forward(learner.weights(r), data)[1], data.targets).mean())


@pytest.mark.parametrize(("depth", "width"), [(1, 40), (2, 24)])
def test_full_batch_trajectories_agree(data, depth, width):
    start = initial_weights(depth, width, np.random.default_rng(0))
    fast = CompiledLearner([start], data, "delayed")
    reference = TorchLearner([start], data, "delayed", dtype=torch.float64)
    for step in range(300):
        if step == 10:
            for name, value in reference.weights().items():
                change = value - start[name]
                difference = np.linalg.norm(fast.weights()[name] - value)
                assert difference < 0.01 * np.linalg.norm(change), name
        if step % 50 == 0:
            assert nll(fast, data) == pytest.approx(nll(reference, data), rel=0.01)
        for learner in (fast, reference):
            learner.evaluate()
            learner.update([ETA], None)
    assert nll(fast, data) == pytest.approx(nll(reference, data), rel=0.01)


def test_minibatch_curves_are_statistically_the_same(data):
    """Seeds differ between the engines, so only the mean curves can agree: to three standard errors."""
    marks, seeds = (30, 100, 300), 6

    def curves(make, first_seed, together):
        """log NLL (seeds, marks) of networks that learn so many at a time."""
        out = []
        for first in range(0, seeds, together):
            rngs = [np.random.default_rng(first_seed + first + r) for r in range(together)]
            learner = make([initial_weights(2, 16, rng) for rng in rngs])
            values = []
            for step in range(max(marks) + 1):
                if step in marks:
                    values.append([np.log(nll(learner, data, r)) for r in range(together)])
                learner.evaluate()
                batches = np.stack([rng.choice(data.P, 300, replace=False) for rng in rngs])
                learner.update([ETA] * together, batches)
            out.extend(np.transpose(values))
        return np.array(out)

    fast = curves(lambda networks: CompiledLearner(networks, data, "delayed"), 0, together=1)
    reference = curves(lambda networks: TorchLearner(networks, data, "delayed"), 100, together=seeds)
    error = np.sqrt((fast.var(axis=0, ddof=1) + reference.var(axis=0, ddof=1)) / seeds)
    assert (np.abs(fast.mean(axis=0) - reference.mean(axis=0)) < 3 * error).all()
    assert error[-1] < 0.02  # the comparison is worth something
