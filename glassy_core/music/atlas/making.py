"""The making of the atlas: a network at a time, each kept as it is done, so that it goes on where it was ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glassy_core.editions.loading import Edition, load_edition
from glassy_core.files import read_json, write_json
from glassy_core.music.atlas.files import DIRECTORY, Atlas, as_text, from_text, write
from glassy_core.music.atlas.grid import EDITION, Coordinates, whole_grid
from glassy_core.music.atlas.learning import Learned, learn

_USUAL_RATE = 45e-6  # seconds of one core over `Coordinates.cost`, where nothing is made yet


@dataclass(frozen=True)
class AtlasProgress:
    """How far the making is: networks made, of how many, seconds of one core so far and to go."""

    made: int
    of: int
    seconds: float
    left: float


def standing(work: Path) -> AtlasProgress:
    """How far the making in that folder is."""
    edition = load_edition(EDITION)
    grid = list(whole_grid())
    done = {place: part for place in grid if (part := _part(work, place, edition))}
    seconds = sum(part["seconds"] for part in done.values())
    cost = sum(place.cost for place in done)
    rate = seconds / cost if cost else _USUAL_RATE
    return AtlasProgress(len(done), len(grid), seconds, rate * sum(place.cost for place in grid if place not in done))


def make(work: Path, progress: Callable[[int, int], None], target: Path = DIRECTORY) -> None:
    """Learn what is missing in the folder `work`, then write the atlas into `target`. progress(made, of)."""
    edition, grid = load_edition(EDITION), list(whole_grid())
    work.mkdir(parents=True, exist_ok=True)
    networks = {}
    for made, place in enumerate(grid):
        progress(made, len(grid))
        part = _part(work, place, edition) or _make(work, place, edition)
        networks[place] = _learned(part)
    write(Atlas(edition.name, edition.digest, networks), edition, target)
    progress(len(grid), len(grid))


def _make(work: Path, place: Coordinates, edition: Edition) -> dict[str, Any]:
    begin = time.process_time()
    learned = learn(place, edition)
    part = {
        "digest": edition.digest,
        "seconds": time.process_time() - begin,
        "nll": learned.nll.tolist(),
        "counts": learned.counts.tolist(),
        "songs": [[as_text(song) for song in moment] for moment in learned.songs],
    }
    write_json(work / f"{place.name}.json", part, durable=False)
    return part


def _part(work: Path, place: Coordinates, edition: Edition) -> dict[str, Any] | None:
    """What is kept of a network that was made from these chorales."""
    part = read_json(work / f"{place.name}.json")
    return part if part and part.get("digest") == edition.digest else None


def _learned(part: dict[str, Any]) -> Learned:
    songs = tuple(tuple(from_text(text) for text in moment) for moment in part["songs"])
    return Learned(np.array(part["nll"]), np.array(part["counts"], dtype=np.int64), songs)
