"""Aging: fluctuations after a waiting time, their collapse on tau / tau_w^mu, their growth (Sec. V-VI, Figs. 7-9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassy_core.physics.aging.collapse import Breakdown, Collapse, breakdowns, collapse
from glassy_core.physics.aging.fluctuations import DeltaCurve, Trajectory, delta_curves, of_waiting_time, seed_by_seed
from glassy_core.physics.aging.growth import MEASUREMENTS, STRAIGHT, Growth, logarithm, power, rise, short_time


@dataclass(frozen=True)
class Aging:
    """What the runs of one setting say about aging; windows are in tau / tau_w.

    curves: Delta of each waiting time, the mean over seeds; alpha: of Delta ~ tau^alpha at tau << tau_w
    collapse: the exponent mu; power: A x^b; log: A + B log x; breakdown: where each curve leaves the others, in
    tau / tau_w^mu at the best mu (at mu = 1 where there is none); frozen: whether Gamma(tau_w) was used throughout
    """

    curves: Sequence[DeltaCurve]
    alpha: Growth
    collapse: Collapse
    power: Growth
    log: Growth
    breakdown: Sequence[Breakdown]
    frozen: bool
    rise: Growth

    @property
    def drifts(self) -> bool:
        """Whether the weights go on in one direction, so that the collapse is that of a slide down the loss."""
        return self.rise.slope is not None and self.rise.slope.low > STRAIGHT

    def to_json(self) -> dict[str, Any]:
        """One object by the contract of `aging --json`."""
        mu = self.collapse.mu
        values: dict[str, Any] = {
            "alpha": self.alpha.slope and self.alpha.slope.to_json(),
            "mu": mu and mu.to_json(),
            "collapse_error": self.collapse.error,
            "rise": self.rise.slope and self.rise.slope.to_json(),
            "power": self.power.to_json("exponent"),
            "log": self.log.to_json("slope"),
            "tau_w": [curve.tau_w for curve in self.curves],
            "seeds": max((curve.seeds for curve in self.curves), default=0),
            "alpha_window": _window(self.alpha.window),
            "collapse_window": _window(self.collapse.window),
            "breakdown_mu": mu.value if mu else 1.0,
            "breakdown": [{"tau_w": curve.tau_w, "x": curve.x} for curve in self.breakdown],
            "gamma": "frozen" if self.frozen else "interpolated",
        }
        reasons = [f"{name}: {why}" for name, why in (("alpha", self.alpha.why), ("mu", self.collapse.why)) if why]
        return values | ({"why": " ".join(reasons)} if reasons else {})


def aging(
    trajectories: Sequence[Trajectory],
    frozen: bool = False,
    kind: str | None = None,
    origin: float = 0.0,
    tau_w: float | None = None,
) -> Aging:
    """The analysis of one run, or of several seeds of one setting.

    frozen: divide by Gamma(tau_w) throughout, as Baity-Jesi et al. do; kind: of the weights "J", "M", "K", "W" or "h0"
    alone. origin: tau / tau_w at which the power law begins. tau_w: of one waiting time, in proper time, that is
    looked at alone.
    """
    curves = delta_curves(trajectories, frozen, kind)
    if tau_w is None:
        best = collapse(curves)
    else:
        curves = of_waiting_time(curves, tau_w)
        alone = "One waiting time alone has nothing to collapse on: mu needs three."
        best = replace(collapse(curves), why=alone)
    seeds = [] if tau_w is None else seed_by_seed(trajectories, tau_w, frozen, kind)
    return Aging(
        curves,
        short_time(curves),
        best,
        power(seeds if len(seeds) >= MEASUREMENTS else curves, origin=origin),
        logarithm(curves),
        breakdowns(curves, best.mu.value if best.mu else 1.0),
        frozen,
        rise(curves),
    )


def _window(window: tuple[float, float]) -> list[float | None]:
    return [window[0], None if np.isinf(window[1]) else window[1]]
