"""The flow's velocity, compiled: a linear combination of vectors, and minus the gradient there.

A vector holds all weights, or a change of them, in float64 and in the layout of `layout.Master`, one after another.
"""

from __future__ import annotations

import math

from numba import njit

from glassy_core.editions.encoding import N_PITCHES
from glassy_core.network.compiled.blocks import multiply, pointers
from glassy_core.network.compiled.crew import add_up, meet, taker
from glassy_core.network.compiled.evaluation import copy, kernel, prepare_inputs, prepare_layer, prepare_outputs
from glassy_core.network.compiled.gradient import sweep
from glassy_core.network.compiled.layout import CONSTANT
from glassy_core.network.compiled.simd import HEIGHT
from glassy_core.network.compiled.update import orthogonalise


@njit
def _span(k, sizes, by):  # type: ignore[no-untyped-def]
    """(start, length) of the k-th of 2 depth + 2 pieces of a vector, W and h0, every J, every M, K; of length 0 where
    another thread takes it."""
    d, square = sizes.depth, sizes.n * sizes.n
    head = N_PITCHES * (sizes.n + sizes.v) + sizes.v
    if k == 0:
        owner, start, length = 0, 0, head
    elif k <= 2 * d:
        owner, start, length = taker((k - 1) % d, by), head + (k - 1) * square, square
    else:
        owner, start, length = by.threads - 1, head + 2 * d * square, sizes.v * sizes.n
    return start, length if owner == by.thread else 0


@njit
def _combine(terms, factors, sizes, by):  # type: ignore[no-untyped-def]
    """out = sum of factors x terms, five of them, in this thread's pieces."""
    c0, c1, c2, c3, c4 = factors
    for k in range(2 * sizes.depth + 2):
        start, length = _span(k, sizes, by)
        for i in range(start, start + length):
            terms.out[i] = c0 * terms.a[i] + c1 * terms.b[i] + c2 * terms.c[i] + c3 * terms.d[i] + c4 * terms.e[i]


@njit
def _pose(sizes, layout, place, work, by):  # type: ignore[no-untyped-def]
    """Weights for evaluation at a vector, with every M on the orthogonal matrices; False if one is too far away.

    Combinations of orthogonal matrices leave them by the square of the step. The velocity there is that of the
    nearest orthogonal matrix: so it has no part that would push the distance about. A thread takes its own layers.
    """
    near = True
    for l in range(sizes.depth):
        if taker(l, by) == by.thread:
            at = l * sizes.n * sizes.n
            copy(place.M, at, place.free, at, sizes.n * sizes.n)
            near &= orthogonalise(at, sizes, place)
            prepare_layer(l, sizes, place, work, 1.0)
    if by.thread == 0:
        prepare_inputs(sizes, layout, place, work)
    if by.thread == by.threads - 1:
        prepare_outputs(sizes, place, work)
    return near


@njit
def _on_tangent(sizes, M, x, at, scratch):  # type: ignore[no-untyped-def]
    """x <- x - M sym(M^T x): the part of a change of M, at x[at ...], that keeps M orthogonal to first order."""
    w, n = sizes.width, sizes.n
    rows = -(-w // HEIGHT) * HEIGHT
    multiply(M, at, 1, n, x, at, n, w, scratch, 0, n, rows, n, HEIGHT, False)
    for i in range(w):
        for j in range(i + 1):
            mean = -0.5 * (scratch[i * n + j] + scratch[j * n + i])
            scratch[i * n + j] = scratch[j * n + i] = mean
    multiply(M, at, n, 1, scratch, 0, n, w, x, at, n, rows, n, HEIGHT, True)


@njit
def _descend(sizes, layout, place, totals, P, out, by):  # type: ignore[no-untyped-def]
    """The velocity: minus the gradient of the mean loss, from the sums, every M's along the orthogonal matrices.

    A thread takes its own pieces.
    """
    n, v = sizes.n, sizes.v
    both, total = n + v, CONSTANT * (n + v)
    if by.thread == 0:
        add_up(totals.inputs, 0, 0, (N_PITCHES + 2) * both, by)
        for i in range(N_PITCHES):
            scale, rest = layout.scale[i] / P, layout.rest[i] / P
            for j in range(both):
                out.inputs[i * both + j] = scale * totals.inputs[i * both + j] + rest * totals.inputs[total + j]
        for j in range(v):
            out.h0[j] = totals.inputs[total + n + j] / P
    if by.thread == by.threads - 1:
        add_up(totals.K, 0, 0, N_PITCHES * n, by)
        for i in range(N_PITCHES * n):
            out.K[i] = totals.K[i] / P
    for l in range(sizes.depth):
        if taker(l, by) == by.thread:
            at, end = l * n * n, (l + 1) * n * n
            add_up(totals.M, at, at, n * n, by)
            add_up(totals.J, at, at, n * n, by)
            for i in range(at, end):
                out.M[i] = totals.M[i] / P
                out.J[i] = totals.J[i] / P
            _on_tangent(sizes, place.M, out.M, at, place.excess)


@njit
def _project(modes, x, size, sizes, products, by):  # type: ignore[no-untyped-def]
    """This thread's share of the products of eight vectors, one after another in modes, with x; to its row."""
    a = b = c = d = e = f = g = h = 0.0  # eight sums at a time, each in its order
    for k in range(2 * sizes.depth + 2):
        start, length = _span(k, sizes, by)
        for i in range(start, start + length):
            y = x[i]
            a += modes[i] * y
            b += modes[size + i] * y
            c += modes[2 * size + i] * y
            d += modes[3 * size + i] * y
            e += modes[4 * size + i] * y
            f += modes[5 * size + i] * y
            g += modes[6 * size + i] * y
            h += modes[7 * size + i] * y
    for k, product in enumerate((a, b, c, d, e, f, g, h)):
        products[8 * by.thread + k] = product


@njit
def _slow(modes, D, x, size, sizes, products, by):  # type: ignore[no-untyped-def]
    """x <- x - sum of D (v . x) v over the eight vectors v, in this thread's pieces; products: all threads'."""
    a, b = _along(0, D, products, by), _along(1, D, products, by)
    c, d = _along(2, D, products, by), _along(3, D, products, by)
    e, f = _along(4, D, products, by), _along(5, D, products, by)
    g, h = _along(6, D, products, by), _along(7, D, products, by)
    for k in range(2 * sizes.depth + 2):  # in one go: the modes do not fit in the cache
        start, length = _span(k, sizes, by)
        for i in range(start, start + length):
            first = a * modes[i] + b * modes[size + i] + c * modes[2 * size + i] + d * modes[3 * size + i]
            last = e * modes[4 * size + i] + f * modes[5 * size + i] + g * modes[6 * size + i] + h * modes[7 * size + i]
            x[i] -= first + last


@njit
def _along(k, D, products, by):  # type: ignore[no-untyped-def]
    """D (v . x) of the k-th vector, from all threads' products."""
    product = products[k]
    for thread in range(1, by.threads):
        product += products[8 * thread + k]
    return product * D[k]


@kernel
def evaluate(  # type: ignore[no-untyped-def]
    settle, sizes, layout, place, work, part, totals, P, terms, factors, out, slowed, exchange, measured, by, places
):
    """The velocity at a linear combination, or with `settle` only the combination, its every M the orthogonal one.

    The combination goes to terms.out, the velocity to out, with eight modes slowed down. Several threads each take
    the sums over their own transitions and their own pieces of the vectors. Returns this thread's sum of the loss,
    nats, where measured; not a number where an M of the combination is too far from orthogonal.
    """
    place, work, layout, slowed = pointers(place), pointers(work), pointers(layout), pointers(slowed)
    exchange = pointers(exchange)
    size, out, totals, places = len(terms.out), pointers(out), pointers(totals), pointers(places)
    _combine(pointers(terms), factors, sizes, by)
    exchange.near[by.thread] = 1 if _pose(sizes, layout, place, work, by) else 0
    meet(by, places, 1)
    for thread in range(by.threads):
        if exchange.near[thread] == 0:
            return math.nan
    if settle:
        copy(place.free, 0, place.M, 0, sizes.depth * sizes.n * sizes.n)
        return 0.0
    loss = sweep(sizes, layout, work, pointers(part), totals.all, by.thread * by.stride, by.stride, measured)
    meet(by, places, 2)
    _descend(sizes, layout, place, totals, P, out, by)
    for k in range(8):
        if slowed.D[k] != 0:
            _project(slowed.modes, out.all, size, sizes, exchange.products, by)
            meet(by, places, 3)
            _slow(slowed.modes, slowed.D, out.all, size, sizes, exchange.products, by)
            break
    return loss


@kernel
def tangent(sizes, place, out):  # type: ignore[no-untyped-def]
    """Leave of a change, out, at a vector what keeps its every M orthogonal to first order."""
    place, out = pointers(place), pointers(out)
    for l in range(sizes.depth):
        _on_tangent(sizes, place.free, out.M, l * sizes.n * sizes.n, place.excess)
