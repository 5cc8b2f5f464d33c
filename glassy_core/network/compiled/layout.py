"""How the compiled engine lays out transitions, activations and weights in memory.

Rows of activations are slots. The chorales run in `lanes` parallel lanes, one after another in each, with an
empty slot before every chorale; slot s is lane s % lanes at step s // lanes, so its predecessor in time is slot
s - lanes and its successor s + lanes. Empty slots hold zeros: they are the hidden state before a chorale's first
chord and the delta after its last. Columns are padded with zeros to whole vectors: n for a layer, v for pitches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glassy_core.arrays import Floats
from glassy_core.editions.encoding import N_PITCHES, Transitions
from glassy_core.network.compiled.simd import HEIGHT, LANES
from glassy_core.network.equations import Weights, weight_shapes

WINDOW = 32  # slots that go through all layers together
GATHERED = 512  # rows of a minibatch summed up together
EMPTY_PITCH = N_PITCHES  # row of zeros in the input table
CONSTANT = N_PITCHES + 1  # row of the input table for a chord without any pitch

Singles = NDArray[np.float32]


class Sizes(NamedTuple):
    """Sizes of one network and of its layout in memory."""

    depth: int
    width: int
    n: int  # width, padded to whole vectors
    v: int  # N_PITCHES, padded to whole vectors
    lanes: int
    group: int  # lanes that the recurrence takes together, 4 or 8
    slots: int  # with one step of empty slots before the first and one after the last
    notes: int  # entries a slot has in Layout.notes, at least 4


class Layout(NamedTuple):
    """The transitions in slots, and the inputs' scaling. All arrays here and below are flat."""

    occupied: NDArray[np.int8]  # (slots,) 0 for empty ones
    notes: NDArray[np.int32]  # (slots, notes) sounding pitches, filled up with EMPTY_PITCH
    targets: NDArray[np.int8]  # (slots, v), 0 in empty slots and columns
    rest: Floats  # (N_PITCHES,) scaled input of a pitch that does not sound
    scale: Floats  # (N_PITCHES,) what sounding adds to it


class Master(NamedTuple):
    """The weights in float64, padded with zeros, and room for the projection of M."""

    inputs: Floats  # (N_PITCHES, n + v): J.0 and W, transposed
    h0: Floats  # (v,)
    J: Floats  # (depth, n, n), the first one unused
    M: Floats  # (depth, n, n)
    K: Floats  # (v, n)
    constant: Floats  # (n + v,)
    excess: Floats  # (n, n)
    result: Floats  # (n, n)


class Working(NamedTuple):
    """Weights, activations and errors in float32."""

    table: Singles  # (N_PITCHES + 2, n + v): what each pitch adds to the fields of layer 0 and of the outputs
    J_T: Singles  # (depth, n, n)
    M_T: Singles  # (depth, n, n)
    K_T: Singles  # (n, v)
    J: Singles  # (depth, n, n)
    M: Singles  # (depth, n, n), halved for the delayed gradient
    K: Singles  # (v, n)
    mu: Singles  # (depth, held, n)
    errors: Singles  # (held, v)
    past: Singles  # (WINDOW, n): sum of the two previous steps' deltas
    deltas: Singles  # (3, depth, slots, n): three generations


class Batch(NamedTuple):
    """Rows gathered for a minibatch, and sums over it, float32; the sums are views of one array."""

    delta: Singles  # (depth, GATHERED, n)
    before: Singles  # (depth, GATHERED, n): mu of the predecessors
    mu: Singles  # (depth, GATHERED, n)
    errors: Singles  # (GATHERED, v)
    inputs: Singles  # (N_PITCHES + 2, n + v): sums for each pitch over its rows, in row CONSTANT over all
    J: Singles  # (depth, n, n)
    M: Singles  # (depth, n, n)
    K: Singles  # (v, n)


class Fields(NamedTuple):
    """Output fields H of all slots."""

    H: Singles  # (slots, v)


class Generations(NamedTuple):
    """Which of the three generations of deltas is which; now may be older: it is read before it is written."""

    now: int
    latest: int
    older: int


def in_lanes(data: Transitions, depth: int, width: int) -> tuple[NDArray[np.int64], Sizes]:
    """The slot of each transition, (P,), and the sizes that go with it.

    The chorales, longest first, each go to the lane that is free first.
    """
    counts = data.counts
    lengths = [int((counts > i).sum()) for i in range(counts[0])]  # sorted as in Transitions
    trials = []
    for lanes in (4, 8):
        busy, start = [0] * lanes, []
        for length in lengths:
            lane = busy.index(min(busy))
            start.append((busy[lane] + 1, lane))  # after an empty slot; that of the first chorales is step 0
            busy[lane] += length + 1
        steps = max(busy) - 1
        steps += -steps * lanes % 8 // lanes  # whole blocks
        trials.append((steps * (lanes + 3), lanes, steps, start))  # a step costs some latency, however many lanes
    _, lanes, steps, start = min(trials)
    slot = [(start[i][0] + t) * lanes + start[i][1] for t, n in enumerate(counts) for i in range(n)]
    n, v = _padded(width), _padded(N_PITCHES)
    notes = max(4, int((data.S0 > 0).sum(axis=1).max()))
    group = 4 if lanes == 4 or HEIGHT == 4 else 8
    return np.array(slot), Sizes(depth, width, n, v, lanes, group, (steps + 2) * lanes, notes)


def _padded(columns: int) -> int:
    """columns rounded up to whole vectors and whole blocks."""
    unit = max(LANES, 8)
    return -(-columns // unit) * unit


def floats(*shape: int) -> NDArray[np.float32]:
    """A flat float32 array of zeros with as many elements as the shape has."""
    return np.zeros(int(np.prod(shape)), np.float32)


def _doubles(*shape: int) -> NDArray[np.float64]:
    """A flat float64 array of zeros with as many elements as the shape has."""
    return np.zeros(int(np.prod(shape)))


def working(sizes: Sizes) -> Working:
    """Arrays for the weights as evaluation reads them, and for a window of WINDOW + lanes slots; all zero."""
    d, n, v, held = sizes.depth, sizes.n, sizes.v, WINDOW + sizes.lanes
    return Working(
        table=floats(N_PITCHES + 2, n + v),
        J_T=floats(d, n, n),
        M_T=floats(d, n, n),
        K_T=floats(n, v),
        J=floats(d, n, n),
        M=floats(d, n, n),
        K=floats(v, n),
        mu=floats(d, held, n),
        errors=floats(held, v),
        past=floats(WINDOW, n),
        deltas=floats(3, d, sizes.slots, n),
    )


def sum_sizes(sizes: Sizes) -> list[int]:
    """How many numbers a minibatch's sums over inputs, J, M and K have."""
    squares = sizes.depth * sizes.n * sizes.n
    return [(N_PITCHES + 2) * (sizes.n + sizes.v), squares, squares, sizes.v * sizes.n]


def minibatch(sizes: Sizes, sums: Singles) -> Batch:
    """Arrays for a minibatch's rows, all zero, and views of sums, which has all its sums one after another."""
    d, n, v = sizes.depth, sizes.n, sizes.v
    inputs, J, M, K = pieces(sums, sum_sizes(sizes))
    return Batch(
        delta=floats(d, GATHERED, n),
        before=floats(d, GATHERED, n),
        mu=floats(d, GATHERED, n),
        errors=floats(GATHERED, v),
        inputs=inputs,
        J=J,
        M=M,
        K=K,
    )


def pieces(flat: NDArray, lengths: Sequence[int]) -> list[NDArray]:
    """The beginning of flat in views of these lengths."""
    return np.split(flat[: sum(lengths)], np.cumsum(lengths)[:-1])


def laid_out(data: Transitions, slot: NDArray[np.int64], sizes: Sizes) -> Layout:
    """Pitches, targets and scaling of the transitions, slot by slot; slot: (P,) as `in_lanes` gives it."""
    occupied = np.zeros(sizes.slots, dtype=np.int8)
    occupied[slot] = 1
    notes = np.full((sizes.slots, sizes.notes), EMPTY_PITCH, dtype=np.int32)
    for s, chord in zip(slot, data.S0 > 0, strict=True):
        pitches = np.flatnonzero(chord)
        notes[s, : len(pitches)] = pitches
    targets = np.zeros((sizes.slots, sizes.v), dtype=np.int8)
    targets[slot, :N_PITCHES] = data.targets
    rest, sounding = data.scaling(np.full(N_PITCHES, -1)), data.scaling(np.full(N_PITCHES, 1))
    return Layout(occupied, notes.reshape(-1), targets.reshape(-1), rest, sounding - rest)


def padded_weights(weights: Weights, sizes: Sizes) -> Master:
    """Float64 master weights as flat arrays, padded with zeros to whole vectors."""
    d, w, n, v = sizes.depth, sizes.width, sizes.n, sizes.v
    master = Master(
        inputs=_doubles(N_PITCHES, n + v),
        h0=_doubles(v),
        J=_doubles(d, n, n),
        M=_doubles(d, n, n),
        K=_doubles(v, n),
        constant=_doubles(n + v),
        excess=_doubles(n, n),
        result=_doubles(n, n),
    )
    inputs = master.inputs.reshape(N_PITCHES, n + v)
    inputs[:, :w], inputs[:, n : n + N_PITCHES] = weights["J.0"].T, weights["W"].T
    master.K.reshape(v, n)[:N_PITCHES, :w] = weights["K"]
    master.h0[:N_PITCHES] = weights["h0"]
    for l in range(d):
        master.M.reshape(d, n, n)[l, :w, :w] = weights[f"M.{l}"]
        if l > 0:
            master.J.reshape(d, n, n)[l, :w, :w] = weights[f"J.{l}"]
    return master


def unpadded_weights(master: Master, sizes: Sizes) -> Weights:
    """Weights by name, in the shapes of `weight_shapes`, copied: the inverse of `padded_weights`."""
    d, w, n, v = sizes.depth, sizes.width, sizes.n, sizes.v
    inputs, J, M = master.inputs.reshape(N_PITCHES, n + v), master.J.reshape(d, n, n), master.M.reshape(d, n, n)
    found = {"J.0": inputs[:, :w].T, "W": inputs[:, n : n + N_PITCHES].T, "h0": master.h0[:N_PITCHES]}
    found |= {f"J.{l}": J[l, :w, :w] for l in range(1, d)} | {f"M.{l}": M[l, :w, :w] for l in range(d)}
    found["K"] = master.K.reshape(v, n)[:N_PITCHES, :w]
    return {name: found[name].copy(order="C") for name in weight_shapes(d, w)}
