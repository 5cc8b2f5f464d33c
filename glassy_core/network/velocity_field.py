"""The velocity of learning in continuous proper time: what an integrator needs of an engine.

    d theta / d tau = - grad E(theta),   dM / d tau = G - M sym(M^T G),   G = -dE/dM,   sym(A) = (A + A^T) / 2

E is the mean over all transitions of the loss in nats, its gradient exact: the steps of Hertz & Tyrcha, Appendix B,
over all transitions as eta goes to 0. The right-hand side of M is what a step and the projection on the orthogonal
matrices make of G, to first order in eta.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from numpy.typing import NDArray

from glassy_core.editions.encoding import Transitions
from glassy_core.network.equations import Weights

Engine = Literal["compiled", "torch"]


class VelocityField(Protocol):
    """Vectors of all weights, or of changes of them, and the velocity at linear combinations of some.

    vectors: (count, size) float64, in the engine's own layout; numbers that stand for no weight are zero.
    """

    vectors: NDArray

    def evaluate(
        self, out: int, factors: Sequence[float], terms: Sequence[int], velocity: int, measured: bool = False
    ) -> float:
        """vectors[out] = sum of factors x vectors[terms], at most five, and its velocity.

        Every M counts as the nearest orthogonal matrix: combinations leave the orthogonal matrices by the square of
        a step, and what they leave them by has no velocity of its own. Returns the loss, nats a transition, where
        measured, else 0; not a number where an M is too far from orthogonal.
        """
        ...

    def place(self, out: int, factors: Sequence[float], terms: Sequence[int]) -> bool:
        """The same combination with its every M put on the orthogonal matrices; False where one is too far away."""
        ...

    def slow(self, modes: range, D: Sequence[float]) -> None:
        """Give velocities S f in place of f from now on, S = 1 - sum of D v v^T over the vectors v of modes.

        modes: eight vectors, orthonormal. With all D 0 there are plain velocities again.
        """
        ...

    def tangent(self, i: int, at: int) -> None:
        """Leave of the change vectors[i] what keeps every M of vectors[at] orthogonal to first order."""
        ...

    def write(self, i: int, weights: Weights) -> None:
        """vectors[i] = weights."""
        ...

    def read(self, i: int) -> Weights:
        """vectors[i] as weights, copied."""
        ...


def velocity_field(engine: Engine, weights: Weights, data: Transitions, count: int, threads: int = 1) -> VelocityField:
    """A field of `count` vectors for one network like `weights`.

    compiled: float32 kernels. torch: float64, the reference. Both on `threads` threads.
    """
    if engine == "compiled":
        from glassy_core.network.compiled.field import CompiledField

        return CompiledField(weights, data, count, threads)
    import torch  # only here: it takes seconds and 250 MB

    from glassy_core.network.torch_field import TorchField

    torch.set_num_threads(threads)
    return TorchField(weights, data, count)
