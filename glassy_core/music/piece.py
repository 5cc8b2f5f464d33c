"""One composed piece: a network, a prime and a decoding give chords; chords give files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.catalogue import source_of
from glassy_core.editions.encoding import LOWEST_PITCH, Chorale, Scaling, Transitions
from glassy_core.editions.loading import Edition, edition_at_hand, load_edition
from glassy_core.files import replace_file
from glassy_core.music.audio import render, wav_bytes
from glassy_core.music.decoding import DecodingConfig
from glassy_core.music.generation import Cycle, find_cycle, generate
from glassy_core.music.midi import Sound, to_midi
from glassy_core.music.probabilities import log2_probability, probability
from glassy_core.music.score import Marks, to_musicxml
from glassy_core.music.voices import Voices, lead
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.training.records import Snapshot

NETWORK_MARK = "network"  # the mark where the network's own chords begin
COLORS = ("#7a7a7a", "#000000")  # of the prime's notes and of the network's, on paper


@dataclass(frozen=True)
class Piece:
    """What a network sang.

    chords:        T chords, the prime first
    prime:         k, how many of them were given
    probabilities: (T, N_v) that each pitch sounds, as the network had it before the chord was
                   chosen; the prime's too; not a number for the first chord, which nothing foretells
    log2_chosen:   (T,) log2 of the probability of the whole chord, at temperature 1 and without limit
    decoding:      how chords were chosen
    cycle:         where deterministic dynamics end; None where chords were drawn, or none was found
    origin:        what made it: run, step, tau, depth, width, edition, chorale, ...
    """

    chords: Chorale
    prime: int
    probabilities: NDArray[np.float64]
    log2_chosen: NDArray[np.float64]
    decoding: DecodingConfig
    cycle: Cycle | None
    origin: dict[str, Any] = field(default_factory=dict)

    @property
    def continuation(self) -> Chorale:
        """The network's own chords."""
        return self.chords[self.prime :]

    def voices(self) -> Voices:
        """The chords in four voices."""
        return lead(self.chords)

    def to_json(self) -> dict[str, Any]:
        """Plain values; a number that is none is null."""
        cycle = None if self.cycle is None else vars(self.cycle) | {"chords": _lists(self.cycle.chords)}
        return {
            "origin": self.origin,
            "decoding": self.decoding.to_json(),
            "length": len(self.chords),
            "prime": self.prime,
            "cycle": cycle,
            "chords": _lists(self.chords),
            "log2_chosen": [_number(x) for x in self.log2_chosen],
            "lowest_pitch": LOWEST_PITCH,
            "probabilities": [[_number(x) for x in row] for row in self.probabilities],
        }


def training_scaling(config: RunConfig, edition: Edition, kept: Scaling | None = None) -> Scaling:
    """The scaling of the inputs that the run learned with: the one kept with it, else that of the edition's chorales.

    ConfigError without one for another edition than its own.
    """
    if kept is not None:
        return kept
    if edition.name != config.edition:
        raise ConfigError(
            f"The run learned the {config.edition} edition, but the {edition.name} edition is loaded: "
            "its inputs would be scaled wrongly. Load the run's own edition."
        )
    return Transitions.pack(edition.first(config.chorales), config.scaling).scaling


def heard_with(config: RunConfig, digest: object, kept: Scaling | None) -> tuple[Edition, str]:
    """The edition whose chorales a run's network begins with and, where they are not those it learned, why; else ''.

    digest: of the file that it learned. Where its edition is not on this machine, and the scaling of its inputs was
    kept with the run, its source's fallback stands in; without one a download may be waited for.
    """
    edition, source = edition_at_hand(config.edition), source_of(config.edition)
    if edition is None and kept is not None and source and source.fallback:
        edition = load_edition(source.fallback)
        return edition, (
            f"This network learned the {config.edition} edition, which is not here. Its beginnings, and what is called "
            f"by heart, are the {edition.name} edition's chorales: most of their chords are those that it learned."
        )
    edition = edition or load_edition(config.edition)
    return edition, _other_file(edition, digest)


def _other_file(edition: Edition, digest: object) -> str:
    """A sentence where a run learned another file of its edition than is here now, by its digest; else ''."""
    if digest == edition.digest:
        return ""
    return (
        f"This run learned another file of the {edition.name} edition ({str(digest)[:12]}...) than is here now "
        f"({edition.digest[:12]}...): its inputs may be scaled wrongly, and what is called learned may not be."
    )


def _prime_of(edition: Edition, chorale: int, k: int) -> Chorale:
    """The first k chords of a training chorale, counted from 0; ConfigError where there is no such chorale or k."""
    chorales = edition.splits["train"]
    if not _whole(chorale) or not 0 <= chorale < len(chorales):
        raise ConfigError(f"There is no train chorale {chorale!r}: they are numbered from 0 to {len(chorales) - 1}.")
    if not _whole(k) or not 1 <= k <= len(chorales[chorale]):
        raise ConfigError(
            f"The prime is {k!r} chords: train chorale {chorale} has {len(chorales[chorale])}, "
            f"choose a whole number from 1 to {len(chorales[chorale])}."
        )
    return chorales[chorale][:k]


def compose(
    snapshot: Snapshot,
    config: RunConfig,
    edition: Edition,
    *,
    chorale: int = 0,
    prime: int = 4,
    length: int = 64,
    decoding: DecodingConfig | None = None,
    run: str = "",
    scaling: Scaling | None = None,
) -> Piece:
    """A piece of `length` chords, of which the first `prime` are a training chorale's.

    Raises ConfigError for anything unusable.
    """
    given = _prime_of(edition, chorale, prime)
    pieces = compose_batch(
        snapshot, config, edition, [given], length=length, decoding=decoding, run=run, scaling=scaling
    )
    return replace(pieces[0], origin=pieces[0].origin | {"split": "train", "chorale": chorale})


def compose_batch(
    snapshot: Snapshot,
    config: RunConfig,
    edition: Edition,
    primes: Sequence[Chorale],
    *,
    length: int = 64,
    decoding: DecodingConfig | None = None,
    run: str = "",
    scaling: Scaling | None = None,
) -> list[Piece]:
    """One piece a prime, all at once; equal primes give different pieces only where chords are drawn.

    scaling: kept with the run; without one the edition must be the run's own.
    """
    decoding = decoding or DecodingConfig()
    scaling = training_scaling(config, edition, scaling)
    made = generate(snapshot.weights, scaling, primes, length, decoding)
    log2_chosen = np.full((len(primes), length), np.nan)
    log2_chosen[:, 1:] = log2_probability(made.H[:, 1:], made.S0[:, 1:])
    return [
        Piece(
            chords=chords,
            prime=len(prime),
            probabilities=probability(made.H[b]),
            log2_chosen=log2_chosen[b],
            decoding=decoding,
            cycle=find_cycle(snapshot.weights, scaling, prime, decoding) if decoding.rule.deterministic else None,
            origin=_origin(snapshot, config, edition, run) | {"piece": b},
        )
        for b, (prime, chords) in enumerate(zip(primes, made.chorales(), strict=True))
    ]


def _origin(snapshot: Snapshot, config: RunConfig, edition: Edition, run: str) -> dict[str, Any]:
    """What made a piece."""
    return {
        "run": run,
        "name": config.label(),
        "step": snapshot.step,
        "tau": snapshot.tau,
        "depth": config.depth,
        "width": config.width,
        "edition": edition.name,
        "edition_digest": edition.digest,
        "chorales": config.chorales,
    }


def write_piece(piece: Piece, directory: Path, sound: Sound | None = None) -> dict[str, Path]:
    """Write piece.mid, piece.wav, piece.musicxml and piece.json; returns where, by kind."""
    sound = sound or Sound()
    voices = piece.voices()
    values = piece.to_json() | {"sound": vars(sound), "voices": voices.pitches.tolist(), "more": _lists(voices.more)}
    contents = {
        "mid": to_midi(voices, sound, [(piece.prime, NETWORK_MARK)]),
        "wav": wav_bytes(render(voices, sound)),
        "musicxml": to_musicxml(voices, sound.ties, score_marks(piece, sound)).encode(),
        "json": (json.dumps(values, allow_nan=False) + "\n").encode(),
    }
    directory.mkdir(parents=True, exist_ok=True)
    paths = {kind: directory / f"piece.{kind}" for kind in contents}
    for kind, content in contents.items():
        replace_file(paths[kind], content, durable=False)
    return paths


def score_marks(piece: Piece, sound: Sound) -> Marks:
    """Title, colours of prime and own chords, and where the network takes over."""
    return Marks(
        title=str(piece.origin.get("name", "")),
        colors=[COLORS[0]] * piece.prime + [COLORS[1]] * len(piece.continuation),
        texts=[(0, "prime"), (piece.prime, NETWORK_MARK)],
        tempo=sound.tempo,
    )


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _lists(chords: Chorale) -> list[list[int]]:
    return [list(chord) for chord in chords]


def _number(x: float) -> float | None:
    return round(float(x), 6) if np.isfinite(x) else None
