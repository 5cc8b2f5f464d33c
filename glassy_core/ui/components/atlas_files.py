"""The atlas for the browser: its files as they lie in the project, compressed, each under an address of its own."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from glassy_core.music.atlas.files import CURVES, DIRECTORY, songs_file
from glassy_core.music.atlas.grid import DEPTHS

NAMES = (CURVES, *(songs_file(depth) for depth in DEPTHS))


def url(name: str) -> str:
    """Where the server hands out one of NAMES, see serving.py; relative to any page."""
    return f"atlas-{_version()}/{name.removesuffix('.gz')}"


def file_at(path: str) -> Path | None:
    """The file that is handed out at such an address, or None."""
    return next((DIRECTORY / name for name in NAMES if url(name) == path), None)


@cache
def _version() -> str:
    digest = hashlib.sha256()
    for name in NAMES:
        path = DIRECTORY / name
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:12]
