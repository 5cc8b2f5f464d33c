"""The learning step of one network, compiled: sums over the minibatch, moving the weights, projecting M."""

from __future__ import annotations

from numba import njit

from glassy_core.editions.encoding import N_PITCHES
from glassy_core.network.compiled.blocks import add_at, multiply, pointers
from glassy_core.network.compiled.crew import add_up, meet, taker
from glassy_core.network.compiled.evaluation import backward, copy, forward, kernel, prepare
from glassy_core.network.compiled.layout import CONSTANT, EMPTY_PITCH, GATHERED, WINDOW
from glassy_core.network.compiled.simd import HEIGHT, LANES

_TOO_FAR = 0.1  # largest element of M^T M - 1 that is left to Newton-Schulz


@njit
def _gather(r, s, shift, held, sizes, work, generations, batch):  # type: ignore[no-untyped-def]
    """Copy slot s, with its predecessor's mu, into row r of the minibatch."""
    n, v, lanes, slots = sizes.n, sizes.v, sizes.lanes, sizes.slots
    for l in range(sizes.depth):
        row = (l * GATHERED + r) * n
        mu = (l * held + s - shift) * n
        copy(batch.delta, row, work.deltas, ((generations.now * sizes.depth + l) * slots + s) * n, n)
        copy(batch.before, row, work.mu, mu - lanes * n, n)
        copy(batch.mu, row, work.mu, mu, n)
    copy(batch.errors, r * v, work.errors, (s - shift) * v, v)


@njit
def add_inputs(s, sizes, layout, inputs, delta, row, errors, error_row):  # type: ignore[no-untyped-def]
    """Add delta of layer 0 and errors of slot s to the sums of its chord's pitches and over all.

    row, error_row: where they are in `delta` and `errors`.
    """
    n, v = sizes.n, sizes.v
    for k in range(s * sizes.notes - 1, (s + 1) * sizes.notes):
        pitch = CONSTANT if k < s * sizes.notes else layout.notes[k]
        if pitch != EMPTY_PITCH:
            at = pitch * (n + v)
            for j in range(0, n, LANES):
                add_at(inputs, at + j, delta, row + j)
            for j in range(0, v, LANES):
                add_at(inputs, at + n + j, errors, error_row + j)


@njit
def _add_products(p, sizes, batch, add):  # type: ignore[no-untyped-def]
    """Sum the outer products of Eqs. B2-B7 over p gathered rows; add: onto what is there."""
    w, n, v = sizes.width, sizes.n, sizes.v
    height = -(-w // HEIGHT) * HEIGHT
    for l in range(sizes.depth):
        rows, weights = l * GATHERED * n, l * n * n
        multiply(batch.delta, rows, 1, n, batch.before, rows, n, p, batch.M, weights, n, height, n, HEIGHT, add)
        if l > 0:
            below = rows - GATHERED * n
            multiply(batch.delta, rows, 1, n, batch.mu, below, n, p, batch.J, weights, n, height, n, HEIGHT, add)
    height = -(-N_PITCHES // HEIGHT) * HEIGHT
    top = (sizes.depth - 1) * GATHERED * n
    multiply(batch.errors, 0, 1, v, batch.mu, top, n, p, batch.K, 0, n, height, n, HEIGHT, add)


@njit
def _move_inputs(sizes, layout, master, batch, rate):  # type: ignore[no-untyped-def]
    """Add rate x the minibatch's sums to the weights of the inputs and to h0."""
    both, total = sizes.n + sizes.v, CONSTANT * (sizes.n + sizes.v)
    for i in range(N_PITCHES):
        scale, rest = rate * layout.scale[i], rate * layout.rest[i]
        for j in range(both):
            master.inputs[i * both + j] += scale * batch.inputs[i * both + j] + rest * batch.inputs[total + j]
    for j in range(sizes.v):
        master.h0[j] += rate * batch.inputs[total + sizes.n + j]


@njit
def orthogonalise(at, sizes, master):  # type: ignore[no-untyped-def]
    """Newton-Schulz, M <- M - M (M^T M - 1) / 2, to rounding; False if M is too far from orthogonal."""
    w, n, M, excess, result = sizes.width, sizes.n, master.M, master.excess, master.result
    rows = -(-w // HEIGHT) * HEIGHT
    for _ in range(8):
        multiply(M, at, 1, n, M, at, n, w, excess, 0, n, rows, n, HEIGHT, False)
        largest = 0.0
        for i in range(w):
            excess[i * n + i] -= 1
            if not abs(excess[i * n + i]) < _TOO_FAR:  # also where a column of M is not finite
                return False
        for i in range(w * n):
            largest = max(largest, abs(excess[i]))
            excess[i] *= -0.5
        if largest > _TOO_FAR:
            return False
        copy(result, 0, M, at, w * n)
        multiply(M, at, n, 1, excess, 0, n, w, result, 0, n, rows, n, HEIGHT, True)
        copy(M, at, result, 0, w * n)
        if w * largest * largest < 1e-12:  # what is left of an error e is 3/4 e^2
            return True
    return False


@njit
def _finish(p, sizes, layout, master, batch, eta, by):  # type: ignore[no-untyped-def]
    """This thread's share of moving the weights by all threads' sums over p transitions and projecting every M.

    Returns the layers where the projection failed, one bit each.
    """
    n, rate, failed = sizes.n, eta / p, 0
    first = -by.thread * by.stride  # the first thread's sums, from this one's
    if by.thread == 0:
        add_up(batch.inputs, first, 0, (N_PITCHES + 2) * (n + sizes.v), by)
        _move_inputs(sizes, layout, master, batch, rate)
    if by.thread == by.threads - 1:
        add_up(batch.K, first, 0, N_PITCHES * n, by)
        for i in range(N_PITCHES * n):
            master.K[i] += rate * batch.K[i]
    for l in range(sizes.depth):
        if taker(l, by) == by.thread:
            at = l * n * n
            add_up(batch.M, first + at, at, n * n, by)
            if l > 0:
                add_up(batch.J, first + at, at, n * n, by)
            for i in range(at, at + n * n):
                master.M[i] += rate * batch.M[i]
                master.J[i] += rate * batch.J[i]
            if not orthogonalise(at, sizes, master):
                failed |= 1 << l
    return failed


@kernel
def step(sizes, layout, master, work, generations, chosen, batch, p, eta, by, places):  # type: ignore[no-untyped-def]
    """Evaluation through a window, and the update, for at most GATHERED slots of a minibatch, ascending.

    p: transitions of the whole minibatch, of which `chosen` are this thread's. Returns `_finish`'s.
    """
    layout, master, work = pointers(layout), pointers(master), pointers(work)
    batch, places = pointers(batch), pointers(places)
    prepare(sizes, layout, master, work, 0.5)
    n, lanes, end = sizes.n, sizes.lanes, sizes.slots - sizes.lanes
    held, r = WINDOW + lanes, 0
    for i in range((N_PITCHES + 2) * (n + sizes.v)):
        batch.inputs[i] = 0
    for l in range(sizes.depth):
        for i in range(lanes * n):
            work.mu[l * held * n + i] = 0
    for first in range(lanes, end, WINDOW):
        rows, shift = min(WINDOW, end - first), first - lanes
        forward(first, rows, shift, held, sizes, layout, work)
        backward(first, rows, shift, held, sizes, layout, work, generations, False)
        while r < len(chosen) and chosen[r] < first + rows:
            _gather(r, chosen[r], shift, held, sizes, work, generations, batch)
            add_inputs(chosen[r], sizes, layout, batch.inputs, batch.delta, r * n, batch.errors, r * sizes.v)
            r += 1
        for l in range(sizes.depth):
            copy(work.mu, l * held * n, work.mu, (l * held + rows) * n, lanes * n)
    _add_products(len(chosen), sizes, batch, False)
    meet(by, places, 1)
    return _finish(p, sizes, layout, master, batch, eta, by)


@kernel
def update(sizes, layout, master, work, generations, chosen, batch, p, eta, by, places):  # type: ignore[no-untyped-def]
    """The update after `evaluate`, for any number of slots, ascending, as in `step`."""
    layout, master, work = pointers(layout), pointers(master), pointers(work)
    batch, places = pointers(batch), pointers(places)
    for i in range((N_PITCHES + 2) * (sizes.n + sizes.v)):
        batch.inputs[i] = 0
    for start in range(0, len(chosen), GATHERED):
        rows = min(GATHERED, len(chosen) - start)
        for r in range(rows):
            _gather(r, chosen[start + r], 0, sizes.slots, sizes, work, generations, batch)
            slot, row, error_row = chosen[start + r], r * sizes.n, r * sizes.v
            add_inputs(slot, sizes, layout, batch.inputs, batch.delta, row, batch.errors, error_row)
        _add_products(rows, sizes, batch, start > 0)
    meet(by, places, 1)
    return _finish(p, sizes, layout, master, batch, eta, by)
