"""Sweeps over widths whose w_c and law of slowing down are known, as flows give them: nothing but seeds, 3 % apart.

`python -m tests.core.physics.synthetic_sweeps [CASES]` counts how often the intervals of w_c hold it. CASES is 200
where nothing is said.
"""

from __future__ import annotations

import sys

import numpy as np

from glassy_core.physics.critical_width.censored_parabola import Rates, artificial_sweeps, fit_parabolas
from glassy_core.physics.critical_width.power_of_width import fit_power_of_width
from glassy_core.physics.critical_width.root_intervals import root_interval

W_C = 20.0
WIDTHS = np.round(np.linspace(14, 50, 8))
PARABOLA = "parabola"  # c x + q x^2, of which q x is three tenths of c at the widest
LAWS = (PARABOLA, 0.7, 1.0, 1.2, 1.5, 2.0)  # z of a power


def made(law, case, seeds=2, noise=0.03):
    """Rates by a law, those below a 25th of the largest censored, and the generator to go on with."""
    rng = np.random.default_rng([case, 0 if law == PARABOLA else round(10 * law)])
    width = np.repeat(WIDTHS, seeds)
    x = np.maximum(width - W_C, 0) / 30
    rate = x + 0.3 * x**2 if law == PARABOLA else x**law
    rate = 0.03 * rate * np.exp(noise * rng.normal(size=len(width)))
    bound = np.full(len(width), 0.04 * rate.max())
    return Rates.of(width, np.where(rate < bound, 0.0, rate), bound, rate < bound), rng


def by_both_laws(data, rng, copies=100):
    """The interval of w_c with the choice of law, the parabola's own, and the power law."""
    fits = fit_parabolas(data)
    which = np.unique(data.width, return_inverse=True)[1]
    own, shared = rng.normal(size=(copies, len(data.width))), rng.normal(size=(copies, which.max() + 1))[:, which]
    sweeps = artificial_sweeps(data, fits, shared, own, rng)
    alone = root_interval(data, fits, sweeps)
    power = fit_power_of_width(data, fits, 2 * copies, rng)
    return power.interval_with(fits[0].roots(sweeps), *alone), alone, power


def main(cases):
    """A table in markdown, for one seed a width and for three."""
    print("| law | seeds | w_c held | by the parabola alone | z held | called a power |")
    print("|---|---|---|---|---|---|")
    for seeds in (1, 3):
        for law in LAWS:
            rows = []
            for case in range(cases):
                both, alone, power = by_both_laws(*made(law, case, seeds), copies=200)
                z_held = law == PARABOLA or power.z.low - 1e-9 <= law <= power.z.high + 1e-9
                rows.append([both[0] <= W_C <= both[1], alone[0] <= W_C <= alone[1], z_held, power.better])
            shares = [f"{share:.1%}" for share in np.mean(rows, axis=0)]
            shares[2] = "" if law == PARABOLA else shares[2]
            name = law if law == PARABOLA else f"z = {law:g}"
            print(f"| {name} | {seeds} | {' | '.join(shares)} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
