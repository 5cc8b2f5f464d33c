"""Where and how large a figure of the paper is drawn: on its page, or on the wall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from glassy_core.runs.groups import Member
from glassy_core.ui.components.live_figure import live_figure

Members = Sequence[Member]  # the runs that a figure is drawn of
_LETTERS = 14  # pixels of letters that the figures' margins are made for
_MANY_DECADES = 5


@dataclass(frozen=True)
class Look:
    """Size and names of a figure's drawing.

    key: of the figure's widgets, and its file's name. height, font: in pixels, font of its letters.
    """

    key: str
    height: int = 440
    font: int = _LETTERS

    def show(self, figure: go.Figure, alt: str, part: str = "", grows: bool = False, names: bool = False) -> None:
        """Draw a figure, one part of several where `part` names it; alt: what it shows, in words.

        grows: lines that have become longer since the last drawing are seen to grow. names: a name stands at the end
        of each line.
        """
        figure.update_layout(font_size=self.font)
        if self.font > _LETTERS:
            figure.update_xaxes(automargin=True)
            figure.update_yaxes(automargin=True)
            for axis in (*figure.select_xaxes({"type": "log"}), *figure.select_yaxes({"type": "log"})):
                # Whole decades, written out: nothing is small. Every other one where a panel has many.
                many = axis.range is not None and axis.range[1] - axis.range[0] > _MANY_DECADES
                axis.update(dtick=2 if many else 1, exponentformat="none", minor_dtick="D1")
        name = f"{self.key}{part}"
        live_figure(figure, key=name, alt=alt, height=self.height, filename=name, grows=grows, names=names)
