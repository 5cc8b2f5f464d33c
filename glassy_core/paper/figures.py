"""The figures of the paper, a row each: what it claims, how that is judged, what is needed to compute it again.

The command `paper` and the Paper page go through these rows. How a figure is drawn is not in them: a drawing chooses
among the runs, lays out panels and keeps analyses from one look to the next, all with the pages' own means, so the
drawings are a table of their own beside the page (`ui/paper/drawings.py`), by the figure's number. A row without a
drawing is a table of statements on the page, and complete on the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from glassy_core.errors import GlassyError
from glassy_core.paper.aging import aging_findings
from glassy_core.paper.critical_width import critical_width_findings, network_findings, threshold_findings
from glassy_core.paper.evidence import Evidence, command
from glassy_core.paper.findings import Finding
from glassy_core.paper.growth import growth_findings
from glassy_core.paper.learning_curves import learning_curve_findings, power_law_findings
from glassy_core.paper.sgd_noise import gamma_findings, probe_findings


@dataclass(frozen=True)
class PaperFigure:
    """One figure of the paper.

    claims: what it says, in words for the page. findings: its statements as the runs stand; each bears its number.
    needs: what beside the records computes it again, and why; one sentence for the page.
    """

    number: int
    title: str
    findings: Callable[[Evidence], Iterable[Finding]]
    claims: str = ""
    needs: str = ""


FIGURES = (
    PaperFigure(1, "the network", network_findings),
    PaperFigure(
        2,
        "learning curves",
        learning_curve_findings,
        "The loss falls for all networks; a narrow one levels off, a wide one reaches 0.01 bits, where the music "
        "becomes plausible. Deeper networks need less proper time.",
        "The figure's floor is the data's: `python -m glassy_core data --edition paper`; it needs the paper's file.",
    ),
    PaperFigure(
        3,
        "power laws",
        power_law_findings,
        "At long times the loss decays as a power of τ towards NLL∞: NLL = NLL∞ + A τ⁻ᵃ. Exponents grow with width "
        "and depth.",
    ),
    PaperFigure(
        4,
        "the noise of SGD",
        probe_findings,
        "Near the end of learning the minibatch's choice shakes the loss; smaller ones more.",
        "A probe trains on from the checkpoint, so it needs the paper's file; the table's command reads the kept one.",
    ),
    PaperFigure(
        5,
        "the learnability transition",
        critical_width_findings,
        "The inverse of the time to learn goes to zero at a critical width: below it, no time is enough.",
    ),
    PaperFigure(
        6,
        "critical widths",
        threshold_findings,
        "The critical width falls with the threshold and with depth.",
    ),
    PaperFigure(
        7,
        "aging",
        aging_findings,
        "The longer a network has learned, the more slowly its weights move. With time counted in waiting times, the "
        "curves fall on one another for w = 30, less cleanly for w = 68; for w = 90 those of the longest waiting times "
        "break away.",
    ),
    PaperFigure(
        8,
        "the noise along learning",
        gamma_findings,
        "Γ, the variance of the minibatch's gradient, grows with τ, ever more slowly, and levels off for w = 30 and "
        "90; for w = 90 it falls a bit at the longest times. The near-critical network is the noisiest.",
    ),
    PaperFigure(
        9,
        "how fluctuations grow",
        growth_findings,
        "For w = 30 and τ_w = 80, Δ grows as the power 0.66 of x - 0.6 for x = τ/τ_w from 1 to 6; beyond x = 10 a "
        "logarithm of x fits.",
    ),
)


def figure(number: int) -> PaperFigure:
    """Row of a figure's number, 1 to 9. Raises GlassyError where the paper has no such figure."""
    for row in FIGURES:
        if row.number == number:
            return row
    numbers = ", ".join(str(row.number) for row in FIGURES)
    raise GlassyError(f"There is no figure {number} on the Paper page: choose one of {numbers}.")


def findings(evidence: Evidence, figures: Iterable[PaperFigure] | None = None) -> list[Finding]:
    """Judged statements of some figures, of all where None, each with a command that prints its numbers.

    By figure, and of each figure those of the paper's own task first.
    """
    every = [one for row in (FIGURES if figures is None else figures) for one in row.findings(evidence)]
    commanded = [one if one.command else replace(one, command=of_figure(one.figure)) for one in every]
    return sorted(commanded, key=lambda finding: (finding.figure, finding.world == "class"))


def of_figure(number: int) -> str:
    """Shell line that prints all statements of a figure, computed anew."""
    return command("paper", None, f"--figure {number}")
