"""How much a network holds at the learnability transition: its free parameters at w_c beside what it has to learn.

The paper gives the parameters at w_c for one task (Sec. IV); this puts those of tasks of any size on one scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from glassy_core.network.equations import parameter_count
from glassy_core.physics.critical_width.criticality import Criticality
from glassy_core.physics.estimate import Estimate

RANDOM = 0.5  # parameters a bit of a perceptron that learns unrelated patterns (Gardner 1988: two bits a weight)


@dataclass(frozen=True)
class Load:
    """What a network has to learn. transitions: from chord to chord; bits: of one of them, each pitch by itself."""

    chorales: int
    transitions: int
    bits: float


@dataclass(frozen=True)
class Capacity:
    """The parameters of networks of one depth that just can learn a load, at one threshold (bits)."""

    load: Load
    depth: int
    threshold: float
    w_c: Estimate

    @property
    def parameters(self) -> Estimate:
        """All of a network of width w_c."""
        return self.w_c.through(lambda w: parameter_count(self.depth, w))

    @property
    def a_transition(self) -> Estimate:
        """All parameters for each transition."""
        return self.parameters.through(lambda n: n / self.load.transitions)

    @property
    def a_bit(self) -> Estimate:
        """All parameters for each bit."""
        return self.parameters.through(lambda n: n / (self.load.transitions * self.load.bits))

    @property
    def hidden(self) -> Estimate:
        """Parameters of the hidden units for each transition: all but W and h0, which every width has."""
        visible = parameter_count(self.depth, 0)
        return self.parameters.through(lambda n: (n - visible) / self.load.transitions)

    def to_json(self) -> dict[str, Any]:
        """What `capacity --json` has of it."""
        numbers = {name: getattr(self, name).to_json() for name in ("w_c", "parameters", *PER)}
        load = {"chorales": self.load.chorales, "transitions": self.load.transitions, "bits": self.load.bits}
        return load | {"depth": self.depth, "threshold": self.threshold} | numbers


PER = {  # the names of what can be counted, in words
    "a_transition": "parameters a transition",
    "hidden": "parameters of the hidden units a transition",
    "a_bit": "parameters a bit",
}


def capacities(loads: Iterable[tuple[Load, Criticality]], threshold: float) -> Iterator[Capacity]:
    """Those of all loads and depths that have a w_c at the threshold, small loads first."""
    for load, found in sorted(loads, key=lambda pair: pair[0].transitions):
        for depth, result in found.depths.items():
            at = result.thresholds.get(threshold)
            if at and at.w_c:
                yield Capacity(load, depth, threshold, at.w_c)
