"""Learning on several threads: the reference's rule, and the same bits for the same number of threads."""

import numpy as np
import pytest

from glassy_core.network.compiled.layout import GATHERED
from glassy_core.network.compiled.learner import CompiledLearner
from glassy_core.network.compiled.threaded import ThreadedLearner
from glassy_core.network.equations import orthogonality_error
from glassy_core.network.learning_rule import TorchLearner
from tests.core.network.test_compiled import MANY, batches, busy_weights, packed, relative_changes


@pytest.mark.parametrize("gradient", ["delayed", "exact"])
@pytest.mark.parametrize(("lengths", "p"), [(MANY, 20), (MANY, None), ((400, 390, 380, 300), 2 * GATHERED + 10)])
@pytest.mark.parametrize("threads", [2, 3])
def test_agrees_with_the_reference(gradient, lengths, p, threads):
    data, first = packed(lengths), busy_weights(2, 24)
    engine = ThreadedLearner([first], data, gradient, threads=threads)
    reference = TorchLearner([first], data, gradient)
    for batch in batches(data, p, 4):
        for learner in (engine, reference):
            learner.evaluate()
        for name in ("mu", "H", "errors", "deltas"):
            found, expected = getattr(engine, name), getattr(reference, name).numpy()
            assert found.shape == expected.shape
            assert np.abs(found - expected).max() < 5e-5 * max(1, np.abs(expected).max()), name
        for learner in (engine, reference):
            learner.update([2e-2], batch)
    for name, error in relative_changes(first, engine.weights(), reference.weights()):
        assert error < 5e-5, name
    state = engine.state()
    assert set(state) == set(reference.state())
    for name, past in reference.state().items():
        assert np.abs(state[name] - past).max() < 5e-5 * max(1, np.abs(past).max())


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("p", [30, None])
def test_the_same_bits_after_a_stop_and_whoever_reads(threads, p):
    data = packed(MANY)
    plain, disturbed = (ThreadedLearner([busy_weights(2, 24)], data, "delayed", threads=threads) for _ in range(2))
    for step, batch in enumerate(batches(data, p, 12)):
        plain.evaluate()
        disturbed.evaluate()
        if step % 3 == 1:
            _ = disturbed.H, disturbed.deltas
        if step == 6:
            state = disturbed.weights(), disturbed.state()
            disturbed = ThreadedLearner([state[0]], data, "delayed", [state[1]], threads)
            disturbed.evaluate()
        plain.update([1e-2], batch)
        disturbed.update([1e-2], batch)
    assert all(np.array_equal(value, disturbed.weights()[name]) for name, value in plain.weights().items())
    assert all(np.array_equal(value, disturbed.state()[name]) for name, value in plain.state().items())


def test_one_thread_is_the_engine_without_threads():
    data, first = packed(MANY), busy_weights(2, 24)
    one, plain = ThreadedLearner([first], data, "delayed", threads=1), CompiledLearner([first], data, "delayed")
    for batch in batches(data, 30, 20):
        one.update([1e-2], batch)
        plain.update([1e-2], batch)
    assert all(np.array_equal(value, plain.weights()[name]) for name, value in one.weights().items())


def test_matrices_far_from_orthogonal_are_projected_too():
    data = packed(MANY)
    engine = ThreadedLearner([busy_weights(2, 9)], data, "delayed", threads=2)
    engine.update([20.0], None)
    assert orthogonality_error(engine.weights()) < 1e-10


def test_a_thread_that_fails_is_not_waited_for_in_the_kernels():
    engine = ThreadedLearner([busy_weights(2, 9)], packed(MANY), "delayed", threads=3)

    def fails(*_):
        raise MemoryError("not enough")

    for failing in (0, 1):
        kept = engine._learners[failing].take_part
        engine._learners[failing].take_part = fails
        with pytest.raises(MemoryError, match="not enough"):
            engine.update([1e-3], None)
        engine._learners[failing].take_part = kept
    engine.update([1e-3], None)  # and the next call meets again
    assert orthogonality_error(engine.weights()) < 1e-10
