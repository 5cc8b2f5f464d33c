"""The velocity of learning in continuous proper time for one network, in compiled kernels: see `velocity_field`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import N_PITCHES, Transitions
from glassy_core.network.compiled import velocity as kernels
from glassy_core.network.compiled.crew import ALONE, NOWHERE, Crew, Places, Share
from glassy_core.network.compiled.layout import (
    Layout,
    Master,
    Sizes,
    floats,
    in_lanes,
    laid_out,
    padded_weights,
    pieces,
    sum_sizes,
    unpadded_weights,
    working,
)
from glassy_core.network.compiled.parts import divided
from glassy_core.network.equations import Weights, depth_and_width

_Doubles = NDArray[np.float64]


class _Vector(NamedTuple):
    """All weights, or a change of them, laid out as in layout.Master: views of one flat array."""

    inputs: _Doubles
    h0: _Doubles
    J: _Doubles
    M: _Doubles
    K: _Doubles
    all: _Doubles


class _Slowed(NamedTuple):
    """Eight modes and how much each is slowed down; see velocity_field.VelocityField.slow."""

    modes: _Doubles  # (8, size), unread where all D are 0
    D: _Doubles  # (8,)


class _Exchange(NamedTuple):
    """What the threads of one evaluation tell each other."""

    near: NDArray[np.int64]  # (threads,), 1 where the M of a thread's layers were near enough to the orthogonal ones
    products: _Doubles  # (threads, 8), what each has of the modes' products with the velocity


class _Spare(NamedTuple):
    """What a thread writes while it reads the weights."""

    constant: _Doubles
    excess: _Doubles
    result: _Doubles


class _Place(NamedTuple):
    """A vector as the kernels evaluate it: a layout.Master whose M are put on the orthogonal matrices."""

    inputs: _Doubles
    h0: _Doubles
    J: _Doubles
    M: _Doubles  # the nearest orthogonal ones
    K: _Doubles
    constant: _Doubles
    excess: _Doubles
    result: _Doubles
    free: _Doubles  # the vector's own M


class _Sums(NamedTuple):
    """Sums of outer products over transitions, float32 in a part, float64 over all; views of one flat array, `all`."""

    inputs: NDArray  # (N_PITCHES + 2, n + v), as in layout.Batch
    J: NDArray  # (depth, n, n)
    M: NDArray  # (depth, n, n)
    K: NDArray  # (v, n)
    all: NDArray


class _Terms(NamedTuple):
    """Vectors of a linear combination, and where it goes."""

    out: _Doubles
    a: _Doubles
    b: _Doubles
    c: _Doubles
    d: _Doubles
    e: _Doubles


class CompiledField:
    """velocity_field.VelocityField in compiled kernels: float32 inside, vectors and sums in float64.

    vectors: (count, size) float64 in the layout of `_Vector`; its padding is zero and stays so.
    With threads the chorales are divided among them; sums are added in a fixed order, so that the same number of
    threads gives the same bits.
    """

    def __init__(self, weights: Weights, data: Transitions, count: int, threads: int = 1) -> None:
        depth, width = depth_and_width(weights)
        self._parts = [_slots(part.data, depth, width) for part in divided(data, threads)]
        self._sizes, self._P = self._parts[0][0], data.P
        d, n, v = depth, self._sizes.n, self._sizes.v
        lengths = [N_PITCHES * (n + v), v, d * n * n, d * n * n, v * n]
        self.vectors = np.zeros((count, sum(lengths)))
        self._vectors = [_Vector(*_five(x, lengths), x) for x in self.vectors]
        self._spare = [_Spare(np.zeros(n + v), np.zeros(n * n), np.zeros(n * n)) for _ in self._parts]
        posed, spare = np.zeros(d * n * n), self._spare[0]
        self._places = [_Place(x.inputs, x.h0, x.J, posed, x.K, *spare, x.M) for x in self._vectors]
        sums = sum_sizes(self._sizes)
        self._count = sum(sums)
        self._totals = _sums(np.zeros(len(self._parts) * self._count), sums)
        self._sums = [_sums(floats(self._count), sums) for _ in self._parts]
        shared = working(self._sizes)._replace(deltas=floats(0))
        self._work = [
            shared._replace(mu=floats(d, k.slots, n), errors=floats(k.slots, v), deltas=floats(d, k.slots, n))
            for k, _ in self._parts
        ]
        self._crew = Crew(len(self._parts))
        self._slowed = _Slowed(np.zeros(0), np.zeros(8))
        threads = len(self._parts)
        self._exchange = _Exchange(np.zeros(threads, dtype=np.int64), np.zeros(8 * threads))

    def evaluate(
        self, out: int, factors: Sequence[float], terms: Sequence[int], velocity: int, measured: bool = False
    ) -> float:
        """As VelocityField.evaluate."""
        by = [Share(thread, self._crew.threads, self._count) for thread in range(self._crew.threads)]
        losses = self._crew.share(
            lambda thread: self._call(by[thread], self._crew.places, False, out, factors, terms, velocity, measured)
        )
        return sum(losses) / self._P

    def place(self, out: int, factors: Sequence[float], terms: Sequence[int]) -> bool:
        """As VelocityField.place."""
        return not math.isnan(self._call(ALONE, NOWHERE, True, out, factors, terms, out, False))

    def _call(
        self,
        by: Share,
        places: Places,
        settle: bool,
        out: int,
        factors: Sequence[float],
        terms: Sequence[int],
        velocity: int,
        measured: bool,
    ) -> float:
        x, missing, thread = self.vectors, 5 - len(terms), by.thread
        chosen = _Terms(x[out], *(x[i] for i in terms), *(x[terms[0]] for _ in range(missing)))
        weights = (*(float(factor) for factor in factors), *(0.0 for _ in range(missing)))
        place = self._places[out]._replace(**self._spare[thread]._asdict())
        what = *self._parts[thread], place, self._work[thread], self._sums[thread], self._totals, self._P
        how = self._vectors[velocity], self._slowed, self._exchange, measured, by, places
        return float(kernels.evaluate(settle, *what, chosen, weights, *how))

    def slow(self, modes: range, D: Sequence[float]) -> None:
        """As VelocityField.slow."""
        rows = self.vectors[modes.start : modes.stop] if any(D) else np.zeros(0)
        self._slowed = _Slowed(rows.reshape(-1), np.array(D, dtype=np.float64))

    def tangent(self, i: int, at: int) -> None:
        """As VelocityField.tangent."""
        kernels.tangent(self._sizes, self._places[at], self._vectors[i])

    def write(self, i: int, weights: Weights) -> None:
        """vectors[i] = weights."""
        for piece, padded in zip(self._vectors[i], padded_weights(weights, self._sizes)[:5], strict=False):
            piece[:] = padded

    def read(self, i: int) -> Weights:
        """vectors[i] as weights, copied."""
        place = self._places[i]
        return unpadded_weights(Master(*place[:8])._replace(M=place.free), self._sizes)


def _slots(data: Transitions, depth: int, width: int) -> tuple[Sizes, Layout]:
    slot, sizes = in_lanes(data, depth, width)
    return sizes, laid_out(data, slot, sizes)


def _five(flat: NDArray, lengths: Sequence[int]) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:
    inputs, h0, J, M, K = pieces(flat, lengths)
    return inputs, h0, J, M, K


def _sums(flat: NDArray, lengths: Sequence[int]) -> _Sums:
    inputs, J, M, K = pieces(flat, lengths)
    return _Sums(inputs, J, M, K, flat)
