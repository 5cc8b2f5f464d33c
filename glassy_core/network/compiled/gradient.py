"""Exact gradient of one network for all transitions, compiled: activations, errors, deltas and their sums.

The sums are those of `update.py` with every slot in the minibatch, taken from where activations and deltas lie:
empty slots hold zeros and add nothing. A part is the chorales of one thread, in slots of its own (see parts.py).
"""

from __future__ import annotations

import math

from numba import njit

from glassy_core.editions.encoding import N_PITCHES
from glassy_core.network.compiled.blocks import multiply
from glassy_core.network.compiled.evaluation import backward, hidden, output_fields, residuals
from glassy_core.network.compiled.layout import WINDOW, Generations
from glassy_core.network.compiled.simd import HEIGHT
from glassy_core.network.compiled.update import add_inputs

_SUMMED = 8 * WINDOW  # slots whose outer products are summed in float32 before they join the sums in float64
_ONLY = Generations(0, 0, 0)  # the exact gradient needs no deltas of earlier steps


@njit
def _surprise(first, rows, sizes, layout, work):  # type: ignore[no-untyped-def]
    """Loss of the slots from first on, nats: the sum of ln(1 + exp(-2 S H)); work.errors holds the fields H."""
    v, total = sizes.v, 0.0
    for s in range(first, first + rows):
        if layout.occupied[s] != 0:
            product = 1.0  # one logarithm a chord
            for i in range(s * v, s * v + N_PITCHES):
                x = -2.0 * layout.targets[i] * work.errors[i]
                total += max(x, 0.0)
                product *= 1 + math.exp(-abs(x))
            total += math.log(product)
    return total


@njit
def _add_slots(first, rows, sizes, layout, work, part):  # type: ignore[no-untyped-def]
    """Add the outer products of Eqs. B2-B7 of `rows` slots from first on to the part's float32 sums."""
    w, n, v, lanes, slots = sizes.width, sizes.n, sizes.v, sizes.lanes, sizes.slots
    mu, deltas, height = work.mu, work.deltas, -(-w // HEIGHT) * HEIGHT
    for l in range(sizes.depth):
        at, weights = (l * slots + first) * n, l * n * n
        before = at - lanes * n
        multiply(deltas, at, 1, n, mu, before, n, rows, part.M, weights, n, height, n, HEIGHT, True)
        if l > 0:
            below = at - slots * n
            multiply(deltas, at, 1, n, mu, below, n, rows, part.J, weights, n, height, n, HEIGHT, True)
    top, height = ((sizes.depth - 1) * slots + first) * n, -(-N_PITCHES // HEIGHT) * HEIGHT
    multiply(work.errors, first * v, 1, v, mu, top, n, rows, part.K, 0, n, height, n, HEIGHT, True)
    for s in range(first, first + rows):
        if layout.occupied[s] != 0:
            add_inputs(s, sizes, layout, part.inputs, work.deltas, s * n, work.errors, s * v)


@njit
def _drain(x, total, at, count):  # type: ignore[no-untyped-def]
    """Add float32 sums to the float64 ones and start them anew."""
    for i in range(count):
        total[at + i] += x[i]
        x[i] = 0


@njit
def sweep(sizes, layout, work, part, total, at, count, measured):  # type: ignore[no-untyped-def]
    """All slots of a part, forward and backward; the sums go to total, float64, at `at`.

    The sum of the loss, nats, where it is to be measured, else 0.
    """
    lanes, end, loss = sizes.lanes, sizes.slots - sizes.lanes, 0.0
    for first in range(lanes, end, WINDOW):
        rows = min(WINDOW, end - first)
        hidden(first, rows, 0, sizes.slots, sizes, layout, work)
        output_fields(first, rows, 0, sizes.slots, work.errors, first, sizes, layout, work)
        if measured:
            loss += _surprise(first, rows, sizes, layout, work)
        residuals(first, rows, 0, sizes, layout, work)
    for i in range(count):
        total[at + i] = 0
    for block in range(lanes + (end - lanes - 1) // _SUMMED * _SUMMED, 0, -_SUMMED):
        stop = min(block + _SUMMED, end)
        for first in range(block + (stop - block - 1) // WINDOW * WINDOW, block - 1, -WINDOW):
            backward(first, min(WINDOW, stop - first), 0, sizes.slots, sizes, layout, work, _ONLY, True)
        _add_slots(block, stop - block, sizes, layout, work, part)
        _drain(part.all, total, at, count)
    return loss
