"""Numbers of the paper (Hertz & Tyrcha 2024) to stand beside ours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from glassy_core.paper.task import is_papers
from glassy_core.settings import RunConfig

PLAUSIBLE_NLL = 0.01  # bits; below it the networks make plausible music (accuracy about 99.9 %)
PAPER_THRESHOLD = 0.01  # NLL* in bits of the critical widths that the paper gives in numbers (Sec. IV)
PAPER_W_C = {1: 110.21, 2: 64.192, 5: 35.735}  # by depth
EXPONENT_RANGE = (0.02, 0.1)  # NLL in bits in which it sees pure power laws (Sec. III)
PAPER_PARAMETERS = {1: 20890, 2: 18080, 5: 15040}
AGING = ((2, 30), (2, 68), (2, 90))  # (d, w) of the aging runs of Figs. 7 and 8
FIRST_TAU_W, _LAST_TAU_W = 80.0, 1280.0  # of those runs
FOLLOWED = 3.0  # waiting times that each waiting time was followed for, or more
LONGEST = (1 + FOLLOWED) * _LAST_TAU_W  # tau at which those runs end
PRESET_OF = {(2, 30): "paper-d2-under", (2, 68): "paper-d2-near", (2, 90): "paper-d2-over"}  # (d, w) -> preset
PRESET_OF |= {(1, 200): "paper-d1", (5, 70): "paper-d5"}
PAPER_ALPHA = (0.7, 0.1)  # short-time exponent of Delta and its spread, the same at all widths (Sec. V)
PAPER_EXPONENT = 0.66  # of Delta against x - PAPER_ORIGIN, x in 1..6, d = 2, w = 30, tau_w = 80 (Fig. 9)
PAPER_ORIGIN = 0.6  # x at which the paper lets the aging regime begin


@dataclass(frozen=True)
class PaperCurve:
    """The paper's description NLL(tau) = nll_inf + A tau^-exponent of one network's curve (Figs. 2, 3).

    nll_inf: bits, 0 where the paper fits a pure power law. range: the NLLs, in bits, that it was fitted on.
    """

    exponent: float
    nll_inf: float = 0.0
    uncertainty: float | None = None  # of the exponent
    range: tuple[float, float] | None = None


CURVES: dict[tuple[int, int], PaperCurve] = {  # (d, w)
    (2, 30): PaperCurve(0.52, 0.1265),
    (2, 68): PaperCurve(0.83, 0.002),
    (2, 90): PaperCurve(1.16, 0.0035),
    (1, 200): PaperCurve(1.04, uncertainty=0.01, range=EXPONENT_RANGE),
    (5, 70): PaperCurve(1.57, uncertainty=0.02, range=EXPONENT_RANGE),
}


def paper_curve(config: RunConfig) -> PaperCurve | None:
    """Description in the paper of this very network, data and rule of learning, or None."""
    return CURVES.get((config.depth, config.width)) if is_papers(config, "learning curves") else None


def paper_widths(configs: Iterable[RunConfig]) -> dict[int, float]:
    """The paper's w_c by depth (NLL* = PAPER_THRESHOLD), of those depths whose runs may all stand beside it."""
    by_depth: dict[int, list[RunConfig]] = {}
    for config in configs:
        by_depth.setdefault(config.depth, []).append(config)
    known = {depth: PAPER_W_C[depth] for depth in by_depth if depth in PAPER_W_C}
    return {d: w_c for d, w_c in known.items() if all(is_papers(config, "critical width") for config in by_depth[d])}


def half_digit(value: float) -> float:
    """Half a unit of the last digit of a value as the paper prints it."""
    return 0.5 * 10.0 ** int(Decimal(repr(value)).as_tuple().exponent)
