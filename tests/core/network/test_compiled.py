"""The compiled engine against the float64 reference; the same bits every time, no torch, any processor."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numba import njit

from glassy_core.editions.encoding import LOWEST_PITCH, N_PITCHES, Transitions
from glassy_core.network.compiled import evaluation
from glassy_core.network.compiled.blocks import multiply, pointers, residual_at, tanh_at
from glassy_core.network.compiled.layout import GATHERED, Fields
from glassy_core.network.compiled.learner import CompiledLearner
from glassy_core.network.compiled.simd import LANES
from glassy_core.network.equations import forward, initial_weights, nll_bits, orthogonality_error, weight_shapes
from glassy_core.network.learner import DELTAS
from glassy_core.network.learning_rule import TorchLearner
from tests.core.toys import toy_chorales

ROOT = Path(__file__).resolve().parents[3]
UNEQUAL = (40, 7, 3, 2, 21, 2, 9)
MANY = tuple(range(2, 34))


def busy_weights(depth, width, seed=0):
    """Initial weights with outputs that are not zero, so that errors reach every layer."""
    rng = np.random.default_rng(seed)
    weights = initial_weights(depth, width, rng)
    for name in ("K", "W", "h0"):
        weights[name] = 0.2 * rng.normal(size=weights[name].shape)
    return weights


def packed(lengths=UNEQUAL, scaling="per_note", seed=0):
    return Transitions.pack(toy_chorales(seed, lengths), scaling)


def batches(data, p, steps, seed=3):
    rng = np.random.default_rng(seed)
    return [None if p is None else rng.choice(data.P, p, replace=False)[None] for _ in range(steps)]


def relative_changes(start, found, expected):
    """Difference of the changes since start over the expected change, for every weight that moves."""
    for name in start:
        change = np.linalg.norm(expected[name] - start[name])
        if change > 1e-12:  # a 1 x 1 orthogonal matrix stays
            yield name, np.linalg.norm(found[name] - expected[name]) / change


def assert_agree(data, depth, width, gradient, p, steps=4, eta=2e-2):
    """Same arrays and same weights as the float64 reference, to float32 rounding."""
    start = busy_weights(depth, width)
    engine, reference = (
        CompiledLearner([start], data, gradient),
        TorchLearner([start], data, gradient, dtype=torch.float64),
    )
    for batch in batches(data, p, steps):
        for learner in (engine, reference):
            learner.evaluate()
        for name in ("mu", "H", "errors", "deltas"):
            found, expected = getattr(engine, name), getattr(reference, name).numpy()
            assert found.shape == expected.shape
            assert found.dtype == np.float32
            assert np.abs(found - expected).max() < 2e-5 * max(1, np.abs(expected).max()), name
        for learner in (engine, reference):
            learner.update([eta], batch)
    found = engine.weights()
    assert {name: value.shape for name, value in found.items()} == weight_shapes(depth, width)
    for name, error in relative_changes(start, found, reference.weights()):
        assert error < 2e-5, name
    assert engine.state().keys() == reference.state().keys()
    for name, past in reference.state().items():
        assert np.abs(engine.state()[name] - past).max() < 2e-5 * max(1, np.abs(past).max())


@pytest.mark.parametrize("gradient", ["delayed", "exact"])
@pytest.mark.parametrize("p", [20, None])
@pytest.mark.parametrize(("depth", "width"), [(1, 1), (2, 5), (3, 13), (2, 24), (1, 33), (2, 50)])
def test_agrees_with_the_reference(depth, width, gradient, p):
    assert_agree(packed(), depth, width, gradient, p)


@pytest.mark.parametrize("gradient", ["delayed", "exact"])
@pytest.mark.parametrize("lengths", [(2,), (3, 2), MANY, (200,)])
def test_agrees_for_one_transition_and_for_many_chorales(lengths, gradient):
    data = packed(lengths)
    assert_agree(data, 2, 9, gradient, None)
    assert_agree(data, 2, 9, gradient, max(1, data.P // 2))


def test_agrees_with_more_transitions_than_are_gathered_together():
    data = packed((300, 250, 40))
    assert GATHERED < data.P
    assert_agree(data, 2, 9, "delayed", GATHERED + 10)


@pytest.mark.parametrize("scaling", ["per_note", "global"])
def test_agrees_for_constant_inputs_silence_and_chords_of_many_notes(scaling):
    low = LOWEST_PITCH
    constant = ((low, low + 5),) * 5
    full = tuple(range(low, low + 11))
    data = Transitions.pack([constant, ((), (), (low,), (), full, full[:5]), *toy_chorales(1)], scaling)
    assert_agree(data, 2, 9, "delayed", 7)
    assert_agree(Transitions.pack([constant], "per_note"), 2, 9, "exact", None)


@pytest.mark.parametrize("gradient", ["delayed", "exact"])
def test_ten_full_batch_steps_and_a_long_descent_agree_to_one_percent(gradient):
    data, start, eta = packed((30, 25, 20, 8)), initial_weights(2, 12, np.random.default_rng(5)), 3e-2
    engine, reference = (
        CompiledLearner([start], data, gradient),
        TorchLearner([start], data, gradient, dtype=torch.float64),
    )
    for step in range(500):
        for learner in (engine, reference):
            learner.evaluate()
            learner.update([eta], None)
        if step == 9:
            for name, error in relative_changes(start, engine.weights(), reference.weights()):
                assert error < 0.01, name
        if step % 50 == 49:
            found, expected = (
                nll_bits(forward(learner.weights(), data)[1], data.targets).mean() for learner in (engine, reference)
            )
            assert abs(found / expected - 1) < 0.01
    assert expected < 0.1  # it has learnt something, so the comparison says something


def test_recurrent_matrices_stay_orthogonal_over_ten_thousand_steps():
    data = packed()
    engine = CompiledLearner([busy_weights(2, 24)], data, "delayed")
    drawn = batches(data, 20, 100)
    for step in range(10_000):
        engine.evaluate()
        engine.update([5e-3], drawn[step % 100])
    assert orthogonality_error(engine.weights()) < 1e-10


def test_a_step_too_large_for_newton_schulz_is_projected_too():
    data, start = packed(), busy_weights(2, 9)
    learners = CompiledLearner([start], data, "delayed"), TorchLearner([start], data, "delayed", dtype=torch.float64)
    for learner in learners:
        learner.evaluate()
        learner.update([20.0], None)
    found, expected = (learner.weights() for learner in learners)
    assert orthogonality_error(found) < 1e-10
    for name in ("M.0", "M.1"):
        assert np.abs(found[name] - start[name]).max() > 0.3
        assert np.abs(found[name] - expected[name]).max() < 1e-3


def test_weights_that_blow_up_are_left_for_the_recording_to_report():
    engine = CompiledLearner([busy_weights(1, 9)], packed(), "delayed")
    engine.update([1e300], None)  # finite yet, but too large for float32
    engine.evaluate()
    engine.update([1e300], None)
    assert not np.isfinite(engine.weights()["M.0"]).all()


@pytest.mark.parametrize(("gradient", "p"), [("delayed", 30), ("delayed", None), ("exact", 30)])
@pytest.mark.parametrize(("depth", "width"), [(1, 24), (3, 50)])
def test_rebuilding_and_reading_leave_the_bits_alone(depth, width, gradient, p):
    data = packed(MANY)
    plain, disturbed = (CompiledLearner([busy_weights(depth, width)], data, gradient) for _ in range(2))
    for step, batch in enumerate(batches(data, p, 12)):
        plain.evaluate()
        disturbed.evaluate()
        if step % 3 == 1:
            _ = disturbed.H, disturbed.deltas  # all activations are computed, not only the minibatch's
        if step == 6:
            state = disturbed.weights(), disturbed.state()
            disturbed = CompiledLearner([state[0]], data, gradient, [state[1]])
            disturbed.evaluate()
        plain.update([1e-2], batch)
        disturbed.update([1e-2], batch)
    for name, value in plain.weights().items():
        assert np.array_equal(value, disturbed.weights()[name]), name
    assert plain.state().keys() == disturbed.state().keys() == set(DELTAS if gradient == "delayed" else ())
    for name, past in plain.state().items():
        assert np.array_equal(past, disturbed.state()[name]), name


def test_the_order_of_a_minibatch_does_not_matter():
    data = packed()
    one, two = (CompiledLearner([busy_weights(2, 9)], data, "delayed") for _ in range(2))
    batch = batches(data, 20, 1)[0]
    one.update([1e-2], batch)
    two.update([1e-2], batch[:, ::-1])
    assert all(np.array_equal(value, two.weights()[name]) for name, value in one.weights().items())


def test_takes_one_network_only():
    with pytest.raises(ValueError, match="torch engine"):
        CompiledLearner([busy_weights(1, 3)] * 2, packed(), "delayed")


@njit
def tanh_of(out):
    x = pointers(out).H
    for i in range(0, len(out.H), LANES):
        tanh_at(x, i, x, i)


@njit
def residual_of(out, targets):
    x, target = pointers(out).H, pointers(targets).H
    for i in range(0, len(out.H), LANES):
        residual_at(x, i, target, i)


def sample(n=16 * 4000):
    x = np.concatenate([np.linspace(-12, 12, n - 32), np.logspace(-30, 30, 16), -np.logspace(-30, 30, 16)])
    return x.astype(np.float32)


def test_tanh_is_accurate_to_float32_rounding():
    x = sample()
    out = Fields(x.copy())
    tanh_of(out)
    assert np.abs(out.H - np.tanh(x.astype(np.float64))).max() < 1.2e-7
    assert np.abs(out.H).max() <= 1
    zero = Fields(np.zeros(LANES, np.float32))
    tanh_of(zero)
    assert not zero.H.any()


def test_output_errors_keep_their_relative_accuracy_when_they_are_tiny():
    x = sample()
    for target in (-1, 1, 0):
        out = Fields(x.copy())
        residual_of(out, Fields(np.full(x.size, target, np.int8)))
        margin = target * x.astype(np.float64)
        expected = 2 * target / (1 + np.exp(np.clip(2 * margin, -700, 700)))  # target - tanh x
        normal = np.abs(margin) < 30
        assert np.allclose(out.H[normal], expected[normal], rtol=1e-5, atol=1e-30)
        assert np.abs(out.H - expected).max() < 1e-6


@njit
def product_of(A, B, C, K, rows, columns, height, add):
    multiply(
        pointers(A).H, 0, K, 1, pointers(B).H, 0, columns, K, pointers(C).H, 0, columns, rows, columns, height, add
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("vectors", range(1, 9))
def test_block_products_equal_numpy(dtype, vectors):
    rng, columns = np.random.default_rng(vectors), vectors * LANES
    for height, rows, K, add in ((8, 16, 37, False), (4, 12, 5, True), (8, 8, 1, True)):
        A, B, C = (rng.normal(size=shape).astype(dtype) for shape in ((rows, K), (K, columns), (rows, columns)))
        out = Fields(C.reshape(-1).copy())
        product_of(Fields(A.reshape(-1)), Fields(B.reshape(-1)), out, K, rows, columns, height, add)
        expected = A.astype(np.float64) @ B + add * C
        assert np.allclose(out.H.reshape(C.shape), expected, atol=1e-5 if dtype == np.float32 else 1e-13)


def in_a_process(code, **variables):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_engine_imports_neither_torch_nor_streamlit():
    code = "import sys; import glassy_core.network.compiled.learner; print({'torch', 'streamlit'} & set(sys.modules))"
    assert in_a_process(code) == "set()"


def test_agrees_on_a_processor_without_wide_vectors():
    code = (
        "import sys; sys.path.insert(0, '.'); import tests.core.network.test_compiled as t; assert t.LANES == 4;"
        "data = t.packed(t.MANY); t.assert_agree(data, 2, 13, 'delayed', 30); print('agrees')"
    )
    assert in_a_process(code, NUMBA_CPU_NAME="generic", NUMBA_CPU_FEATURES="") == "agrees"


def test_kernels_on_disk_are_dropped_when_any_of_their_sources_changes(tmp_path):
    """Numba would look at the file of the kernel alone, and run the old block products after blocks.py has changed."""
    code = (
        "import shutil, sys; shutil.copytree('glassy_core', {new!r} + '/glassy_core',"
        " ignore=shutil.ignore_patterns('__pycache__'));"
        "open({new!r} + '/glassy_core/network/compiled/{name}', 'a').write({extra!r}); sys.path.insert(0, {new!r});"
        "from glassy_core.network.compiled import update; assert update.__file__.startswith({new!r});"
        "print(update.step._cache._cache_file._source_stamp)"
    )

    def stamp(name, extra):
        return in_a_process(code.format(new=str(tmp_path / f"{name}{len(extra)}"), name=name, extra=extra))

    unchanged = stamp("blocks.py", "")
    assert unchanged == evaluation.evaluate._cache._cache_file._source_stamp
    for name in ("simd.py", "learner.py"):  # the first and the last that a step needs
        assert stamp(name, "# changed\n") != unchanged


def test_kernels_on_disk_are_dropped_when_the_class_of_an_argument_has_another_name(tmp_path):
    source = (
        "from typing import NamedTuple\nfrom glassy_core.network.compiled.evaluation import kernel\n"
        "class {0}(NamedTuple):\n    x: float\n@kernel\ndef double(a):\n    return 2 * a.x\n"
        "print(double({0}(1.5)), sum(double.stats.cache_hits.values()))"
    )
    found = []
    for name in ("First", "First", "Second", "Second"):
        (tmp_path / "doubled.py").write_text(source.format(name), encoding="utf-8")
        found.append(in_a_process(f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import doubled"))
    assert found == ["3.0 0", "3.0 1", "3.0 0", "3.0 1"]


def test_outputs_are_those_of_the_plain_forward_pass():
    data, weights = packed(), busy_weights(3, 13)
    engine = CompiledLearner([weights], data, "delayed")
    engine.evaluate()
    mu, H = forward(weights, data)
    assert engine.H.shape == (1, data.P, N_PITCHES)
    assert np.abs(engine.H[0] - H).max() < 1e-5
    assert np.abs(engine.mu[:, 0] - mu).max() < 1e-5
