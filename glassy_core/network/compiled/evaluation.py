"""Evaluation of one network, compiled: activations, errors and deltas as in `learning_rule.TorchLearner`.

A few dozen slots (see layout.py) at a time go through all layers, forward and, where the gradient is the delayed
one, backward, so that they stay in the processor's cache. Either all activations are kept (`held` = slots), or
only a window of them (`held` = WINDOW + lanes).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

from glassy_core.editions import encoding
from glassy_core.editions.encoding import N_PITCHES
from glassy_core.files import compiled
from glassy_core.network.compiled.blocks import (
    add_at,
    multiply,
    plus_at,
    pointers,
    residual_at,
    slope_at,
    sum_at,
    tanh_at,
)
from glassy_core.network.compiled.layout import CONSTANT, WINDOW
from glassy_core.network.compiled.simd import HEIGHT, LANES


def _forgiving(load: Callable[[], dict[Any, Any]]) -> Callable[[], dict[Any, Any]]:
    """load, but empty where what is on disk names a class of arguments that is not there any more."""

    def load_index() -> dict[Any, Any]:
        try:
            return load()
        except (AttributeError, ImportError):  # numba reads the classes before it looks at the stamp
            return {}

    return load_index


def kernel(function: Any) -> Any:
    """Compiled on first use and kept on disk, anew whenever a file of this package, or the encoding, has changed.

    Numba itself would watch the function's own file only, not what is inlined from the others.
    """
    found: Any = compiled(function)
    file = getattr(found._cache, "_cache_file", None)
    if file is None:  # there is no place to keep it
        return found
    sources = [*sorted(Path(__file__).parent.glob("*.py")), Path(encoding.__file__)]
    stamp = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    file._source_stamp = stamp
    file._load_index = _forgiving(file._load_index)
    return found


@njit
def _silence(x, first, rows, columns, occupied, s):  # type: ignore[no-untyped-def]
    """Zero those of `rows` rows from `first` on whose slots, from s on, are empty."""
    for r in range(rows):
        if occupied[s + r] == 0:
            for i in range((first + r) * columns, (first + r + 1) * columns):
                x[i] = 0


@njit
def copy(x, i, y, j, count):  # type: ignore[no-untyped-def]
    """Set x[i : i + count] = y[j : j + count]."""
    for k in range(count):
        x[i + k] = y[j + k]


@njit
def prepare(sizes, layout, master, work, half):  # type: ignore[no-untyped-def]
    """Fill work's float32 weights from the master's.

    half: the factor of M, 1/2 where it is applied to the sum of two steps' deltas.
    """
    prepare_inputs(sizes, layout, master, work)
    for l in range(sizes.depth):
        prepare_layer(l, sizes, master, work, half)
    prepare_outputs(sizes, master, work)


@njit
def prepare_inputs(sizes, layout, master, work):  # type: ignore[no-untyped-def]
    """What each pitch adds to the fields of layer 0 and of the outputs."""
    n, both = sizes.n, sizes.n + sizes.v
    for j in range(both):
        master.constant[j] = 0 if j < n else master.h0[j - n]
    for i in range(N_PITCHES):
        scale, rest = layout.scale[i], layout.rest[i]
        for j in range(both):
            weight = master.inputs[i * both + j]
            work.table[i * both + j] = weight * scale
            master.constant[j] += weight * rest
    for j in range(both):
        work.table[CONSTANT * both + j] = master.constant[j]


@njit
def prepare_layer(l, sizes, master, work, half):  # type: ignore[no-untyped-def]
    """J and M of a layer, and their transposes."""
    n, at = sizes.n, l * sizes.n * sizes.n
    for i in range(sizes.width):
        for j in range(sizes.width):
            work.J[at + i * n + j] = master.J[at + i * n + j]
            work.J_T[at + j * n + i] = master.J[at + i * n + j]
            work.M[at + i * n + j] = half * master.M[at + i * n + j]
            work.M_T[at + j * n + i] = master.M[at + i * n + j]


@njit
def prepare_outputs(sizes, master, work):  # type: ignore[no-untyped-def]
    """K and its transpose."""
    n, v = sizes.n, sizes.v
    for i in range(N_PITCHES):
        for j in range(sizes.width):
            work.K[i * n + j] = master.K[i * n + j]
            work.K_T[j * v + i] = master.K[i * n + j]


@njit
def _input_fields(s, x, i, start, columns, sizes, layout, work):  # type: ignore[no-untyped-def]
    """Columns of the table's rows for slot s, summed into x: the constant and the sounding pitches."""
    both, notes = sizes.n + sizes.v, s * sizes.notes
    a, b = layout.notes[notes] * both + start, layout.notes[notes + 1] * both + start
    c, d = layout.notes[notes + 2] * both + start, layout.notes[notes + 3] * both + start
    constant = CONSTANT * both + start
    for j in range(0, columns, LANES):
        sum_at(x, i + j, work.table, constant + j, a + j, b + j, c + j, d + j)
    for k in range(notes + 4, notes + sizes.notes):
        for j in range(0, columns, LANES):
            add_at(x, i + j, work.table, layout.notes[k] * both + start + j)


@njit
def output_fields(first, rows, shift, held, H, at, sizes, layout, work):  # type: ignore[no-untyped-def]
    """H of the slots from `first` on, into H at row at."""
    n, v, top = sizes.n, sizes.v, (sizes.depth - 1) * held + first - shift
    for r in range(rows):
        _input_fields(first + r, H, (at + r) * v, n, v, sizes, layout, work)
    multiply(work.mu, top * n, n, 1, work.K_T, 0, v, sizes.width, H, at * v, v, rows, v, HEIGHT, True)


@njit
def hidden(first, rows, shift, held, sizes, layout, work):  # type: ignore[no-untyped-def]
    """mu of all layers of the slots from `first` on; slot s is held in row s - shift."""
    w, n, lanes, group = sizes.width, sizes.n, sizes.lanes, sizes.group
    for s in range(first, first + rows):
        _input_fields(s, work.mu, (s - shift) * n, 0, n, sizes, layout, work)
    for l in range(sizes.depth):
        row, weights = l * held + first - shift, l * n * n
        if l > 0:
            below = (row - held) * n
            multiply(work.mu, below, n, 1, work.J_T, weights, n, w, work.mu, row * n, n, rows, n, HEIGHT, False)
        for r in range(row, row + rows, group):
            at = r * n
            multiply(work.mu, at - lanes * n, n, 1, work.M_T, weights, n, w, work.mu, at, n, group, n, group, True)
            for i in range(at, at + group * n, LANES):
                tanh_at(work.mu, i, work.mu, i)
            _silence(work.mu, r, group, n, layout.occupied, first + r - row)


@njit
def residuals(first, rows, shift, sizes, layout, work):  # type: ignore[no-untyped-def]
    """Output fields in work.errors become errors."""
    for i in range(0, rows * sizes.v, LANES):
        residual_at(work.errors, (first - shift) * sizes.v + i, layout.targets, first * sizes.v + i)


@njit
def forward(first, rows, shift, held, sizes, layout, work):  # type: ignore[no-untyped-def]
    """mu of all layers and the errors of the slots from `first` on; slot s is held in row s - shift."""
    hidden(first, rows, shift, held, sizes, layout, work)
    output_fields(first, rows, shift, held, work.errors, first - shift, sizes, layout, work)
    residuals(first, rows, shift, sizes, layout, work)


@njit
def backward(first, rows, shift, held, sizes, layout, work, generations, exact):  # type: ignore[no-untyped-def]
    """delta of all layers of the slots from `first` on, Eqs. B8-B10."""
    w, n, v, lanes, slots = sizes.width, sizes.n, sizes.v, sizes.lanes, sizes.slots
    deltas, generation = work.deltas, sizes.depth * slots
    for l in range(sizes.depth - 1, -1, -1):
        row, weights = generations.now * generation + l * slots + first, l * n * n
        mu = l * held + first - shift
        if not exact:
            one = (generations.latest * generation + l * slots + first + lanes) * n
            two = (generations.older * generation + l * slots + first + lanes) * n
            for i in range(0, rows * n, LANES):
                plus_at(work.past, i, deltas, one + i, deltas, two + i)
            multiply(work.past, 0, n, 1, work.M, weights, n, w, deltas, row * n, n, rows, n, HEIGHT, False)
        if l == sizes.depth - 1:
            above = (first - shift) * v
            multiply(work.errors, above, v, 1, work.K, 0, n, N_PITCHES, deltas, row * n, n, rows, n, HEIGHT, not exact)
        else:
            above, J = (row + slots) * n, weights + n * n
            multiply(deltas, above, n, 1, work.J, J, n, w, deltas, row * n, n, rows, n, HEIGHT, not exact)
        step = sizes.group if exact else rows
        for r in range(rows - step, -1, -step):
            at = (row + r) * n
            if exact:
                multiply(deltas, at + lanes * n, n, 1, work.M, weights, n, w, deltas, at, n, step, n, step, True)
            for i in range(0, step * n, LANES):
                slope_at(deltas, at + i, work.mu, (mu + r) * n + i)
            _silence(deltas, row + r, step, n, layout.occupied, first + r)


@kernel
def evaluate(sizes, layout, master, work, generations, exact):  # type: ignore[no-untyped-def]
    """Activations, errors and deltas of all slots, all of them kept."""
    layout, master, work = pointers(layout), pointers(master), pointers(work)
    prepare(sizes, layout, master, work, 1.0 if exact else 0.5)
    lanes, end = sizes.lanes, sizes.slots - sizes.lanes
    for first in range(lanes, end, WINDOW):
        rows = min(WINDOW, end - first)
        forward(first, rows, 0, sizes.slots, sizes, layout, work)
        if not exact:
            backward(first, rows, 0, sizes.slots, sizes, layout, work, generations, exact)
    if exact:
        for first in range(lanes + (end - lanes - 1) // WINDOW * WINDOW, 0, -WINDOW):
            rows = min(WINDOW, end - first)
            backward(first, rows, 0, sizes.slots, sizes, layout, work, generations, exact)


@kernel
def fields(sizes, layout, work, out):  # type: ignore[no-untyped-def]
    """Output fields H, (slots, v), into out, at the weights and activations last evaluated."""
    rows, H = sizes.slots - 2 * sizes.lanes, pointers(out).H
    output_fields(sizes.lanes, rows, 0, sizes.slots, H, sizes.lanes, sizes, pointers(layout), pointers(work))
