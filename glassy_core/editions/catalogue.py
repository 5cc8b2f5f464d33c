"""The table of editions: where the file of each is, how it is got, and what is said of it.

A new edition is an entry in EDITION_SOURCES: the settings, the command line, the forms and the pages go by this table.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from glassy_core.files import ROOT

DATA = ROOT / "data"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")  # within a family; of a file, so no dots and no capitals


@dataclass(frozen=True)
class EditionSource:
    """Where one edition comes from, or each of a family: those whose names begin alike, up to a colon.

    name:         the edition's, or how the family's begin
    words:        what its data are, for the reader
    file:         its file in the data folder; of a family the folder there, with a file NAME.json an edition
    remedy:       what to do where the file cannot be read
    variable:     environment variable that names another place for file, or ""
    url, sha256:  where the file is downloaded from, and what it must be, byte for byte; "" where it just lies there
    fallback:     the edition that stands in where this one cannot be had; "" for none
    composer:     who wrote the music; "" where that is not known
    chorales:     how many are usually learned; None for all
    floor:        the least NLL, bits, that is possible on those, for where the file is not here; None: not written down
    to_learn:     transitions of those, and bits a transition (encoding.pitch_bits), likewise
    complete:     whether every split must have chorales; else "valid" and "test" may be empty
    widths_known: whether the critical widths of the class world and the paper are those of its data
    """

    name: str
    words: str
    file: str
    remedy: str
    variable: str = ""
    url: str = ""
    sha256: str = ""
    fallback: str = ""
    composer: str = ""
    chorales: int | None = None
    floor: float | None = None
    to_learn: tuple[int, float] | None = None
    complete: bool = True
    widths_known: bool = False

    @property
    def title(self) -> str:
        """Its file, at the beginning of a sentence: "The paper's data file"."""
        return f"{self.words[:1].upper()}{self.words[1:]} file"

    @property
    def is_family(self) -> bool:
        """Whether its editions are files of a folder."""
        return self.name.endswith(":")

    def has(self, edition: object) -> bool:
        """Whether a name is one of its editions', whether or not the file is here."""
        if not self.is_family:
            return edition == self.name
        return isinstance(edition, str) and bool(re.fullmatch(re.escape(self.name) + NAME.pattern, edition))

    def place(self, directory: Path = DATA) -> Path:
        """Its file, or the folder of a family."""
        return Path(os.environ.get(self.variable, "") or Path(directory) / self.file)

    def path(self, edition: str, directory: Path = DATA) -> Path:
        """The file of one of its editions."""
        place = self.place(directory)
        return place / f"{edition.removeprefix(self.name)}.json" if self.is_family else place

    def at_hand(self, edition: str, directory: Path = DATA) -> bool:
        """Whether an edition's file is on this machine, so that no download is waited for."""
        return self.path(edition, directory).is_file()  # `exists` says yes of a device, too

    def editions(self, directory: Path = DATA) -> tuple[str, ...]:
        """The editions there are to choose from."""
        if not self.is_family:
            return (self.name,)
        files = [path for path in self.place(directory).glob("*.json") if NAME.fullmatch(path.stem) and path.is_file()]
        return tuple(sorted(self.name + path.stem for path in files))


CORPUS = EditionSource(
    name="corpus",
    words="the chorales that come with glassy",
    file="corpus.json",
    remedy="restore it from the project",
    composer="Bach",
    chorales=80,
    widths_known=True,
)
PAPER = EditionSource(
    name="paper",
    words="the paper's data",
    file="jsb-chorales-quarter.json",
    remedy="set GLASSY_JSB_JSON to the paper edition's file",
    variable="GLASSY_JSB_JSON",
    url="https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/master/jsb-chorales-quarter.json",
    sha256="2db9329f1881a1d3f49703ec556bf1d6f84b4f6c1d702c156536e93cf31e1c91",
    fallback="corpus",
    composer="Bach",
    chorales=80,
    floor=0.0025294,
    to_learn=(4597, 15.131),
    widths_known=True,
)
OWN = EditionSource(
    name="own:",
    words="your own data",
    file="own",
    remedy="import the data again",
    variable="GLASSY_OWN_DATA_DIR",
    complete=False,
)
EDITION_SOURCES = {source.name: source for source in (CORPUS, PAPER, OWN)}


def source_of(edition: object) -> EditionSource | None:
    """Where the edition of that name comes from, whether or not its file is here; None where no name is like that."""
    return next((source for source in EDITION_SOURCES.values() if source.has(edition)), None)


def edition_names(directory: Path = DATA) -> tuple[str, ...]:
    """The editions there are to choose from, families last."""
    sources = sorted(EDITION_SOURCES.values(), key=lambda source: source.is_family)
    return tuple(name for source in sources for name in source.editions(directory))


def allowed_names() -> str:
    """Which names an edition may have, for a sentence: 'corpus, paper, or own:NAME for your own data'."""
    names = [source.name for source in EDITION_SOURCES.values() if not source.is_family]
    families = [f"{source.name}NAME for {source.words}" for source in EDITION_SOURCES.values() if source.is_family]
    return ", ".join([*names, *(f"or {family}" for family in families)])
