"""The paper, figure by figure, beside the runs of a store."""

from __future__ import annotations

from collections.abc import Sequence

from glassy_core.comparable import Member
from glassy_core.findings import Finding, Gathered, Read
from glassy_core.measured import series_of
from glassy_core.paper_aging import aging_findings
from glassy_core.paper_curves import curve_findings
from glassy_core.paper_transition import transition_findings


def findings(members: Sequence[Member], read: Read = series_of) -> list[Finding]:
    """All statements, by figure; members: the readable runs of a store."""
    found = Gathered.of(members)
    every = [*curve_findings(found, read), *transition_findings(found, read), *aging_findings(found, read)]
    return sorted(every, key=lambda finding: (finding.figure, finding.world == "class"))
