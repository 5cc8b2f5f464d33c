"""What a fit must know of a curve beside its records: the data's floor, and whether there is noise."""

from __future__ import annotations

from dataclasses import dataclass

from glassy_core.physics.learning_curves.bootstrap import NoiseOf
from glassy_core.physics.learning_curves.curve_noise import Noise, NoNoise
from glassy_core.physics.learning_curves.least_squares import Binned


@dataclass(frozen=True)
class Conditions:
    """How a curve came about.

    floor: the least NLL that is possible with its data, bits; 0 where it is not known
    noise_free: whether it is a flow's: what it differs from a law by is then no noise
    """

    floor: float = 0.0
    noise_free: bool = False

    def noise_of(self, binned: Binned) -> NoiseOf:
        """The noise behind the residuals of a fit of one such curve."""
        if self.noise_free:
            return lambda residuals, parameters: NoNoise(len(residuals))
        return Noise.around(binned)


USUAL = Conditions()
