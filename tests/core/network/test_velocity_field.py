"""The velocity of the flow: the reference against the learning rule and autograd, the kernels against the reference."""

import numpy as np
import pytest
import torch

from glassy_core.network.compiled.parts import divided
from glassy_core.network.equations import forward, nll_bits
from glassy_core.network.learning_rule import predecessors
from glassy_core.network.velocity_field import velocity_field
from tests.core.network.test_compiled import MANY, UNEQUAL, busy_weights, packed
from tests.core.network.test_learning_rule import mean_loss_by_autograd
from tests.core.toys import toy_chorales, toy_data


def fields(weights, data, threads=1):
    """Both engines with weights in vector 0."""
    both = velocity_field("torch", weights, data, 8), velocity_field("compiled", weights, data, 8, threads)
    for field in both:
        field.write(0, weights)
    return both


def largest_difference(found, expected):
    """Over all weights, relative to the largest of the same name."""
    return max(np.abs(found[name] - value).max() / max(np.abs(value).max(), 1e-12) for name, value in expected.items())


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_reference_is_minus_the_gradient_along_the_orthogonal_matrices(depth):
    data, weights = toy_data(), busy_weights(depth, 7)
    field, _ = fields(weights, data)
    field.evaluate(1, (1.0,), (0,), 2)
    velocity = field.read(2)
    for name, gradient in mean_loss_by_autograd(weights, data, toy_chorales()).items():
        expected = -gradient
        if name.startswith("M."):
            M = weights[name]
            expected = (expected - M @ expected.T @ M) / 2  # the projection on the tangent space, written otherwise
            assert np.abs(M.T @ velocity[name] + velocity[name].T @ M).max() < 1e-12
        assert np.abs(velocity[name] - expected).max() < 1e-9 * np.abs(gradient).max(), name


def test_the_loss_is_the_networks():
    data, weights = packed(), busy_weights(2, 9)
    expected = nll_bits(forward(weights, data)[1], data.targets).mean() * 54 * np.log(2)
    for field, accuracy in zip(fields(weights, data), (1e-12, 1e-6), strict=True):
        assert field.evaluate(1, (1.0,), (0,), 2, measured=True) == pytest.approx(expected, rel=accuracy)
        assert field.evaluate(1, (1.0,), (0,), 2) == 0


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("depth", "width"), [(1, 1), (2, 5), (3, 13), (1, 33), (2, 50)])
def test_the_kernels_agree_with_the_reference(depth, width, threads):
    data, weights = packed(), busy_weights(depth, width)
    reference, compiled = fields(weights, data, threads)
    for field in (reference, compiled):
        field.evaluate(1, (1.0,), (0,), 2)
    assert largest_difference(compiled.read(2), reference.read(2)) < 1e-5


@pytest.mark.parametrize("lengths", [(2,), MANY, (300, 250, 40)])
def test_the_kernels_agree_for_few_and_many_transitions(lengths):
    data, weights = packed(lengths), busy_weights(2, 9)
    reference, compiled = fields(weights, data, threads=2)
    losses = [field.evaluate(1, (1.0,), (0,), 2, measured=True) for field in (reference, compiled)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-6)
    assert largest_difference(compiled.read(2), reference.read(2)) < 1e-5


@pytest.mark.parametrize("threads", [1, 2])
def test_combinations_are_evaluated_at_the_nearest_orthogonal_matrices(threads):
    data, weights = packed(), busy_weights(2, 9)
    both = fields(weights, data, threads)
    factors, terms = (0.9, 0.1, 0.04, -0.03, 1e-3), (0, 0, 1, 2, 3)
    for field in both:
        for i in (1, 2, 3):
            field.write(i, {name: value + 0.1 for name, value in busy_weights(2, 9, seed=i).items()})
        field.evaluate(4, factors, terms, 5)
        assert field.place(6, factors, terms)
        field.evaluate(6, (1.0,), (6,), 7)
    reference, compiled = (field.read(4) for field in both)
    plain = sum(f * both[0].vectors[t] for f, t in zip(factors, terms, strict=True))
    assert np.abs(both[0].vectors[4] - plain).max() == 0  # the combination itself is left where it is
    assert largest_difference(compiled, reference) < 1e-12
    for field in both:
        for name, value in field.read(6).items():
            if name.startswith("M."):
                U, _, Vh = np.linalg.svd(field.read(4)[name])
                assert np.abs(U @ Vh - field.read(4)[name]).max() > 1e-3
                assert np.abs(value - U @ Vh).max() < 1e-10
            else:
                assert np.array_equal(value, field.read(4)[name])
        assert largest_difference(field.read(7), field.read(5)) < 1e-6  # the same velocity, placed or not


def test_too_far_from_orthogonal_there_is_no_velocity():
    data, weights = packed(), busy_weights(2, 9)
    for field in fields(weights, data):
        assert np.isnan(field.evaluate(1, (2.0,), (0,), 2))
        assert not field.place(1, (2.0,), (0,))


def test_changes_keep_what_leads_along_the_orthogonal_matrices():
    data, weights = packed(), busy_weights(2, 9)
    reference, compiled = fields(weights, data)
    for field in (reference, compiled):
        field.write(1, busy_weights(2, 9, seed=1))
        field.tangent(1, 0)
        once = field.vectors[1].copy()
        field.tangent(1, 0)
        assert np.abs(field.vectors[1] - once).max() < 1e-13
        M, x = weights["M.0"], field.read(1)["M.0"]
        assert np.abs(M.T @ x + x.T @ M).max() < 1e-13
    assert largest_difference(compiled.read(1), reference.read(1)) < 1e-12


def test_vectors_are_read_as_they_were_written():
    weights = busy_weights(3, 13)
    for field in fields(weights, packed()):
        found = field.read(0)
        assert list(found) == list(weights)
        assert all(np.array_equal(found[name], value) for name, value in weights.items())


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_same_number_of_threads_gives_the_same_bits(threads):
    data, weights = packed(MANY), busy_weights(2, 24)
    velocities = []
    for _ in range(3):
        _, field = fields(weights, data, threads)
        for _ in range(10):
            field.evaluate(1, (1.0,), (0,), 2)
            velocities.append(field.vectors[2].copy())
    assert all(np.array_equal(velocity, velocities[0]) for velocity in velocities)


@pytest.mark.parametrize("threads", [1, 2, 3, 7, 40])
def test_every_transition_is_in_one_part_and_the_parts_are_alike(threads):
    data = packed(UNEQUAL)
    parts = divided(data, threads)
    assert len(parts) == min(threads, len(UNEQUAL))
    assert sorted(np.concatenate([part.rows for part in parts])) == list(range(data.P))
    for part in parts:
        assert np.array_equal(part.data.S, data.S[part.rows])
        assert np.array_equal(part.data.targets, data.targets[part.rows])
        ours, theirs = predecessors(part.data), predecessors(data)[part.rows]
        assert np.array_equal(np.where(ours < 0, -1, part.rows[ours]), theirs)  # whole chorales, chord after chord
    sizes = [part.data.P for part in parts]
    assert max(sizes) - min(sizes) <= max(UNEQUAL) - 1


def test_torch_has_the_threads_that_are_asked_for():
    before = torch.get_num_threads()
    try:
        for threads in (2, 1):
            velocity_field("torch", busy_weights(1, 3), packed(), 2, threads)
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
