"""Recall as an order parameter: how far the threshold loop sings each training chorale by heart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import Chorale, Chord, Scaling, encode
from glassy_core.music.decoding import DecodingConfig, choose
from glassy_core.music.generation import ClosedLoop
from glassy_core.network.equations import Weights
from glassy_core.settings import ConfigError

PRIMED = 4  # chords given


@dataclass(frozen=True)
class Recall:
    """What one network reproduces of some chorales, given the first chords of each.

    counts:  (n,) int64, chords right before the first wrong one
    lengths: (n,) int64, chords there were to reproduce
    """

    counts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """counts / lengths, (n,) from 0 to 1."""
        return self.counts / self.lengths

    @property
    def mean_share(self) -> float:
        """The order parameter: 1 where every chorale is sung to its last chord, 0 where none gets further."""
        return float(self.shares.mean())

    @property
    def complete(self) -> int:
        """How many chorales are reproduced to the last chord."""
        return int(self.whole.sum())

    @property
    def whole(self) -> NDArray[np.bool_]:
        """(n,) which ones are reproduced to the last chord."""
        return self.counts == self.lengths


def as_written(sung: Chorale, written: Chorale) -> int:
    """How many chords are the written ones before the first that is not, as far as both go."""
    pairs = list(zip(sung, written, strict=False))
    return next((n for n, (ours, theirs) in enumerate(pairs) if ours != theirs), len(pairs))


def recall(weights: Weights, scaling: Scaling, chorales: Sequence[Chorale], primed: int = PRIMED) -> Recall:
    """Recall of all chorales in one batch; ConfigError where a chorale has no chord beyond the primed ones."""
    _check_primed(chorales, primed)
    decoding = DecodingConfig("threshold")
    lengths = np.array([len(chorale) for chorale in chorales])
    order = np.argsort(-lengths, kind="stable")
    truths = [encode(chorales[i]) for i in order]
    counts, singing = np.zeros(len(order), dtype=np.int64), np.ones(len(order), dtype=bool)
    loop = ClosedLoop(weights, scaling, len(order))
    S0 = np.array([truth[0] for truth in truths])
    for t in range(1, int(lengths.max())):
        running = int((lengths > t).sum())  # the longest come first
        right = np.array([truth[t] for truth in truths[:running]])
        loop.hidden = loop.hidden[:, :running]
        chosen = choose(loop.step(S0[:running]), decoding)
        if t >= primed:
            singing = singing[:running] & (chosen == right).all(axis=1)
            counts[:running] += singing
            if not singing.any():
                break
        S0 = right if t < primed else chosen
    by_place = np.empty_like(counts)
    by_place[order] = counts
    return Recall(by_place, lengths - primed)


def _check_primed(chorales: Sequence[Chorale], primed: int) -> None:
    """ConfigError unless every chorale goes on after `primed` chords."""
    shortest = min((len(chorale) for chorale in chorales), default=0)
    if shortest < 2:
        raise ConfigError("Recall needs chorales of at least two chords.")
    if isinstance(primed, bool) or not isinstance(primed, int) or not 1 <= primed < shortest:
        raise ConfigError(
            f"{primed!r} primed chords cannot be given: the shortest chorale has {shortest} chords, "
            f"choose a whole number from 1 to {shortest - 1}."
        )


def best_mean_share(chorales: Sequence[Chorale], primed: int = PRIMED) -> float:
    """The largest mean share any deterministic network can have.

    Chorales that agree in more than their primed chords and then part get one and the same
    continuation, which can follow only one of the branches.
    """
    _check_primed(chorales, primed)
    groups: dict[Chorale, list[Chorale]] = defaultdict(list)
    for chorale in chorales:
        groups[chorale[:primed]].append(chorale)
    return sum(_best(group, primed, primed) for group in groups.values()) / len(chorales)


def _best(group: Sequence[Chorale], t: int, primed: int) -> float:
    """Largest summed share from chord t on of chorales that agree before it."""
    gained = 0.0
    while True:
        branches: dict[Chord, list[Chorale]] = defaultdict(list)
        for chorale in group:
            if len(chorale) > t:
                branches[chorale[t]].append(chorale)
        if len(branches) != 1:
            break
        group = next(iter(branches.values()))
        gained += sum(1 / (len(chorale) - primed) for chorale in group)
        t += 1
    step = ((branch, sum(1 / (len(chorale) - primed) for chorale in branch)) for branch in branches.values())
    return gained + max((now + _best(branch, t + 1, primed) for branch, now in step), default=0.0)
