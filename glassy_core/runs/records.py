"""A run's recorded curves as columns: metrics.jsonl and timing.jsonl read once, then only what was appended."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json as pa_json
from numpy.typing import NDArray

from glassy_core.files import MAX_STEP, opened, parse_line

METRICS = (
    "step", "tau", "eta", "nll", "nll_minibatch", "accuracy", "orthogonality_error", "nll_valid", "gamma",
    "evaluations", "sharpness",
)  # fmt: skip
_TIMING = ("step", "seconds")
COLUMNS = (*METRICS, "seconds")
PIECE = 1 << 23  # bytes parsed at a time: bounds the memory of a first read
_LARGEST = 1e300  # from here on a number is none
FINGERPRINT = 256  # bytes before the offset that must still be there
_MIN_STRETCH = 1.0  # seconds between two records: shorter ones tell no speed
_POOL = pa.system_memory_pool()  # a fifth quicker here than Arrow's own

Table = NDArray[np.float64]  # (columns, rows), not-a-number where a value was not measured


@dataclass(frozen=True)
class Series:
    """What was recorded of one run, by ascending step and tau, one value a record; all columns (n,).

    step: learning steps, int64; in a flow accepted ones, within one of which there may be several records.
    tau: proper time, the sum of eta over the steps before. eta: learning rate of the step that leaves this point; 0 in
    a flow.
    nll, nll_minibatch, nll_valid: bits per pitch and transition (all training transitions, this step's
    minibatch, held-out chorales). accuracy: share of right signs. gamma: SGD noise.
    evaluations: of a flow's velocity so far. sharpness: largest curvature of the loss, nats.
    seconds: of training so far. Not-a-number where a value was not measured.
    serial: another number for every reading that brought news.
    """

    step: NDArray[np.int64]
    tau: NDArray[np.float64]
    eta: NDArray[np.float64]
    nll: NDArray[np.float64]
    nll_minibatch: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    orthogonality_error: NDArray[np.float64]
    nll_valid: NDArray[np.float64]
    gamma: NDArray[np.float64]
    evaluations: NDArray[np.float64]
    sharpness: NDArray[np.float64]
    seconds: NDArray[np.float64]
    serial: int = field(default_factory=itertools.count().__next__, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.step)

    @property
    def eta_changes(self) -> NDArray[np.int64]:
        """Indices of the records from which on another eta was used."""
        return 1 + np.flatnonzero(np.diff(self.eta) != 0)


class SeriesReader:
    """Reads one run's Series; each call of `read` parses only what the files gained since the last.

    A record of a step and tau that comes again replaces the earlier one. Where a run was resumed from an earlier
    checkpoint its file is another one, or shorter, or differs before the offset: then it is read anew.
    """

    def __init__(self, metrics: Path, timing: Path) -> None:
        self._metrics, self._timing = _LinesTable(metrics, METRICS), _LinesTable(timing, _TIMING)
        self._series: Series | None = None

    def read(self) -> Series:
        """Curves as the files have them now; the very same object as last time where nothing is new."""
        for table in (self._metrics, self._timing):
            try:
                if table.refresh():
                    self._series = None
            except BaseException:  # how much of the news it has taken in is not known
                table.forget()
                self._series = None
                raise
        if self._series is None:
            self._series = _joined(self._metrics.table, self._timing.table)
        return self._series

    def bytes(self) -> int:
        """Of memory for what it keeps; the Series has little that is not in the tables."""
        return self._metrics.bytes() + self._timing.bytes()


def read_series(metrics: Path, timing: Path) -> Series:
    """Curves of one run, read once; metrics, timing: its files of records and of seconds."""
    return SeriesReader(metrics, timing).read()


def _joined(metrics: Table, timing: Table) -> Series:
    """The columns, with seconds taken from timing at the same steps."""
    columns = dict(zip(METRICS, metrics, strict=True))
    step, seconds = columns["step"], np.full(metrics.shape[1], np.nan)
    if timing.shape[1]:
        places = np.minimum(np.searchsorted(timing[0], step), timing.shape[1] - 1)
        same = timing[0, places] == step
        seconds[same] = timing[1, places[same]]
    return Series(**columns | {"step": step.astype(np.int64), "seconds": seconds})


class _LinesTable:
    """The numbers of one append-only JSON-lines file, rows by ascending step and, where it has one, tau."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self._path, self._names = path, names
        self.forget()

    def forget(self) -> None:
        """Read the file from its beginning next time."""
        self._offset, self._inode, self._tail = 0, -1, b""
        self._buffer: Table = np.empty((len(self._names), 1024))
        self._rows = 0

    def bytes(self) -> int:
        """Of memory, with room for records to come."""
        return self._buffer.nbytes

    @property
    def table(self) -> Table:
        """(columns, rows): a view that later calls of `refresh` leave as it is."""
        return self._buffer[:, : self._rows]

    def refresh(self) -> bool:
        """Take in what the file gained; True where the table changed."""
        try:
            file = opened(self._path)  # closed just below; a missing file is an empty one
        except OSError:
            changed = self._rows > 0
            self.forget()
            return changed
        with file:
            had = self._rows
            changed = not self._is_continued(file) and had > 0
            size = os.fstat(file.fileno()).st_size
            while piece := _whole_lines(file, self._offset):
                self._offset += len(piece)
                self._tail = (self._tail + piece)[-FINGERPRINT:]
                rows = _rows(piece, self._names)
                to_come = rows.shape[1] * max(size - self._offset, 0) // len(piece)
                changed |= self._append(rows, to_come)
        return changed

    def _is_continued(self, file: Any) -> bool:
        """Whether the file still begins with what was read; else everything is forgotten."""
        inode = os.fstat(file.fileno()).st_ino
        file.seek(self._offset - len(self._tail))
        if inode == self._inode and file.read(len(self._tail)) == self._tail:
            return True
        self.forget()
        self._inode = inode
        return False

    def _append(self, rows: Table, to_come: int) -> bool:
        """Add rows; to_come: about how many more will follow at once."""
        n = rows.shape[1]
        if n == 0:
            return False
        if not _ascends(_places(np.concatenate([self.table[:, -1:], rows], axis=1), self._names)):
            rows = _latest(np.concatenate([self.table, rows], axis=1), self._names)
            self._buffer, self._rows = rows, rows.shape[1]
            return True
        if self._rows + n > self._buffer.shape[1]:
            grown = np.empty((len(self._names), 2 * (self._rows + n) + int(1.1 * to_come)))
            grown[:, : self._rows] = self.table
            self._buffer = grown
        self._buffer[:, self._rows : self._rows + n] = rows
        self._rows += n
        return True


def _whole_lines(file: Any, offset: int) -> bytes:
    """The next lines from offset on, about PIECE bytes; a last line without its end is left for later."""
    file.seek(offset)
    piece: bytes = file.read(PIECE)
    if len(piece) == PIECE and b"\n" not in piece:
        piece += file.readline()  # one absurdly long line
    return piece[: piece.rfind(b"\n") + 1]


def _places(table: Table, names: Sequence[str]) -> Table:
    """(2, rows): where each record belongs; one at the same place replaces an earlier one.

    The step, and within a flow's, which have no eta, tau.
    """
    step = table[0]
    if "eta" not in names:
        return np.stack([step, np.zeros_like(step)])
    in_flow = table[names.index("eta")] == 0
    return np.stack([step, np.where(in_flow, np.nan_to_num(table[names.index("tau")]), 0)])


def _ascends(places: Table) -> bool:
    """Whether the records come by their places, and at each there is one."""
    step, within = np.diff(places)
    return bool(np.all((step > 0) | ((step == 0) & (within > 0))))


def _latest(table: Table, names: Sequence[str]) -> Table:
    """Columns sorted by their places; of those at the same one the last."""
    places = _places(table, names)
    order = np.lexsort(places[::-1])
    changes = np.any(np.diff(places[:, order]) != 0, axis=0)
    return table[:, order[np.append(changes, True)]]


def _rows(piece: bytes, names: Sequence[str]) -> Table:
    """(columns, records) of some whole lines; what is no record is left out."""
    table = _columns_at_once(piece, names)
    if table is not None:
        return table
    records = [record for record in map(parse_line, piece.splitlines()) if record is not None]
    return np.array([[_number(record.get(name)) for record in records] for name in names]).reshape(len(names), -1)


def _columns_at_once(piece: bytes, names: Sequence[str]) -> Table | None:
    """The same, several times faster; None where a line is anything but a record."""
    # Arrow ends the process at a line `null`, and takes objects that share a line, `Inf`, and what is no UTF-8.
    lines = piece.count(b"\n")
    one_each = piece.startswith(b"{") and piece.endswith(b"}\n") and piece.count(b"}\n{") + 1 == lines
    if not one_each or not piece.isascii() or b"Inf" in piece:
        return None
    schema = pa.schema([(name, pa.int64() if name == "step" else pa.float64()) for name in names])
    options = pa_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    try:
        found = pa_json.read_json(pa.BufferReader(piece), parse_options=options, memory_pool=_POOL)
    except pa.ArrowInvalid:
        return None
    steps = found["step"]
    if found.num_rows != lines or steps.null_count or not _are_steps(steps.to_numpy()):
        return None
    table = np.stack([found[name].to_numpy() for name in names]).astype(np.float64, copy=False)
    return None if np.any(np.abs(table) >= _LARGEST) else table


def _are_steps(values: NDArray[np.int64]) -> bool:
    return bool(np.all((values >= 0) & (values < MAX_STEP)))


def _number(value: Any) -> float:
    return float(value) if type(value) in (int, float) and abs(value) < _LARGEST else float("nan")


def best_speed(series: Series) -> float | None:
    """Learning steps per second that a tenth of the stretches between records exceeded; None where no time is known.

    The mean would tell of what else the machine had to do.
    """
    known = np.isfinite(series.seconds)
    step, seconds = series.step[known], series.seconds[known]
    lasting = np.diff(seconds) > _MIN_STRETCH
    if not lasting.any():
        return None
    return float(np.percentile(np.diff(step)[lasting] / np.diff(seconds)[lasting], 90))
