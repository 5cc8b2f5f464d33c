"""The instruments' recorded notes for the browser: made when first asked for, each under an address of its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from glassy_core.files import package_version
from glassy_core.music.midi import INSTRUMENTS
from glassy_core.music.recorded_notes import instrument_file

CODE = Path(__file__).resolve().parent / "instrument.js"  # what plays them, for components that sound
_FORMAT = 1  # of the files: another one is another address


def urls() -> dict[str, str]:
    """Where the server hands out each instrument, see serving.py; relative to any page."""
    return {name: f"instrument-{name}-{_FORMAT}-{package_version('pretty_midi')}.bin" for name in INSTRUMENTS}


def name_at(path: str) -> str | None:
    """The instrument that is handed out at such an address, or None."""
    return next((name for name, url in urls().items() if url == path), None)


@cache
def content(name: str) -> bytes:
    """Its file."""
    return instrument_file(name)
