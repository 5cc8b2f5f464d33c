"""Who sings: runs with a checkpoint, their checkpoints along tau, the edition they learned; and what they sing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from glassy_core.editions.encoding import Chorale
from glassy_core.editions.loading import Edition
from glassy_core.music.composition import ABOUT, Composition, compose_best
from glassy_core.music.decoding import DecodingConfig
from glassy_core.music.generation import MAX_LENGTH, generate
from glassy_core.music.piece import Piece, compose_batch, heard_with, training_scaling
from glassy_core.music.recall import Recall, recall
from glassy_core.runs import checkpoints
from glassy_core.runs.run import Run
from glassy_core.runs.scaling import kept
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.training.records import Snapshot
from glassy_core.ui.results import curves
from glassy_core.ui.results.rows import Row
from glassy_core.ui.results.sized_cache import SizedCache
from glassy_core.ui.shell.frame import store

_MOST_BYTES = 64 * 2**20  # of checkpoints kept in memory; one of the class world has 0.1 MB


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint of one run. stamp: when its file was written and its size, so that a new file is read anew."""

    run: str
    path: str
    step: int
    stamp: tuple[int, int]
    config: RunConfig

    def snapshot(self) -> Snapshot:
        """Its weights; CheckpointError where the file is damaged."""
        network = self.config.depth, self.config.width
        return _snapshots().get((self.path, self.stamp), lambda: checkpoints.read(Path(self.path), *network))

    @property
    def tau(self) -> float:
        """Proper time of the run at the checkpoint."""
        return self.snapshot().tau


def runs_with_checkpoint() -> list[Row]:
    """Runs that have a checkpoint, newest first."""
    return [row for row in curves.readable_rows() if checkpoints.steps_in(_run(row.id).checkpoints)]


def steps(row: Row) -> list[int]:
    """Steps of a run's checkpoints, ascending."""
    return checkpoints.steps_in(_run(row.id).checkpoints)


def checkpoint(row: Row, step: int) -> Checkpoint:
    """That checkpoint; CheckpointError where the file went away meanwhile."""
    assert row.config is not None
    path = checkpoints.path_of(_run(row.id).checkpoints, step)
    try:
        status = path.stat()
    except OSError as error:
        raise checkpoints.CheckpointError(f"{path.name} is missing: choose another checkpoint.") from error
    return Checkpoint(row.id, str(path), step, (status.st_mtime_ns, status.st_size), row.config)


def last_checkpoint(row: Row) -> Checkpoint:
    """A run's latest checkpoint."""
    return checkpoint(row, steps(row)[-1])


def edition_of(row: Row) -> tuple[Edition, str]:
    """The edition a run's network begins with and a sentence where that is not what it learned: see `heard_with`."""
    assert row.config is not None
    return heard_with(row.config, curves.digest_of(row.id), kept(_run(row.id)))


def sing(
    checkpoint: Checkpoint, edition: Edition, primes: Sequence[Chorale], length: int, decoding: DecodingConfig
) -> list[Piece]:
    """One piece a prime, kept between reruns."""
    return _sing(checkpoint, edition.digest, edition, tuple(primes), length, decoding)


def compose(
    checkpoint: Checkpoint, edition: Edition, primes: Sequence[Chorale], length: int, decoding: DecodingConfig
) -> Composition:
    """The best of one piece a prime, of about that length, kept between reruns."""
    return _compose(checkpoint, edition.digest, edition, tuple(primes), length, decoding)


def continued(
    checkpoint: Checkpoint, edition: Edition, primes: Sequence[Chorale], length: int, decoding: DecodingConfig
) -> Sequence[Chorale]:
    """The chords alone of one piece a prime, of many at once."""
    scaling = training_scaling(checkpoint.config, edition, kept(_run(checkpoint.run)))
    return generate(checkpoint.snapshot().weights, scaling, primes, length, decoding).chorales()


def share(checkpoint: Checkpoint, edition: Edition, primed: int) -> tuple[float, int]:
    """Recall of the training chorales: the mean share, and how many are complete."""
    recalled = _recalled(checkpoint, edition.digest, edition, primed)
    return recalled.mean_share, recalled.complete


def known_by_heart(checkpoint: Checkpoint, edition: Edition, primed: int) -> list[int]:
    """Numbers of the training chorales that are sung to the last chord."""
    recalled = _recalled(checkpoint, edition.digest, edition, primed)
    whole = recalled.whole.tolist()
    return [number for number, known in zip(_long_enough(checkpoint, edition, primed), whole, strict=True) if known]


def _run(run_id: str) -> Run:
    return store().named(run_id)


@st.cache_resource(show_spinner=False)
def _snapshots() -> SizedCache[tuple[str, tuple[int, int]], Snapshot]:
    """By file and stamp, whose second part is the file's size."""
    return SizedCache(_MOST_BYTES, lambda key, _: key[1][1])


@st.cache_data(show_spinner=False, max_entries=256)
def _sing(
    at: Checkpoint, digest: str, _edition: Edition, primes: tuple[Chorale, ...], length: int, decoding: DecodingConfig
) -> list[Piece]:
    scaling = kept(_run(at.run))
    return compose_batch(at.snapshot(), at.config, _edition, primes, length=length, decoding=decoding, scaling=scaling)


@st.cache_data(show_spinner=False, max_entries=64)
def _compose(
    at: Checkpoint, digest: str, _edition: Edition, primes: tuple[Chorale, ...], length: int, decoding: DecodingConfig
) -> Composition:
    pieces = sing(at, _edition, primes, min(length + ABOUT, MAX_LENGTH), decoding)
    return compose_best(pieces, _edition.first(at.config.chorales), length)


def _long_enough(checkpoint: Checkpoint, edition: Edition, primed: int) -> list[int]:
    """Numbers of the training chorales that go on after the primed chords; ConfigError where none does."""
    learned = edition.first(checkpoint.config.chorales)
    numbers = [number for number, chorale in enumerate(learned) if len(chorale) > primed]
    if not numbers:
        raise ConfigError(f"No chorale goes on after {primed} chords: prime with fewer.")
    return numbers


@st.cache_data(show_spinner=False, max_entries=4096)
def _recalled(checkpoint: Checkpoint, digest: str, _edition: Edition, primed: int) -> Recall:
    chorales = [_edition.splits["train"][number] for number in _long_enough(checkpoint, _edition, primed)]
    scaling = training_scaling(checkpoint.config, _edition, kept(_run(checkpoint.run)))
    return recall(checkpoint.snapshot().weights, scaling, chorales, primed)
