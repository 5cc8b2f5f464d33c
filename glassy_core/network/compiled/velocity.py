"""The flow's velocity, compiled: a linear combination of vectors, and minus the gradient there.

A vector holds all weights, or a change of them, in float64 and in the layout of `layout.Master`, one after another.
"""

from __future__ import annotations

import math

from numba import njit

from glassy_core.editions.encoding import N_PITCHES
from glassy_core.network.compiled.blocks import multiply, pointers
from glassy_core.network.compiled.evaluation import copy, kernel, prepare
from glassy_core.network.compiled.gradient import sweep
from glassy_core.network.compiled.layout import CONSTANT
from glassy_core.network.compiled.simd import HEIGHT
from glassy_core.network.compiled.update import orthogonalise

WEIGHTS, SETTLE, SHARE, VELOCITY = 1, 2, 4, 8  # phases of `evaluate`


@njit
def _combine(terms, factors, size):  # type: ignore[no-untyped-def]
    """out = sum of factors x terms, five of them."""
    c0, c1, c2, c3, c4 = factors
    for i in range(size):
        terms.out[i] = c0 * terms.a[i] + c1 * terms.b[i] + c2 * terms.c[i] + c3 * terms.d[i] + c4 * terms.e[i]


@njit
def _pose(sizes, layout, place, work):  # type: ignore[no-untyped-def]
    """Weights for evaluation at a vector, with every M on the orthogonal matrices; False if one is too far away.

    Combinations of orthogonal matrices leave them by the square of the step. The velocity there is that of the
    nearest orthogonal matrix: so it has no part that would push the distance about.
    """
    near = True
    for l in range(sizes.depth):
        at = l * sizes.n * sizes.n
        copy(place.M, at, place.free, at, sizes.n * sizes.n)
        near &= orthogonalise(at, sizes, place)
    prepare(sizes, layout, place, work, 1.0)
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
def _descend(sizes, layout, place, totals, parts, count, P, out):  # type: ignore[no-untyped-def]
    """The velocity: minus the gradient of the mean loss, from the sums, every M's along the orthogonal matrices."""
    n, v = sizes.n, sizes.v
    both, total = n + v, CONSTANT * (n + v)
    for part in range(1, parts):  # always in this order: the same bits every time
        for i in range(count):
            totals.all[i] += totals.all[part * count + i]
    for i in range(N_PITCHES):
        scale, silent = layout.scale[i] / P, layout.silent[i] / P
        for j in range(both):
            out.inputs[i * both + j] = scale * totals.inputs[i * both + j] + silent * totals.inputs[total + j]
    for j in range(v):
        out.h0[j] = totals.inputs[total + n + j] / P
    for i in range(N_PITCHES * n):
        out.K[i] = totals.K[i] / P
    for i in range(sizes.depth * n * n):
        out.M[i] = totals.M[i] / P
        out.J[i] = totals.J[i] / P
    for l in range(sizes.depth):
        _on_tangent(sizes, place.M, out.M, l * n * n, place.excess)


@njit
def _slow(modes, D, x, size):  # type: ignore[no-untyped-def]
    """x <- x - sum of D (v . x) v over eight vectors v, one after another in modes."""
    a = b = c = d = e = f = g = h = 0.0  # eight sums at a time, each in its order
    for i in range(size):
        y = x[i]
        a += modes[i] * y
        b += modes[size + i] * y
        c += modes[2 * size + i] * y
        d += modes[3 * size + i] * y
        e += modes[4 * size + i] * y
        f += modes[5 * size + i] * y
        g += modes[6 * size + i] * y
        h += modes[7 * size + i] * y
    a, b, c, d = a * D[0], b * D[1], c * D[2], d * D[3]
    e, f, g, h = e * D[4], f * D[5], g * D[6], h * D[7]
    for i in range(size):  # in one go: the modes do not fit in the cache
        first = a * modes[i] + b * modes[size + i] + c * modes[2 * size + i] + d * modes[3 * size + i]
        last = e * modes[4 * size + i] + f * modes[5 * size + i] + g * modes[6 * size + i] + h * modes[7 * size + i]
        x[i] -= first + last


@kernel
def evaluate(  # type: ignore[no-untyped-def]
    phases, sizes, layout, place, work, part, totals, at, count, P, parts, terms, factors, out, slowed, measured
):
    """Velocity at a linear combination, by phases, so that threads can share the work and one does it in one call.

    WEIGHTS: the combination into terms.out and the weights from it; not a number where an M is too far away.
    SETTLE: besides, every M of terms.out becomes the orthogonal one.
    SHARE: one part's sums, to totals at `at`; the sum of its loss, nats, where measured.
    VELOCITY: the velocity from all parts' sums, into out, with eight modes slowed down.
    """
    place, work, size, loss = pointers(place), pointers(work), len(terms.out), 0.0
    layout, totals = pointers(layout), pointers(totals)
    if phases & WEIGHTS:
        _combine(pointers(terms), factors, size)
        if not _pose(sizes, layout, place, work):
            return math.nan
        if phases & SETTLE:
            copy(place.free, 0, place.M, 0, sizes.depth * sizes.n * sizes.n)
    if phases & SHARE:
        loss = sweep(sizes, layout, work, pointers(part), totals.all, at, count, measured)
    if phases & VELOCITY:
        out, slowed = pointers(out), pointers(slowed)
        _descend(sizes, layout, place, totals, parts, count, P, out)
        for k in range(8):
            if slowed.D[k] != 0:
                _slow(slowed.modes, slowed.D, out.all, size)
                break
    return loss


@kernel
def tangent(sizes, place, out):  # type: ignore[no-untyped-def]
    """Leave of a change, out, at a vector what keeps its every M orthogonal to first order."""
    place, out = pointers(place), pointers(out)
    for l in range(sizes.depth):
        _on_tangent(sizes, place.free, out.M, l * sizes.n * sizes.n, place.excess)
