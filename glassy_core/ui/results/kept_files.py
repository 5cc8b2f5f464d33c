"""What has been measured of runs and kept in files beside them, read once as long as a file stays what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from glassy_core.runs.run import RunError
from glassy_core.ui.shell.frame import plain

Kept = TypeVar("Kept")


def read(paths: Iterable[Path], load: Callable[[Path], Kept], quiet: bool = False) -> list[Kept]:
    """What the files hold, in their order; a warning for each that holds nothing of the kind, unless quiet."""
    found = []
    for path in paths:
        try:
            found.append(_read(path, path.stat().st_mtime_ns, load))
        except (RunError, OSError) as error:
            if not quiet:
                st.warning(plain(str(error)))
    return found


@st.cache_resource(show_spinner=False, max_entries=256)
def _read(path: Path, changed: int, _load: Callable[[Path], Any]) -> Any:
    return _load(path)
