"""The curvature against a dense Hessian by autograd, along geodesics, and the spectrum that is made of it."""

import math

import numpy as np
import pytest
import torch
from scipy.sparse.linalg import eigsh

from glassy_core.network.curvature import Curvature
from glassy_core.network.equations import parameter_count, weight_shapes
from glassy_core.network.learning_rule import predecessors
from glassy_core.physics.aging.spectrum import spectrum
from tests.core.network.test_compiled import busy_weights
from tests.core.toys import toy_data


def loss(weights, data):
    """Nats a transition, written as Eqs. 1-3 are, chord by chord."""
    depth, previous, mu = sum(name[0] == "M" for name in weights), predecessors(data), []
    S, targets = torch.from_numpy(data.S).double(), torch.from_numpy(data.targets).double()
    below = S
    for l in range(depth):
        rows = []
        for t in range(data.P):  # packed by time: what is before a row stands above it
            field = weights[f"J.{l}"] @ below[t]
            rows.append(torch.tanh(field + weights[f"M.{l}"] @ rows[previous[t]] if previous[t] >= 0 else field))
        below = torch.stack(rows)
        mu.append(below)
    H = below @ weights["K"].T + S @ weights["W"].T + weights["h0"]
    return torch.nn.functional.softplus(-2 * targets * H).sum(1).mean()


@pytest.fixture(scope="module")
def small():
    """A network of two layers, its data, an orthonormal basis of its free directions (N, size), its Hessian (N, N)."""
    data, weights = toy_data(lengths=(4, 3)), busy_weights(2, 3)
    here = {name: torch.from_numpy(value) for name, value in weights.items()}
    shapes = weight_shapes(2, 3)
    turns = [(i, j) for i in range(3) for j in range(i)]
    sizes = [len(turns) if name[0] == "M" else math.prod(shape) for name, shape in shapes.items()]

    def at(y):
        moved = {}
        for (name, shape), part in zip(shapes.items(), torch.split(y, sizes), strict=True):
            if name[0] == "M":
                A = torch.zeros(shape, dtype=y.dtype)
                for (i, j), turn in zip(turns, part / math.sqrt(2), strict=True):
                    A[i, j], A[j, i] = turn, -turn
                moved[name] = here[name] @ (torch.eye(3, dtype=y.dtype) + A + A @ A / 2)  # exp A to second order
            else:
                moved[name] = here[name] + part.reshape(shape)
        return moved

    origin = torch.zeros(sum(sizes), dtype=torch.float64)
    H = torch.autograd.functional.hessian(lambda y: loss(at(y), data), origin, vectorize=True).numpy()
    J = torch.autograd.functional.jacobian(
        lambda y: torch.cat([value.reshape(-1) for value in at(y).values()]), origin, vectorize=True
    )
    return weights, data, J.numpy().T, H


def test_it_is_the_hessian_along_geodesics(small):
    weights, data, basis, H = small
    assert np.abs(basis @ basis.T - np.eye(round(parameter_count(2, 3)))).max() < 1e-12
    curvature, some = Curvature(weights, data, 4), np.random.default_rng(0).normal(size=(4, len(H)))
    assert np.abs(curvature(some @ basis) @ basis.T - some @ H).max() < 1e-7 * np.abs(H).max()
    ambient = np.random.default_rng(1).normal(size=(4, curvature.size))
    assert np.abs(curvature.tangent(ambient) - ambient @ basis.T @ basis).max() < 1e-12


def test_the_spectrum_is_that_of_the_dense_hessian(small):
    weights, data, _, H = small
    curvature = Curvature(weights, data, 4)
    starts = curvature.tangent(np.random.default_rng(2).normal(size=(4, curvature.size)))
    found = spectrum(curvature, starts, len(H), 40)
    for end, which in ((found.largest, "LA"), (found.least, "SA")):
        assert end == pytest.approx(eigsh(H, 1, which=which, return_eigenvectors=False)[0], rel=1e-4)
    assert found.trace.low < np.trace(H) < found.trace.high
    assert found.participation == pytest.approx(np.trace(H) ** 2 / np.sum(H**2), rel=0.2)
