"""The paper, figure by figure, beside the runs of a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from glassy_core.paper.aging import aging_findings
from glassy_core.paper.critical_width import network_findings, transition_findings
from glassy_core.paper.findings import Finding, Gathered, Read, command
from glassy_core.paper.learning_curves import curve_findings
from glassy_core.paper.sgd_noise import noise_findings
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import series_of


def findings(members: Sequence[Member], read: Read = series_of) -> list[Finding]:
    """All statements, by figure, each with a command that prints its numbers; members: a store's readable runs."""
    found = Gathered.of(members)
    parts = (curve_findings, transition_findings, aging_findings, noise_findings)
    every = [*network_findings(), *(finding for part in parts for finding in part(found, read))]
    commanded = [one if one.command else replace(one, command=of_figure(one.figure)) for one in every]
    return sorted(commanded, key=lambda finding: (finding.figure, finding.world == "class"))


def of_figure(figure: int) -> str:
    """The command that prints all statements of a figure, computed anew."""
    return command("paper", None, f"--figure {figure}")
