"""What has been measured of how the loss is curved along runs, as more than one page shows it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from glassy_core.physics.aging.spectrum import AtCheckpoint
from glassy_core.runs import spectra
from glassy_core.runs.run import Run, RunError
from glassy_core.ui.shell.frame import plain


def measured(run: Run) -> list[AtCheckpoint]:
    """The spectra that have been measured of a run, by tau; a warning for each file that holds none."""
    found = []
    for path in spectra.kept(run):
        try:
            found.append(_read(path, path.stat().st_mtime_ns))
        except (RunError, OSError) as error:
            st.warning(plain(str(error)))
    return sorted(found, key=lambda at: at.tau)


@st.cache_resource(show_spinner=False, max_entries=256)
def _read(path: Path, changed: int) -> AtCheckpoint:
    return spectra.load(path)
