"""Where a run ends: after so many steps, at a proper time, or at an NLL, whichever comes first."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ending:
    """steps: learning steps, of a flow accepted ones. until: proper time, stop_nll: bits; 0: not by that."""

    steps: int
    until: float = 0.0
    stop_nll: float = 0.0

    def reached(self, step: int, tau: float, nll: float | None) -> bool:
        """Whether a run that is at this step, proper time and NLL (None: not known) is at its end."""
        return step >= self.steps or 0 < self.until <= tau or self.is_low(nll)

    def is_low(self, nll: float | None) -> bool:
        """Whether an NLL is what the run was to reach."""
        return self.stop_nll > 0 and nll is not None and nll <= self.stop_nll
