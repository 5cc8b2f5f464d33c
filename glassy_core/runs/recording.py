"""What the training of a stored run gives, written down: records, checkpoints."""

from __future__ import annotations

from glassy_core.files import LineWriter
from glassy_core.runs import checkpoints
from glassy_core.runs.resuming import ResumePoint
from glassy_core.runs.run import Run
from glassy_core.training.records import AgingRecord, Record, Snapshot


class Recorder:
    """Appends to the records of a run that is locked, from where it goes on; later ones are dropped first.

    nll: of the latest record, in bits, None where there is none.
    """

    def __init__(self, run: Run, point: ResumePoint) -> None:
        self.nll = point.nll
        self._run, self._config, self._seconds_before = run, run.config(), point.seconds
        self._metrics = LineWriter(run.metrics_path, point.covers)
        self._timing = LineWriter(run.timing_path, point.covers)
        self._aging = LineWriter(run.aging_path, point.covers) if self._config.waiting_times else None

    def store(self, event: Record | AgingRecord | Snapshot, seconds: float) -> None:
        """Write an event of the training; seconds: since it went on. OSError where it cannot be written."""
        if isinstance(event, Record):
            self.nll = event.nll
            self._metrics.append(event.to_json())
            self._timing.append({"step": event.step, "seconds": round(self._seconds_before + seconds, 3)})
        elif isinstance(event, AgingRecord):
            assert self._aging
            self._aging.append(event.to_json())
        else:
            self._sync()  # a checkpoint never knows more than the records on the disk
            checkpoints.write(self._run.checkpoints, event)
            checkpoints.prune(self._run.checkpoints, self._config)

    def _sync(self) -> None:
        self._metrics.sync()
        if self._aging:
            self._aging.sync()

    def close(self) -> None:
        """Close the files of the records."""
        for writer in (self._metrics, self._timing, self._aging):
            if writer:
                writer.close()
