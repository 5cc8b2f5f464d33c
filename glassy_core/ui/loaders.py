"""What the pages draw, read from the store: kept between reruns, and only what is new read again."""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from glassy_core import chorales
from glassy_core.config import RunConfig
from glassy_core.palette import colours, regime
from glassy_core.plots import Curve
from glassy_core.runs import Run
from glassy_core.series import Series, SeriesReader
from glassy_core.transitions import floor_bits
from glassy_core.ui.frame import store
from glassy_core.ui.run_rows import Row, rows

REGIMES = ("under", "near", "over")
LATEST = 3


def readable_rows() -> list[Row]:
    """Runs whose settings can be read, newest first."""
    return [row for row in rows(store()) if row.config]


def unique_names(found: Sequence[Row]) -> dict[str, str]:
    """A name a run id; one that several runs have gets the end of the id, which tells them apart."""
    count = Counter(row.name for row in found)
    end = {row.id: re.sub("[^0-9A-Za-z]", "", row.id[-4:]) for row in found}  # a directory may be called anything
    return {row.id: row.name if count[row.name] == 1 else f"{row.name} · {end[row.id]}" for row in found}


def first_choice(found: Sequence[Row]) -> list[str]:
    """Which runs to show before the reader has chosen: the newest trio of the class world, or the newest runs.

    found: newest first.
    """
    newest = found[:LATEST]
    if not any(row.config and regime(row.config) for row in newest):
        return [row.id for row in newest]
    trio = [next((row.id for row in found if row.config and regime(row.config) == name), None) for name in REGIMES]
    return [run_id for run_id in trio if run_id]


def curves(chosen: Sequence[Row]) -> list[Curve]:
    """The runs' curves as they are on the disk now, with colours, floors and the names of their data."""
    configs = {row.id: row.config for row in chosen if row.config}
    inks, names = colours(configs), unique_names(chosen)
    out = []
    for run_id, config in configs.items():
        run = store().named(run_id)
        out.append(
            Curve(
                id=run_id,
                label=label(names[run_id], config),
                colour=inks[run_id],
                config=config,
                series=series(run),
                floor=_known_floor(run_id, config),
                data=data_name(config),
            )
        )
    return out


def label(name: str, config: RunConfig) -> str:
    """A run's name in a legend, with depth and width where they are not in the name."""
    return name if f"w={config.width}" in name else f"{name} (d = {config.depth}, w = {config.width})"


def data_name(config: RunConfig) -> str:
    """What a run learns."""
    number = "one chorale" if config.chorales == 1 else f"{config.chorales} chorales"
    return f"{number} of the {config.edition} edition"


def series(run: Run) -> Series:
    """The run's recorded curves; only what its files gained is parsed."""
    reader, lock = _reader(str(run.path))
    with lock:  # sessions share the reader
        return reader.read()


def floor_of(row: Row) -> float | None:
    """The least NLL, in bits, that is possible on a run's data; None where those data are not at hand.

    It never waits for a download: the paper edition's file counts only where it lies on this machine.
    """
    return _known_floor(row.id, row.config) if row.config else None


def digest_of(run_id: str) -> str | None:
    """The digest of the edition that a run learns."""
    return _digest(str(store().directory / run_id))


def _known_floor(run_id: str, config: RunConfig) -> float | None:
    digest = digest_of(run_id)
    given = os.environ.get(chorales.PAPER_VARIABLE)
    path = Path(given) if given else chorales.DATA / chorales.PAPER_FILE
    if config.edition == "paper" and not path.exists():
        return None
    try:
        edition = chorales.load_edition(config.edition)
        return _floor(config.edition, edition.digest, config.chorales) if edition.digest == digest else None
    except chorales.ChoraleError:
        return None


@st.cache_data(show_spinner=False, max_entries=256)
def _floor(edition: str, digest: str, n: int) -> float:
    return floor_bits(chorales.load_edition(edition).first(n))


@st.cache_resource(show_spinner=False, max_entries=64)
def _reader(path: str) -> tuple[SeriesReader, threading.Lock]:
    run = Run(Path(path))
    return SeriesReader(run.metrics_path, run.timing_path), threading.Lock()


@st.cache_data(show_spinner=False, max_entries=4096)
def _digest(path: str) -> str | None:
    digest = Run(Path(path)).origin()["edition_digest"]
    return digest if isinstance(digest, str) else None
