"""What has been measured of how the loss is curved along runs, as more than one page shows it."""

from __future__ import annotations

from glassy_core.physics.aging.spectrum import AtCheckpoint
from glassy_core.runs import spectra
from glassy_core.runs.run import Run
from glassy_core.ui.results import kept_files


def measured(run: Run, quiet: bool = False) -> list[AtCheckpoint]:
    """The spectra that have been measured of a run, by tau; a warning for each file that holds none, unless quiet."""
    return sorted(kept_files.read(spectra.kept(run), spectra.load, quiet), key=lambda at: at.tau)
