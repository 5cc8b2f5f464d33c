"""Deep against wide: where a deeper network needs fewer units, or fewer parameters, to be able to learn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from glassy_core.physics.critical_width.criticality import Criticality
from glassy_core.physics.estimate import Estimate


@dataclass(frozen=True)
class DepthComparison:
    """Thresholds NLL*, ascending, at which all depths have a w_c, and those at which w_c falls with depth.

    narrower: by its value; apart: with intervals that do not overlap. fewer, fewer_apart: the same of the parameters.
    """

    shared: tuple[float, ...] = ()
    narrower: tuple[float, ...] = ()
    apart: tuple[float, ...] = ()
    fewer: tuple[float, ...] = ()
    fewer_apart: tuple[float, ...] = ()


def compare(found: Criticality) -> DepthComparison:
    """How w_c and the parameters there change from every depth to the next deeper one; nothing for one depth."""
    results = [found.depths[depth] for depth in sorted(found.depths)]
    if len(results) < 2:
        return DepthComparison()
    shared = [t for t in sorted(results[0].thresholds) if all(result.thresholds[t].w_c for result in results)]
    widths = {t: [w for result in results if (w := result.thresholds[t].w_c)] for t in shared}
    counts = {t: [n for result in results if (n := result.thresholds[t].parameters)] for t in shared}
    return DepthComparison(
        tuple(shared),
        tuple(t for t in shared if _falls(widths[t])),
        tuple(t for t in shared if _falls(widths[t], apart=True)),
        tuple(t for t in shared if _falls(counts[t])),
        tuple(t for t in shared if _falls(counts[t], apart=True)),
    )


def _falls(values: list[Estimate], apart: bool = False) -> bool:
    return all((a.low > b.high) if apart else (a.value > b.value) for a, b in pairwise(values))
