"""What the reader of the Chorales page asks for: all in its address, so that the address reproduces the piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from glassy_core.editions.catalogue import source_of
from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH, Chorale
from glassy_core.editions.format import SPLITS
from glassy_core.editions.loading import Edition
from glassy_core.music.composition import COOL, DRAWS, Composition
from glassy_core.music.decoding import DECODINGS, USUAL, DecodingConfig, all_options
from glassy_core.music.generation import MAX_LENGTH
from glassy_core.music.midi import FASTEST, INSTRUMENTS, SLOWEST, Sound
from glassy_core.music.piece import Piece
from glassy_core.ui.chorales import singers
from glassy_core.ui.chorales.singers import Checkpoint
from glassy_core.ui.results.curves import label_of
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.address import Choice, Flag, Number, Pitches, Setting, Whole, Word

COMPOSE, BY_HEART = "compose", "listen"  # two doors: new music; what was learned, with all other views behind it
VIEWS = {  # {}: who wrote the music
    COMPOSE: "Compose",
    BY_HEART: "By heart",
    "continue": "Continue {}",
    "transition": "Hear the transition",
    "recall": "Recall",
    "quiz": "{} or network?",
}
LATEST = -1  # of `step`: a run's last checkpoint, which the address then names
TELLING = "telling_chorale"  # of the session: settings by name, of the chorale that a view is to open with
TAKES = 4  # pieces drawn at once when sampling
# What sounds best, measured over 64 chords: a prime that the network never heard, sampled coolly in four voices.
_COMPOSED: Mapping[str, Any] = {
    "view": COMPOSE,
    "split": "valid",
    "chorale": 15,
    "decode": "sample",
    "temperature": COOL,
    "four": True,
    "ties": True,
}
ORIGINAL = "the original"  # where the composer is not known
SPLIT_NAMES = {"train": "training", "valid": "validation", "test": "test"}


def door_of(view: str) -> str:
    """The door that a view lies behind."""
    return COMPOSE if view == COMPOSE else BY_HEART


def address_settings(door: str = BY_HEART) -> dict[str, Setting]:
    """The settings in the page's address, in its order, with the defaults of a door."""
    at_first = _COMPOSED if door == COMPOSE else {}
    settings = _settings()
    # Frozen dataclasses all, each with its default.
    return {n: replace(one, default=at_first[n]) if n in at_first else one for n, one in settings.items()}


def _settings() -> dict[str, Any]:
    options = all_options().items()
    return {
        "view": Choice(BY_HEART, list(VIEWS)),
        "run": Word(),
        "step": Whole(LATEST, LATEST, 10**9),
        "prime": Choice("chorale", ["chorale", "chord"]),
        "split": Choice("train", SPLITS),
        "chorale": Whole(0, 0, 10_000),
        "k": Whole(4, 1, MAX_LENGTH - 1),
        "chord": Pitches((64, 67, 72, 79), LOWEST_PITCH, HIGHEST_PITCH),
        "decode": Choice(USUAL, list(DECODINGS)),
        **{name: Number(option.default, option.least, option.most) for name, option in options},
        "four": Flag(),
        "seed": Whole(0, 0, 10**9),
        "take": Whole(1, 1, TAKES),
        "length": Whole(64, 2, MAX_LENGTH),
        "shelf": Whole(0, 0, 10**4),
        "tempo": Whole(80, SLOWEST, FASTEST),
        "instrument": Choice("organ", list(INSTRUMENTS)),
        "ties": Flag(),
        "octave": Choice("choir", ["choir", "written"]),
    }


def composer_of(edition: Edition) -> str:
    """Who wrote an edition's chorales, in words; of own data it is not known."""
    source = source_of(edition.name)
    return source.composer if source and source.composer else ORIGINAL


@dataclass(frozen=True)
class Prime:
    """What the network is given to begin with.

    chords:  the first k chords of a chorale, or one chord
    chorale: the whole chorale; None where the reader gave the chord
    split, number: the set that the chorale is of, and its place there, from 0
    """

    chords: Chorale
    chorale: Chorale | None = None
    split: str = ""
    number: int = 0

    @property
    def name(self) -> str:
        """The chorale's name: 'training chorale 3'."""
        return f"{SPLIT_NAMES[self.split]} chorale {self.number}"


@dataclass(frozen=True)
class Selection:
    """What the reader asked for: who sings, from what, how; take: which of the pieces drawn at once, from 1."""

    row: Row
    checkpoint: Checkpoint
    edition: Edition
    prime: Prime
    decoding: DecodingConfig
    take: int
    length: int
    sound: Sound

    @property
    def composer(self) -> str:
        """What the network is set beside, in words."""
        return composer_of(self.edition)

    @property
    def name(self) -> str:
        """The run's, with its depth and width."""
        return label_of(self.row.name, self.checkpoint.config)

    @property
    def learned(self) -> tuple[Chorale, ...]:
        """The chorales that the network learned; ChoraleError where the edition has fewer."""
        return self.edition.first(self.checkpoint.config.chorales)

    def title(self, view: str) -> str:
        """A view's title."""
        words = VIEWS[view].format(self.composer)
        return words[:1].upper() + words[1:]

    def composition(self) -> Composition:
        """The best of several pieces of about the length that was asked for."""
        draws = 1 if self.decoding.rule.deterministic else DRAWS
        primes = [self.prime.chords] * draws
        return singers.compose(self.checkpoint, self.edition, primes, self.length, self.decoding)

    def piece(self, length: int) -> Piece:
        """What the network sings of so many chords, prime included; where it is drawn, the take that was asked for."""
        takes = 1 if self.decoding.rule.deterministic else TAKES
        pieces = singers.sing(self.checkpoint, self.edition, [self.prime.chords] * takes, length, self.decoding)
        return pieces[min(self.take, takes) - 1]
