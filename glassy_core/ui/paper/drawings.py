"""How the page draws each figure of the paper: of which runs, and what stands below it.

The row of a figure is in `paper/figures.py`; its drawing is here, by the same number. The two tables are apart
because the rows serve the terminal, too, where nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from glassy_core.figures.palette import key
from glassy_core.paper.evidence import Evidence, command
from glassy_core.paper.numbers import paper_curve
from glassy_core.paper.task import is_papers
from glassy_core.ui.paper import aging, chosen_runs, critical_width, learning_curves
from glassy_core.ui.paper.look import Look, Members
from glassy_core.ui.paper.network import any_network
from glassy_core.ui.shell.frame import plain
from glassy_core.ui.shell.words import typeset

Caption = Callable[[Members], str]
PAPERS_LAW = (
    "Dotted: the paper's law NLL∞ + A τ⁻ᵃ. NLL∞ and a are the paper's; it gives no A, so A is matched to our run."
)


def _nothing_to_draw(evidence: Evidence) -> str:
    """What stands in the place of a figure that no run serves."""
    return "There are no runs to draw this figure from yet."


@dataclass(frozen=True)
class Drawing:
    """How one figure of the paper is drawn, and what stands with it.

    draw: shows runs as large as the Look says; False where they do not serve. runs: those it is drawn of, None where
    it needs none. notes: sentences below it, or what makes one of the runs drawn. otherwise: what stands in its place
    where no run serves.
    """

    draw: Callable[[Members, Look], bool]
    runs: Callable[[Evidence], Members] | None = None
    notes: tuple[str | Caption, ...] = ()
    otherwise: Callable[[Evidence], str] = _nothing_to_draw

    def drawn_of(self, evidence: Evidence, look: Look) -> Members | None:
        """Draw the figure; the runs that it shows, or None where none serve."""
        members = self.runs(evidence) if self.runs else ()
        if self.runs and not members:
            return None
        return members if self.draw(members, look) else None

    def show(self, evidence: Evidence, look: Look) -> None:
        """Draw the figure, with what stands below it or in its place."""
        members = self.drawn_of(evidence, look)
        if members is None:
            st.caption(self.otherwise(evidence))
            return
        notes = (note if isinstance(note, str) else note(members) for note in self.notes)
        if below := " ".join(filter(None, notes)):
            st.caption(typeset(below))


def _data(members: Members) -> str:
    """The data of the runs."""
    learned = dict.fromkeys(member.world.words() for member in members)
    return f"{plain('; '.join(learned))}."


def _colours(members: Members) -> str:
    """What the colours of the networks mean."""
    return key(member.config for member in members)


def _law(members: Members) -> str:
    """What the paper's own law is where it is drawn."""
    return PAPERS_LAW if any(paper_curve(member.config) for member in members) else ""


def _instead(members: Members) -> str:
    """Why the class world's aging stands in the place of the paper's."""
    if is_papers(members[0].config, "aging"):
        return ""
    return (
        "The class world's networks: those of the paper are drawn once one has two waiting times with records beyond "
        "τ/τ_w = 1."
    )


def _no_probe(evidence: Evidence) -> str:
    """What makes a probe, for a run of the store."""
    for member in chosen_runs.probed_first(evidence):
        if member.run.state().step:
            return f"No run has a noise probe yet. `{command('probe', member)}` makes one, or the Learning curves page."
    return "No run has a noise probe yet: train one, then `python -m glassy_core probe RUN` makes it."


def _any_network(members: Members, look: Look) -> bool:
    any_network()
    return True


DRAWINGS = {
    1: Drawing(_any_network),
    2: Drawing(learning_curves.learning_by_depth, chosen_runs.papers_or_class, (_data, _colours)),
    3: Drawing(learning_curves.power_laws, chosen_runs.papers_two_layers, (_data, _colours, _law)),
    4: Drawing(learning_curves.noise_probe, chosen_runs.probed_first, otherwise=_no_probe),
    5: Drawing(
        critical_width.inverse_times,
        chosen_runs.sweep,
        (_data, "Dots: runs that reached NLL\\*; triangles: those that did not; diamonds: w_c with its 95 % interval."),
    ),
    6: Drawing(
        critical_width.lines,
        chosen_runs.sweep,
        (_data, "Bars: 95 % intervals. Lines: the regression of w_c on NLL\\*."),
    ),
    7: Drawing(
        aging.three_views,
        chosen_runs.papers_aging,
        (
            _data,
            "Above against τ, in the middle against τ/τ_w, below on linear axes. Dashed: τᵅ where it is fitted.",
            _instead,
        ),
    ),
    8: Drawing(aging.gamma, chosen_runs.papers_noise, (_data, _colours)),
    9: Drawing(aging.growing, chosen_runs.papers_aging, (_data, _instead)),
}
