"""MusicXML drawn as SVG."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

# Lengths in verovio's units. Both layouts are cut to what is drawn, so that every score is one picture.
LARGEST = 100_000  # the largest page there is; 512 chords with a third staff take a fifth of it
PAGE = {"breaks": "auto", "pageWidth": 2000, "pageHeight": 60_000, "scale": 40}
LINE = {"breaks": "none", "pageWidth": LARGEST, "adjustPageWidth": True, "scale": 48, "header": "none"}
LINE |= {"pageMarginLeft": 20, "pageMarginRight": 20, "pageMarginTop": 30, "pageMarginBottom": 20}


def engrave(musicxml: str, layout: dict[str, Any] = PAGE) -> str:
    """A score as one SVG, drawn by verovio; a note's element has the id that `score.note_id` gives.

    layout: PAGE, systems of bars below each other, or LINE, one system that is as long as the piece. Raises
    ValueError for what is no MusicXML.
    """
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    # By itself it knows its fonts only in the thread that imported it first.
    verovio.setDefaultResourcePath(str(files("verovio") / "data"))
    toolkit = verovio.toolkit()
    toolkit.setOptions(layout | {"adjustPageHeight": True, "footer": "none", "svgViewBox": True})
    if not toolkit.loadData(musicxml):
        raise ValueError("verovio cannot read this MusicXML.")
    return str(toolkit.renderToSVG(1))
