"""How many evaluations flows have taken: measured, so that the time of another one can be judged by them."""

from __future__ import annotations

from dataclasses import dataclass

from glassy_core.settings import RunConfig


@dataclass(frozen=True)
class FlowCost:
    """Evaluations, from least to most, that flows of some networks took to a proper time tau at the usual tolerance."""

    chorales: int
    depth: int
    widths: tuple[int, ...]
    tau: float
    least: int
    most: int

    def words(self) -> str:
        """Which networks they were."""
        w = f"{self.widths[0]}" + (f" to {self.widths[-1]}" if len(self.widths) > 1 else "")
        return f"d = {self.depth}, w = {w} on {self.chorales} chorales"


# The class world's; the paper's eighty chorales. One seed each.
MEASURED = (
    FlowCost(8, 2, (10, 24, 48), 300, 2_947, 4_860),
    FlowCost(8, 2, (10, 24, 48), 2000, 6_175, 25_562),
    FlowCost(80, 1, (200,), 1315, 3_521, 3_521),
    FlowCost(80, 2, (90,), 1012, 17_000, 21_000),
    FlowCost(80, 5, (70,), 270, 9_629, 9_629),
)


def cost_like(config: RunConfig) -> FlowCost | None:
    """What the flows most like this one took: to the next proper time measured, or to the last; None: none is alike."""
    alike = [cost for cost in MEASURED if (cost.chorales, cost.depth) == (config.chorales, config.depth)]
    alike.sort(key=lambda cost: cost.tau)
    return next((cost for cost in alike if cost.tau >= config.until), alike[-1] if alike else None)
