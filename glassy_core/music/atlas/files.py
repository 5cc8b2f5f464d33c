"""The atlas on disk: curves in one file, songs in one a depth, as they lie in the project and go to the browser."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.editions.catalogue import DATA
from glassy_core.editions.encoding import LOWEST_PITCH, N_PITCHES, Chorale
from glassy_core.editions.loading import Edition
from glassy_core.errors import GlassyError
from glassy_core.files import opened, replace_file
from glassy_core.music.atlas.grid import CHORALES, DEPTHS, SONG_LENGTH, SONG_PLACES, TAUS, Coordinates
from glassy_core.music.atlas.learning import Learned, Songs
from glassy_core.music.recall import PRIMED
from glassy_core.settings import RunConfig

DIRECTORY = DATA / "atlas"
CURVES = "curves.json.gz"
_FORMAT = 1
_LETTERS = "".join(chr(ord("A") + i) for i in range(N_PITCHES)).replace("[", "z").replace("\\", "{")  # one a pitch
_SCALE = 1e4  # NLL is kept as whole numbers of 1e-4 of a decade, 0.02 %


class AtlasError(GlassyError):
    """The atlas cannot be read; the message says why and what to do."""


@dataclass(frozen=True)
class Atlas:
    """What networks of the class world learned, by where they lie.

    edition, digest: of the chorales that they learned.
    """

    edition: str
    digest: str
    networks: Mapping[Coordinates, Learned]

    def curves(self, chorales: int) -> Iterator[tuple[int, int, int, Floats, Floats]]:
        """Depth, width and seed of each network that learned so many chorales, its tau and NLL (bits), (n,) each."""
        taus = np.array(TAUS)
        for place, learned in sorted(self.networks.items()):
            if place.chorales == chorales:
                yield place.depth, place.width, place.seed, taus[: len(learned.nll)], learned.nll

    def worlds(self) -> Iterator[tuple[RunConfig, Iterator[tuple[int, int, int, Floats, Floats]]]]:
        """For each number of chorales what its networks share of a run's settings, and their `curves`."""
        for chorales in CHORALES:
            yield Coordinates(chorales, 1, 1, 0).config.only("world"), self.curves(chorales)


def songs_file(depth: int) -> str:
    """The name of the file with the songs of that depth's networks."""
    return f"songs-{depth}.json.gz"


def as_text(chorale: Chorale) -> str:
    """Chords as words of letters, one a pitch, so that a browser reads thousands of songs at once."""
    return " ".join("".join(_LETTERS[pitch - LOWEST_PITCH] for pitch in chord) for chord in chorale)


def from_text(text: str) -> Chorale:
    """The inverse of `as_text`."""
    return tuple(tuple(_LETTERS.index(letter) + LOWEST_PITCH for letter in word) for word in text.split(" "))


def write(atlas: Atlas, edition: Edition, directory: Path = DIRECTORY) -> None:
    """All files of an atlas; edition: the one that it was learned from."""
    directory.mkdir(parents=True, exist_ok=True)
    _write(directory / CURVES, _curves(atlas, edition.first(max(CHORALES))))
    for depth in DEPTHS:
        _write(directory / songs_file(depth), _songs(atlas, depth))


def load(directory: Path = DIRECTORY, songs: bool = True) -> Atlas:
    """The atlas that comes with glassy; AtlasError where it cannot be read. songs: False leaves them out."""
    curves = _read(directory / CURVES)
    try:
        files = [_read(directory / songs_file(depth)) for depth in DEPTHS] if songs else []
        sung = {name: moments for file in files for name, moments in _sung(file)}
        networks = {
            Coordinates(*map(int, name.split("-"))): _learned(values, curves["scale"], sung.get(name, ()))
            for name, values in curves["networks"].items()
        }
        return Atlas(str(curves["edition"]), str(curves["digest"]), networks)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise AtlasError(f"{directory} holds no atlas ({error!r}): restore it from the project.") from error


def song(place: Coordinates, tau: float, chorale: int, directory: Path = DIRECTORY) -> Chorale:
    """What one network sings at that tau, or was last kept singing before; AtlasError where it cannot be read.

    chorale: which of its chorales it is given the beginning of, from 0.
    """
    file = _read(directory / songs_file(place.depth))
    try:
        moments = file["networks"][place.name]
        kept = sum(TAUS[at] <= tau for at in SONG_PLACES[: len(moments)])
        return from_text(file["songs"][moments[max(kept - 1, 0)][chorale]])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise AtlasError(f"{directory} has no song of {place.name} ({error!r}): restore it.") from error


def _curves(atlas: Atlas, chorales: Songs) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "edition": atlas.edition,
        "digest": atlas.digest,
        "letters": _LETTERS,
        "lowest": LOWEST_PITCH,
        "given": PRIMED,
        "taus": TAUS,
        "song_places": SONG_PLACES,
        "originals": [as_text(chorale[:SONG_LENGTH]) for chorale in chorales],
        "lengths": [len(chorale) - PRIMED for chorale in chorales],
        "scale": _SCALE,
        "networks": {
            place.name: {
                "nll": [round(-_SCALE * float(np.log10(nll))) for nll in learned.nll],
                "counts": learned.counts.tolist(),
            }
            for place, learned in sorted(atlas.networks.items())
        },
    }


def _songs(atlas: Atlas, depth: int) -> dict[str, Any]:
    """Each song once, and for every network which it sang when: one number a chorale, a row a moment."""
    numbers: dict[Chorale, int] = {}
    networks = {
        place.name: [[numbers.setdefault(song, len(numbers)) for song in moment] for moment in learned.songs]
        for place, learned in sorted(atlas.networks.items())
        if place.depth == depth
    }
    return {"format": _FORMAT, "songs": [as_text(song) for song in numbers], "networks": networks}


def _sung(file: dict[str, Any]) -> Iterator[tuple[str, tuple[Songs, ...]]]:
    """The songs of every network in a file, by its name."""
    texts = [from_text(text) for text in file["songs"]]
    for name, moments in file["networks"].items():
        yield name, tuple(tuple(texts[number] for number in moment) for moment in moments)


def _learned(values: dict[str, Any], scale: float, songs: tuple[Songs, ...]) -> Learned:
    return Learned(10 ** (-np.array(values["nll"]) / scale), np.array(values["counts"], dtype=np.int64), songs)


def _write(path: Path, values: dict[str, Any]) -> None:
    content = json.dumps(values, separators=(",", ":"), allow_nan=False).encode()
    replace_file(path, gzip.compress(content, compresslevel=9, mtime=0))


def _read(path: Path) -> dict[str, Any]:
    """The object in a file, of this version's format."""
    try:
        with opened(path) as file:
            values = json.loads(gzip.decompress(file.read()))
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise AtlasError(f"{path} cannot be read ({error}): restore it from the project.") from error
    if not isinstance(values, dict) or values.get("format") != _FORMAT:
        raise AtlasError(f"{path} is no atlas of format {_FORMAT}: restore it from the project.")
    return values
