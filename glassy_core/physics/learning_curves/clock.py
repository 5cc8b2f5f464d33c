"""Is proper time the right clock? Curves of one network, learned at other rates, beside a reference at the same tau.

The paper's tau counts eta of every step (Sec. III): were it the only clock, curves by any eta, minibatch size and
gradient would be one. What they differ by is what tau does not know of: noise, delay, and steps too large to be a flow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassy_core.arrays import Floats

EARLIEST = 0.5  # tau: before it the curves fall by much between two records
WINDOW = 0.15  # of the running mean, in log tau to either side


@dataclass(frozen=True)
class Beside:
    """A curve beside the reference. tau: (n,); ratio: (n,) its NLL over the reference's at the same tau."""

    tau: Floats
    ratio: Floats

    def at(self, tau: float) -> float:
        """The mean ratio within WINDOW of that tau; not-a-number where there is no record."""
        near = np.abs(np.log(self.tau / tau)) <= WINDOW
        return float(np.exp(np.mean(np.log(self.ratio[near])))) if near.any() else np.nan


def beside(tau: Floats, nll: Floats, reference_tau: Floats, reference_nll: Floats) -> Beside:
    """A curve (n,) over a reference (m,), which is interpolated in log NLL against log tau; NLL in bits.

    Only records that both reach are compared, from EARLIEST on.
    """
    usable = (tau >= EARLIEST) & (nll > 0)
    of_reference = (reference_tau > 0) & (reference_nll > 0)
    if not of_reference.any():
        return Beside(np.empty(0), np.empty(0))
    log_tau, log_nll = np.log(reference_tau[of_reference]), np.log(reference_nll[of_reference])
    usable &= (tau >= np.exp(log_tau[0])) & (tau <= np.exp(log_tau[-1]) * (1 + 1e-9))
    expected = np.exp(np.interp(np.log(tau[usable]), log_tau, log_nll))
    return Beside(tau[usable], nll[usable] / expected)
