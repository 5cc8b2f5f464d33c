"""Bach or network? Blind questions, and a score that says how well the two are told apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from glassy_core.editions.encoding import Chorale

Author = Literal["Bach", "network"]
TRIES = 12  # chorales looked at for one on which the network and Bach differ


@dataclass(frozen=True)
class Question:
    """One excerpt. chorale: where its prime is from, counted from 0; chords: what is played, prime included."""

    chorale: int
    chords: Chorale
    author: Author


def ask(
    chorales: Sequence[Chorale], sing: Callable[[Chorale], Chorale], seed: int, number: int, prime: int, length: int
) -> Question | None:
    """Question `number` of a seed: the same chorale, author and chords every time it is asked.

    sing: continues a prime to `length` chords. Only chorales on which the network parts from Bach are used, or
    there would be nothing to tell apart, and who is played is tossed after that; None where TRIES chorales give none.
    """
    rng = np.random.default_rng([seed, number])
    author: Author = "Bach" if rng.random() < 0.5 else "network"
    usable = [i for i, chorale in enumerate(chorales) if len(chorale) >= length > prime]
    for i in rng.permutation(usable)[:TRIES].tolist():
        bach = chorales[i][:length]
        sung = sing(bach[:prime])
        if sung != bach:
            return Question(i, bach if author == "Bach" else sung, author)
    return None


@dataclass(frozen=True)
class Tally:
    """Answers so far: how many excerpts were by whom, and how many of each were called Bach."""

    bach: int = 0
    network: int = 0
    bach_called_bach: int = 0
    network_called_bach: int = 0

    def after(self, author: Author, answer: Author) -> Tally:
        """With one more answer."""
        called_bach = int(answer == "Bach")
        if author == "Bach":
            return replace(self, bach=self.bach + 1, bach_called_bach=self.bach_called_bach + called_bach)
        return replace(self, network=self.network + 1, network_called_bach=self.network_called_bach + called_bach)

    @property
    def asked(self) -> int:
        """Number of pieces answered."""
        return self.bach + self.network

    @property
    def right(self) -> int:
        """Number of right answers."""
        return self.bach_called_bach + self.network - self.network_called_bach
