"""One network of the atlas: its learning as a flow, what it knows by heart and what it sings on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassy_core.arrays import Floats, Integers
from glassy_core.editions.encoding import Chorale, Transitions
from glassy_core.editions.loading import Edition
from glassy_core.music.atlas.grid import LEARNED, SONG_LENGTH, SONG_PLACES, TAUS, Coordinates
from glassy_core.music.decoding import DecodingConfig
from glassy_core.music.generation import generate
from glassy_core.music.recall import PRIMED, recall
from glassy_core.network.equations import Weights
from glassy_core.network.flow import Flow
from glassy_core.training.records import fresh

Songs = tuple[Chorale, ...]  # one a chorale, of its length but SONG_LENGTH at most, its first PRIMED chords given


@dataclass(frozen=True)
class Learned:
    """What one network did at the first T of TAUS, fewer than all where it had learned everything before.

    nll:    (T,) bits per pitch and transition
    counts: (T, chorales) chords of each chorale sung right after the PRIMED ones, before the first wrong one
    songs:  what it sings by threshold from the first PRIMED chords of each chorale, at those of SONG_PLACES below T
    """

    nll: Floats
    counts: Integers
    songs: tuple[Songs, ...]


def learn(coordinates: Coordinates, edition: Edition, upto: float = TAUS[-1]) -> Learned:
    """Learn one network up to a proper time, or until its NLL is LEARNED."""
    config, chorales = coordinates.config, edition.first(coordinates.chorales)
    data = Transitions.pack(chorales, config.scaling)
    flow = Flow(fresh(config).weights, data, config.tolerance)
    nll: list[float] = []
    counts: list[Integers] = []
    songs: list[Songs] = []
    for k, tau in enumerate(tau for tau in TAUS if tau <= upto):
        if nll and nll[-1] <= LEARNED:
            break
        while flow.tau < tau:
            flow.advance()
        sample = flow.at(tau)
        nll.append(sample.nll)
        counts.append(recall(sample.weights, data.scaling, chorales).counts)
        if k in SONG_PLACES:
            songs.append(_songs(sample.weights, data, chorales))
    return Learned(np.array(nll), np.array(counts, dtype=np.int64), tuple(songs))


def _songs(weights: Weights, data: Transitions, chorales: Songs) -> Songs:
    primes = [chorale[:PRIMED] for chorale in chorales]
    length = min(max(len(chorale) for chorale in chorales), SONG_LENGTH)
    sung = generate(weights, data.scaling, primes, length, DecodingConfig("threshold")).chorales()
    return tuple(song[: len(chorale)] for song, chorale in zip(sung, chorales, strict=True))
