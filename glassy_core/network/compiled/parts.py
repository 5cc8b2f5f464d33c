"""The chorales of one run divided among threads: each works on some of them and shares only the weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import Transitions


@dataclass(frozen=True)
class Part:
    """The transitions of some chorales.

    rows: (n,) int64, where they are among all transitions, ascending. data: themselves, with the scaling of all.
    """

    rows: NDArray[np.int64]
    data: Transitions


def divided(data: Transitions, threads: int) -> list[Part]:
    """The parts of `threads` threads, fewer where there are fewer chorales.

    The chorales, longest first, each go to the part with the fewest transitions so far.
    """
    chorales = len(data.order)
    load, owner = [0] * min(threads, chorales), []
    for i in range(chorales):  # sorted as in Transitions
        part = load.index(min(load))
        load[part] += int((data.counts > i).sum())
        owner.append(part)
    return [_part(data, np.flatnonzero(np.array(owner) == part)) for part in range(len(load))]


def _part(data: Transitions, chorales: NDArray[np.int64]) -> Part:
    """The part with these places in data.order, ascending."""
    counts = np.array([int((chorales < n).sum()) for n in data.counts], dtype=np.int64)
    counts = counts[counts > 0]
    rows = np.concatenate([data.offsets[t] + chorales[:n] for t, n in enumerate(counts)])
    some = replace(
        data,
        S0=data.S0[rows],
        targets=data.targets[rows],
        S=data.S[rows],
        counts=counts,
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        order=data.order[chorales],
    )
    return Part(rows, some)
