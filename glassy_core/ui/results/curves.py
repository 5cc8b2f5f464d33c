"""What the pages draw, read from the store: kept between reruns, and only what is new read again."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import psutil
import pyarrow as pa
import streamlit as st

from glassy_core.figures.palette import at_place, colours, flows_apart, places, turns
from glassy_core.figures.style import Curve
from glassy_core.jobs import gallery
from glassy_core.paper.regimes import of_the_trio, trio
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import floor_of_data
from glassy_core.runs.records import Series, SeriesReader
from glassy_core.runs.run import Run
from glassy_core.settings import RunConfig
from glassy_core.ui.results.in_step import FORGOTTEN, in_step
from glassy_core.ui.results.rows import Row, end_of, rows
from glassy_core.ui.results.sized_cache import SizedCache
from glassy_core.ui.results.spectra import measured
from glassy_core.ui.shell.frame import plain, store

LATEST = 3
_LEAST_KEPT = 256 * 2**20  # bytes of records kept in memory on a small machine; a run of a million has 110 MB of them
_SHARE_KEPT = 8  # and one part in so many of a larger one's memory
_LONG = 50e6  # bytes of a file of records that takes a second to be read
MOST = 12  # runs at work that are shown without having been chosen
_PLACES = "run_places"  # of each run among the styles
# A long file is read in one burst while a visitor waits: on every core, whatever OMP_NUM_THREADS says for training.
pa.set_cpu_count(os.cpu_count() or 1)
_OLDEST = 0.5  # seconds that a curve of a run at work may lie back, so that many visitors are shown one reading of it


def readable_rows() -> list[Row]:
    """Runs whose settings can be read, newest first."""
    return [row for row in rows(store()) if row.config]


def unique_names(candidates: Sequence[Row]) -> dict[str, str]:
    """A name a run id; one that several runs have gets what tells them apart: seed, dynamics, or the id's end."""
    count = Counter(row.name for row in candidates)
    seeds = Counter((row.name, row.config.seed) for row in candidates if row.config)
    ways = Counter((row.name, row.config.dynamics) for row in candidates if row.config)
    names = {}
    for row in candidates:
        apart = re.sub("[^0-9A-Za-z]", "", end_of(row.id))  # a directory may be called anything
        if row.config and seeds[row.name, row.config.seed] == 1:
            apart = f"seed {row.config.seed}"
        elif row.config and ways[row.name, row.config.dynamics] == 1:
            apart = row.config.dynamics
        names[row.id] = row.name if count[row.name] == 1 else f"{row.name} · {apart}"
    return names


def first_choice(candidates: Sequence[Row]) -> list[str]:
    """Which runs to show before the reader has chosen: the newest trio of the class world, or the newest runs.

    The trio, too, where all the newest are the gallery's: there they are only what was made last. candidates: newest
    first.
    """
    newest = candidates[:LATEST]
    own = any(gallery.TAG not in row.tags for row in newest)
    if own and not any(row.config and of_the_trio(row.config) for row in newest):
        return [row.id for row in newest]
    return trio((row.id, row.config) for row in candidates) or [row.id for row in newest]


def at_work_or_newest(candidates: Sequence[Row]) -> list[str]:
    """Runs at work, in the order of their start, with those that ended a moment ago; where none is, `first_choice`.

    Of more than MOST those that have begun. candidates: newest first.
    """
    if not any(row.busy for row in candidates):
        return first_choice(candidates)
    now = time.time()
    batch = [row for row in candidates if row.busy or now - row.state.heartbeat < FORGOTTEN]
    if len(batch) > MOST:
        batch = [row for row in batch if row.state.status != "queued"][:MOST] or batch[:MOST]
    return [row.id for row in reversed(batch)]


def _styles_of(configs: Mapping[str, RunConfig], by_run: bool) -> tuple[dict[str, str], dict[str, int]]:
    """Colours and turns of runs by id: by regime, or one each, which stays a run's own in this browser tab."""
    if not by_run:
        return colours(configs), turns(configs)
    kept = st.session_state.setdefault(_PLACES, {})
    now = places(configs, kept)
    kept.update(now)
    styles = {run_id: at_place(place) for run_id, place in now.items()}
    return {run_id: ink for run_id, (ink, _) in styles.items()}, {run_id: turn for run_id, (_, turn) in styles.items()}


def curves_of(chosen: Sequence[Row], by_run: bool = False, together: bool = False) -> list[Curve]:
    """The runs' curves as they are on the disk now, with colours, floors and the names of their data.

    by_run: see `styles_of`. together: the class trio in step of tau while it learns.
    """
    configs = {row.id: row.config for row in chosen if row.config}
    (inks, times), apart = _styles_of(configs, by_run), flows_apart(configs)
    names = unique_names(chosen)
    series = {row.id: latest_series(row) for row in chosen if row.config}
    series = in_step(chosen, series) if together else series
    out = []
    for row in (row for row in chosen if row.config):
        run_id, config = row.id, configs[row.id]
        out.append(
            Curve(
                id=run_id,
                label=label_of(names[run_id], config),
                colour=inks[run_id],
                config=config,
                series=series[run_id],
                floor=_known_floor(run_id, config),
                data=config.data_name(),
                turn=times[run_id],
                apart=run_id in apart,
                sharpness=_sharpness(run_id, config),
            )
        )
    return out


def _sharpness(run_id: str, config: RunConfig) -> tuple[tuple[int, float], ...]:
    """Measured along a run by steps; that of a flow is among its records. A spoilt file is named on the Aging page."""
    if config.dynamics == "flow":
        return ()
    return tuple((at.step, at.spectrum.largest) for at in measured(store().named(run_id), quiet=True))


def label_of(name: str, config: RunConfig) -> str:
    """A run's name in a legend, with depth and width where they are not in the name, and whether it is a flow."""
    words = [] if f"w={config.width}" in name else [f"d = {config.depth}, w = {config.width}"]
    words += ["flow"] if config.dynamics == "flow" and not re.search(r"\bflow\b", name) else []
    return f"{name} ({', '.join(words)})" if words else name


def network_words(config: RunConfig) -> str:
    """A network by its depth and width, and whether it is a flow."""
    return f"d = {config.depth}, w = {config.width}" + (", flow" if config.dynamics == "flow" else "")


def series_of(run: Run, oldest: float = 0.0) -> Series:
    """The run's recorded curves; only what its files gained is parsed.

    oldest: seconds that what another visitor has just read may lie back; then it is the very same object.
    """
    return _reader(run).read(oldest)


def latest_series(row: Row) -> Series:
    """The run's recorded curves as they are shown: of a run at work they may be half a second old."""
    reader, oldest = _reader(store().named(row.id)), _OLDEST if row.busy else 0.0
    if (size := reader.unread()) < _LONG:
        return reader.read(oldest)
    with st.spinner(f"Reading {size / 1e6:.0f} MB of records of {plain(row.name)}, once", show_time=True):
        return reader.read(oldest)


class _SharedReader:
    """A run's reader, with what it read last; one for all visitors."""

    def __init__(self, run: Run) -> None:
        self._reader, self._path = SeriesReader(run.metrics_path, run.timing_path), run.metrics_path
        self._lock = threading.Lock()
        self._last: Series | None = None
        self._at = 0.0

    def read(self, oldest: float) -> Series:
        with self._lock:
            if self._last is None or time.monotonic() - self._at > oldest:
                self._last, self._at = self._reader.read(), time.monotonic()
            return self._last

    def unread(self) -> int:
        """Bytes of records to be read for the first time, 0 where they have been."""
        try:
            return self._path.stat().st_size if self._last is None else 0
        except OSError:
            return 0

    def bytes(self) -> int:
        """Of what it keeps of the files."""
        return self._reader.bytes()


def floor_of(row: Row) -> float | None:
    """The least NLL, in bits, that is possible on a run's data; None where those data are not at hand.

    It never waits for a download: an edition's file counts only where it lies on this machine.
    """
    return _known_floor(row.id, row.config) if row.config else None


def digest_of(run_id: str) -> str | None:
    """Digest of the edition that a run learns, None where config.json has none; RunError where it cannot be read."""
    return _digest(str(store().named(run_id).path))


def member(row: Row) -> Member:
    """A run as one that may stand beside others."""
    assert row.config is not None
    return Member(store().named(row.id), row.config, digest_of(row.id))


def _known_floor(run_id: str, config: RunConfig) -> float | None:
    return floor_of_data(config, digest_of(run_id))


@st.cache_resource(show_spinner=False)
def _readers() -> SizedCache[str, _SharedReader]:
    most = max(_LEAST_KEPT, psutil.virtual_memory().total // _SHARE_KEPT)
    return SizedCache(most, lambda _, reader: reader.bytes())


def _reader(run: Run) -> _SharedReader:
    return _readers().get(str(run.path), lambda: _SharedReader(run))


@lru_cache(maxsize=4096)
def _digest(path: str) -> str | None:
    digest = Run(Path(path)).origin()["edition_digest"]
    return digest if isinstance(digest, str) else None
