"""The learning rule against autograd, finite differences, an independent recurrence, and exact cases."""

import numpy as np
import pytest
import torch

from glassy_core.editions.encoding import N_PITCHES, encode
from glassy_core.network.cuda_graphs import CapturedLearner
from glassy_core.network.equations import forward, initial_weights, nll_bits, orthogonality_error
from glassy_core.network.learner import DELTAS
from glassy_core.network.learning_rule import TorchLearner, nearest_orthogonal, predecessors
from tests.core.toys import toy_chorales, toy_data


def busy_weights(depth, width, seed=0):
    """Initial weights with outputs that are not zero, so that errors reach every layer."""
    rng = np.random.default_rng(seed)
    weights = initial_weights(depth, width, rng)
    for name in ("K", "W", "h0"):
        weights[name] = 0.3 * rng.normal(size=weights[name].shape)
    return weights


def learner(weights, data, gradient="delayed", **kwargs):
    return TorchLearner([weights], data, gradient, dtype=torch.float64, **kwargs)


def mean_loss_by_autograd(weights, data, chorales):
    """Gradients of the mean over transitions of E, in nats, by autograd through a plain chord-by-chord network."""
    parameters = {name: torch.tensor(value, requires_grad=True) for name, value in weights.items()}
    depth = sum(name.startswith("M.") for name in weights)
    total = torch.zeros(())
    for chorale in chorales:
        S0 = encode(chorale)
        S = torch.as_tensor(data.scaling(S0))
        hidden = [torch.zeros(weights["K"].shape[1], dtype=torch.float64)] * depth
        for t in range(len(chorale) - 1):
            below = S[t]
            for l in range(depth):
                below = torch.tanh(parameters[f"J.{l}"] @ below + parameters[f"M.{l}"] @ hidden[l])
                hidden = [*hidden[:l], below, *hidden[l + 1 :]]
            H = parameters["K"] @ below + parameters["W"] @ S[t] + parameters["h0"]
            total = total + torch.nn.functional.softplus(-2 * torch.as_tensor(S0[t + 1]) * H).sum()
    (total / data.P).backward()
    return {name: parameter.grad.numpy() for name, parameter in parameters.items()}


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_exact_full_batch_directions_equal_autograd(depth):
    data, weights = toy_data(), busy_weights(depth, 7)
    net = learner(weights, data, "exact")
    net.evaluate()
    found = net.directions(None)
    for name, gradient in mean_loss_by_autograd(weights, data, toy_chorales()).items():
        difference = np.abs(found[name][0].numpy() + gradient).max()
        assert difference < 1e-9 * np.abs(gradient).max(), name


@pytest.mark.parametrize("name", ["J.0", "J.1", "M.0", "M.1", "K", "W", "h0"])
def test_exact_directions_equal_finite_differences(name):
    data, weights = toy_data(), busy_weights(2, 5)
    net = learner(weights, data, "exact")
    net.evaluate()
    direction = net.directions(None)[name][0].numpy()

    def loss(shift):
        shifted = weights | {name: weights[name] + shift}
        return nll_bits(forward(shifted, data)[1], data.targets).mean() * N_PITCHES * np.log(2)

    rng, h = np.random.default_rng(1), 1e-5
    along = rng.normal(size=direction.shape)
    slope = (loss(h * along) - loss(-h * along)) / (2 * h)
    assert slope == pytest.approx(-np.sum(direction * along), rel=1e-6)


def delayed_rule_in_numpy(weights, data, chorales, etas, batches):
    """Eqs. 1-3 and B1-B10 chorale by chorale, written independently of the engines; returns the weights."""
    depth, w = sum(n.startswith("M.") for n in weights), weights["K"].shape[1]
    W = {name: value.copy() for name, value in weights.items()}
    olds = [{}, {}]  # deltas of the two previous steps, by (layer, chorale, t)
    row = {(int(c), t): data.offsets[t] + i for i, c in enumerate(data.order) for t in range(len(chorales[c]) - 1)}
    for eta, batch in zip(etas, batches, strict=True):
        gradient, new = {name: np.zeros_like(value) for name, value in W.items()}, {}
        for c, chorale in enumerate(chorales):
            S0 = encode(chorale).astype(float)
            S, mu = data.scaling(encode(chorale)), np.zeros((depth, len(chorale), w))  # time t at place t; -1 is zero
            for t in range(len(chorale) - 1):
                below = S[t]
                for l in range(depth):
                    before = mu[l, t - 1] if t else np.zeros(w)
                    below = mu[l, t] = np.tanh(W[f"J.{l}"] @ below + W[f"M.{l}"] @ before)
                eps = S0[t + 1] - np.tanh(W["K"] @ below + W["W"] @ S[t] + W["h0"])
                arriving = W["K"].T @ eps
                chosen = row[c, t] in batch
                if chosen:
                    gradient["W"] += np.outer(eps, S[t])
                    gradient["K"] += np.outer(eps, below)
                    gradient["h0"] += eps
                for l in reversed(range(depth)):
                    dbar = sum(old.get((l, c, t + 1), np.zeros(w)) for old in olds) / 2
                    delta = (1 - mu[l, t] ** 2) * (arriving + W[f"M.{l}"].T @ dbar)
                    new[l, c, t] = delta
                    arriving = W[f"J.{l}"].T @ delta
                    if chosen:
                        gradient[f"J.{l}"] += np.outer(delta, mu[l - 1, t] if l else S[t])
                        gradient[f"M.{l}"] += np.outer(delta, mu[l, t - 1] if t else np.zeros(w))
        for name in W:
            W[name] += eta / len(batch) * gradient[name]
            if name.startswith("M."):
                U, _, Vh = np.linalg.svd(W[name])
                W[name] = U @ Vh
        olds = [new, olds[0]]
    return W


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_delayed_rule_equals_an_independent_recurrence(depth):
    data, chorales, weights = toy_data(), toy_chorales(), busy_weights(depth, 4)
    rng = np.random.default_rng(3)
    batches = [rng.choice(data.P, 6, replace=False) for _ in range(5)]
    etas = [0.05, 0.04, 0.03, 0.02, 0.02]
    net = learner(weights, data)
    for eta, batch in zip(etas, batches, strict=True):
        net.evaluate()
        net.update([eta], batch[None])
    expected = delayed_rule_in_numpy(weights, data, chorales, etas, batches)
    for name, value in net.weights().items():
        np.testing.assert_allclose(value, expected[name], rtol=0, atol=1e-12, err_msg=name)


def test_delayed_and_exact_differ_only_through_time():
    """With chorales of one transition there is no next chord, and the two rules are one."""
    data, weights = toy_data(lengths=(2, 2, 2, 2)), busy_weights(2, 5)
    nets = [learner(weights, data, gradient) for gradient in ("delayed", "exact")]
    for _ in range(4):
        for net in nets:
            net.evaluate()
            net.update([0.05], None)
    for name, value in nets[0].weights().items():
        np.testing.assert_allclose(value, nets[1].weights()[name], rtol=0, atol=1e-13)


def test_delayed_rule_settles_on_the_exact_gradient_when_weights_stand_still():
    """At fixed weights each repetition carries the delta one chord further back, so at last they agree."""
    data, weights = toy_data(), busy_weights(2, 5)
    delayed, exact = learner(weights, data, "delayed"), learner(weights, data, "exact")
    for _ in range(2 * len(data.counts)):
        delayed.evaluate()
        delayed.update([0.0], None)
    delayed.evaluate()
    exact.evaluate()
    for name, value in exact.directions(None).items():
        np.testing.assert_allclose(delayed.directions(None)[name], value, rtol=0, atol=1e-12)


@pytest.mark.parametrize("gradient", ["delayed", "exact"])
def test_a_padded_batch_of_widths_equals_the_networks_alone(gradient):
    data, widths = toy_data(), [5, 8, 13]
    networks = [busy_weights(2, w, seed=w) for w in widths]
    rng = np.random.default_rng(0)
    etas = [0.02, 0.03, 0.01]
    together = TorchLearner(networks, data, gradient, dtype=torch.float64)
    alone = [learner(weights, data, gradient) for weights in networks]
    for _ in range(30):
        batches = np.stack([rng.choice(data.P, 7, replace=False) for _ in widths])
        together.evaluate()
        together.update(etas, batches)
        for net, eta, batch in zip(alone, etas, batches, strict=True):
            net.evaluate()
            net.update([eta], batch[None])
    for r, net in enumerate(alone):
        for name, value in net.weights().items():
            np.testing.assert_allclose(together.weights(r)[name], value, rtol=0, atol=1e-12, err_msg=name)
        for past, alones in zip(together.history, net.history, strict=True):
            np.testing.assert_allclose(past[:, r, :, : widths[r]], alones[:, 0], rtol=0, atol=1e-12)
        assert together.state(r).keys() == net.state().keys() == set(DELTAS if gradient == "delayed" else ())
        assert not together.master["M.0"][r, widths[r] :].any()
        assert not together.master["M.0"][r, :, widths[r] :].any()


@pytest.mark.parametrize("size", [1e-6, 1e-3, 0.05, 0.5])
def test_newton_schulz_equals_svd(size):
    rng = np.random.default_rng(0)
    M = initial_weights(1, 40, rng)["M.0"] + size * rng.normal(size=(40, 40)) / np.sqrt(40)
    U, _, Vh = np.linalg.svd(M)
    found = nearest_orthogonal(torch.tensor(M)[None], [40])[0].numpy()
    np.testing.assert_allclose(found, U @ Vh, rtol=0, atol=1e-13)


def test_a_matrix_far_from_orthogonal_is_given_to_the_svd():
    rng = np.random.default_rng(0)
    M = 5 * rng.normal(size=(2, 6, 6))
    M[0, 4:] = M[0, :, 4:] = 0  # a padded network
    found = nearest_orthogonal(torch.tensor(M), [4, 6]).numpy()
    for r, w in enumerate([4, 6]):
        U, _, Vh = np.linalg.svd(M[r, :w, :w])
        np.testing.assert_allclose(found[r, :w, :w], U @ Vh, atol=1e-12)
    assert not found[0, 4:].any()


def test_orthogonality_holds_over_many_steps():
    data = toy_data()
    net = TorchLearner([busy_weights(1, 6)], data, "delayed")
    rng = np.random.default_rng(0)
    for _ in range(2_000):
        net.evaluate()
        net.update([5e-3], rng.choice(data.P, (1, 5), replace=False))
    assert orthogonality_error(net.weights()) < 1e-10


def test_history_resumes_the_trajectory_exactly():
    data, weights = toy_data(), busy_weights(2, 5)
    rng = np.random.default_rng(0)
    batches = [rng.choice(data.P, (1, 6), replace=False) for _ in range(8)]
    whole = TorchLearner([weights], data, "delayed")
    for batch in batches[:4]:
        whole.evaluate()
        whole.update([0.05], batch)
    resumed = TorchLearner([whole.weights()], data, "delayed", [whole.state()])
    for net in (whole, resumed):
        for batch in batches[4:]:
            net.evaluate()
            net.update([0.05], batch)
    for name, value in whole.weights().items():
        assert np.array_equal(value, resumed.weights()[name])


def test_predecessors_follow_each_chorale():
    data, chorales = toy_data(), toy_chorales()
    previous = predecessors(data)
    for i, place in enumerate(data.order):
        for t in range(len(chorales[place]) - 1):
            row = data.offsets[t] + i
            assert previous[row] == (data.offsets[t - 1] + i if t else -1)


@pytest.mark.parametrize("batch_size", [6, None])
def test_the_fixed_buffers_of_the_captured_step_change_nothing(batch_size):
    """On a processor: the operations that an accelerator captures equal the reference's."""
    data, widths = toy_data(), [5, 8]
    networks = [busy_weights(2, w, seed=w) for w in widths]
    plain = TorchLearner(networks, data, "delayed", dtype=torch.float64)
    fixed = CapturedLearner(networks, data, "delayed", (), "cpu", batch_size, torch.float64)
    rng = np.random.default_rng(0)
    for _ in range(20):
        batches = None if batch_size is None else np.stack([rng.choice(data.P, 6, replace=False) for _ in widths])
        for net in (plain, fixed):
            net.evaluate()
            net.update([0.002, 0.004], batches)
    for r in range(2):
        for name, value in plain.weights(r).items():
            np.testing.assert_allclose(fixed.weights(r)[name], value, rtol=0, atol=1e-11, err_msg=name)
        for name in DELTAS:
            np.testing.assert_allclose(fixed.state(r)[name], plain.state(r)[name], rtol=0, atol=1e-10)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_captured_graphs_equal_the_reference():
    data, networks = toy_data(), [busy_weights(2, w, seed=w) for w in (5, 8)]
    plain = TorchLearner(networks, data, "delayed", dtype=torch.float64)
    captured = CapturedLearner(networks, data, "delayed", (), "cuda", 6, torch.float64)
    rng = np.random.default_rng(0)
    for _ in range(20):
        batches = np.stack([rng.choice(data.P, 6, replace=False) for _ in networks])
        for net in (plain, captured):
            net.evaluate()
            net.update([0.002, 0.004], batches)
    for r in range(2):
        for name, value in plain.weights(r).items():
            np.testing.assert_allclose(captured.weights(r)[name], value, rtol=0, atol=1e-9, err_msg=name)
