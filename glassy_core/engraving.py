"""MusicXML drawn as SVG, with who sounds when."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Engraving:
    """A drawn score.

    pages:   SVG texts; a note's element has the id that `score.note_id` gives
    timemap: what verovio says sounds when: {"qstamp": quarter notes, "on": [ids], "off": [ids]}
    """

    pages: tuple[str, ...]
    timemap: tuple[dict[str, Any], ...]


def engrave(musicxml: str, width: int = 2000, scale: int = 40) -> Engraving:
    """Draw a score with verovio, as high as it needs to be; width in units of 0.1 mm, scale in per cent."""
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    # By itself it knows its fonts only in the thread that imported it first.
    verovio.setDefaultResourcePath(str(files("verovio") / "data"))
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "pageWidth": width,
            "scale": scale,
            "adjustPageHeight": True,
            "breaks": "auto",
            "footer": "none",
            "svgViewBox": True,
            "svgHtml5": False,
        }
    )
    if not toolkit.loadData(musicxml):
        raise ValueError("verovio cannot read this MusicXML.")
    pages = tuple(toolkit.renderToSVG(page) for page in range(1, toolkit.getPageCount() + 1))
    return Engraving(pages, tuple(toolkit.renderToTimemap()))
