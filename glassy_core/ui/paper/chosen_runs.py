"""Which runs a figure of the paper is drawn of: those of its own task where they serve, else the class world's."""

from __future__ import annotations

from glassy_core.paper import regimes
from glassy_core.paper.evidence import Evidence
from glassy_core.paper.numbers import AGING, PRESET_OF
from glassy_core.runs.groups import readable
from glassy_core.ui.paper.aging import by_network
from glassy_core.ui.paper.look import Members
from glassy_core.ui.results import curves
from glassy_core.ui.shell.frame import store

_SWEEP = 8  # networks, from which on a store's runs of the paper's task are a sweep


def papers(evidence: Evidence) -> Members:
    """The paper's five networks as far as they are there."""
    return [member for network in PRESET_OF if (member := evidence.network(*network))]


def papers_or_class(evidence: Evidence) -> Members:
    """The paper's five networks as far as they are there, else those of the class world."""
    return papers(evidence) or trio(evidence)


def papers_two_layers(evidence: Evidence) -> Members:
    """The paper's networks of two layers, whose asymptotic laws Fig. 3 shows."""
    return [member for member in papers(evidence) if member.config.depth == 2] or trio(evidence)


def trio(evidence: Evidence) -> Members:
    """One network under, one near, one over the critical width of the class world."""
    rows = {row.id: row for row in curves.readable_rows()}
    ids = curves.first_choice([rows[m.run.id] for m in evidence.classroom if m.run.id in rows])
    return [member for run_id in ids for member in evidence.classroom if member.run.id == run_id]


def newest_trio(evidence: Evidence) -> Members:
    """The class world's three networks as they were started last, by steps or as flows, at work or not."""
    rows = {row.id: row for row in curves.readable_rows()}
    return [curves.member(rows[run_id]) for run_id in regimes.trio((row.id, row.config) for row in rows.values())]


def classroom(evidence: Evidence) -> Members:
    """All runs of the class world."""
    return evidence.classroom


def sweep(evidence: Evidence) -> Members:
    """The paper's runs where there are widths enough for a parabola, else the class world's."""
    of_papers = [member for members in evidence.sweeps.values() for member in members]
    enough = len({(member.config.depth, member.config.width) for member in of_papers}) >= _SWEEP
    return of_papers if enough else evidence.classroom


def class_aging(evidence: Evidence) -> Members:
    """The class world's aging runs."""
    return [member for _, seeds in evidence.class_aging() for member in seeds]


def papers_noise(evidence: Evidence) -> Members:
    """The paper's three aging networks as far as they are there, else the class world's."""
    return _measured(evidence) or class_aging(evidence)


def papers_aging(evidence: Evidence) -> Members:
    """The paper's three where one has waiting times enough to be compared, else the class world's."""
    measured = _measured(evidence)
    compared = any(sum(curve.x[-1] > 1 for curve in column.aging.curves) >= 2 for column in by_network(measured))
    return measured if compared else class_aging(evidence) or measured


def _measured(evidence: Evidence) -> Members:
    chosen = [member for network in AGING for member in evidence.aging_seeds(*network)]
    return [member for member in chosen if by_network([member])]


def probed_first(evidence: Evidence) -> Members:
    """Runs that may have a noise probe: the paper's w = 90, its other networks, then all others in the store."""
    first = [member for member in (evidence.network(2, 90), *papers(evidence)) if member]
    every = [*first, *evidence.paper, *evidence.classroom, *readable(store().runs())]
    return list({member.run.id: member for member in every}.values())
