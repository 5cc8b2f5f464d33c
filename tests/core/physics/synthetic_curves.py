"""Learning curves whose law is known, by family: real power laws, and what has been taken for one.

`python -m tests.core.physics.synthetic_curves [CASES]` counts, for each family, how many fits are called reliable and
how often the intervals of those, and of all, hold the truth. CASES is 200 where nothing is said.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from glassy_core.physics.learning_curves.conditions import Conditions
from glassy_core.physics.learning_curves.eta_changes import levelled
from glassy_core.physics.learning_curves.power_law import fit_power_law

SPAN = 2.0, 1000.0  # tau of the first and the last record
LEVELS = (0.01, 0.02, 0.03)  # relative noise
CORRELATIONS = (0.0, 0.3, 0.6)


@dataclass(frozen=True)
class Made:
    """One curve, tau and NLL (N,), and what it was made of; floor and exponent are None for what is no power law."""

    tau: np.ndarray
    nll: np.ndarray
    floor: float | None = None
    exponent: float | None = None
    eta: np.ndarray | None = None


Clean = Callable[[np.random.Generator, np.ndarray], tuple[np.ndarray, float | None, float | None]]


def power(rng, tau):
    c, a, A = rng.uniform(0, 0.15), rng.uniform(0.3, 1.6), rng.uniform(0.3, 2)
    return c + A * tau**-a, c, a


def pure_power(rng, tau):
    a = rng.uniform(0.3, 1.6)
    return rng.uniform(0.3, 2) * tau**-a, 0.0, a


def logarithm(rng, tau):
    return rng.choice([0, 0.02, 0.05]) + 0.3 / np.log(tau * rng.uniform(1, 2)), None, None


def stretched(beta, time):
    def clean(rng, tau):
        T = time * np.exp(rng.uniform(-1, 1))
        return rng.choice([0, 0.02, 0.05]) + rng.uniform(0.5, 1) * np.exp(-((tau / T) ** beta)), None, None

    return clean


def drifting(rng, tau):
    """An exponent that grows or falls by 0.2 to 0.5 over the window, evenly in log tau."""
    a, change = rng.uniform(0.4, 1.2), rng.uniform(0.2, 0.5) * rng.choice([-1, 1])
    x = np.log(tau / tau[0])
    return rng.uniform(0.2, 0.6) * np.exp(-(a - change / 2) * x - change * x**2 / x[-1] / 2), None, None


def drifting_to_a_floor(rng, tau):
    nll, *_ = drifting(rng, tau)
    return rng.uniform(0.01, 0.05) + nll, None, None


def corrected(rng, tau):
    c, a, b = rng.uniform(0, 0.1), rng.uniform(0.4, 1.4), rng.uniform(0.3, 1)
    size = rng.uniform(0.3, 1.5) * rng.choice([-0.6, 1])
    return c + rng.uniform(0.3, 1) * tau**-a * (1 + size * (tau / tau[0]) ** -b), c, a


FAMILIES: dict[str, Clean] = {
    "power law": power,
    "pure power law": pure_power,
    "logarithm": logarithm,
    "stretched exponential, 0.3": stretched(0.3, 5.0),
    "stretched exponential, 0.5": stretched(0.5, 30.0),
    "drifting exponent": drifting,
    "drifting exponent and floor": drifting_to_a_floor,
    "one correction": corrected,
    "eta halved twice": power,
}


def noise(rng, n, sigma, correlation):
    """Relative noise of SGD: a first-order autoregression of standard deviation sigma around 1."""
    steps = rng.normal(size=n + 200) * np.sqrt(1 - correlation**2)
    return 1 + sigma * lfilter([1], [1, -correlation], steps)[200:]


def made(family, seed, noise_free=False):
    """The curve of one family and seed, with the noise of minibatches or, as a flow gives it, without."""
    rng = np.random.default_rng([sorted(FAMILIES).index(family), seed])
    if noise_free:
        tau = np.geomspace(*SPAN, 60)
        nll, floor, a = FAMILIES[family](rng, tau)
        return Made(tau, nll, floor, a)
    sigma, correlation = rng.choice(LEVELS), rng.choice(CORRELATIONS)
    if family == "eta halved twice":
        return halved(rng, sigma, correlation)
    tau = (np.geomspace, np.linspace)[seed % 2](*SPAN, (300, 1000)[seed % 2])
    nll, floor, a = FAMILIES[family](rng, tau)
    return Made(tau, nll * noise(rng, len(tau), sigma, correlation), floor, a)


def halved(rng, sigma, correlation):
    """A power law recorded by the step, whose eta was halved at about a twentieth and a fifth of the way.

    With eta go the noise's standard deviation and what the noise adds to the loss, twice as large. The floor is that
    of the last eta.
    """
    n = 2000
    at = np.array([0.05, 0.2]) * np.exp(rng.uniform(-0.7, 0.7, 2))
    eta = 0.5 ** np.searchsorted(at * n, np.arange(n), side="right")
    tau = SPAN[0] + (SPAN[1] - SPAN[0]) * np.cumsum(eta) / eta.sum()
    nll, floor, a = power(rng, tau)
    added = 2 * sigma * eta
    return Made(tau, nll * (1 + added + eta * (noise(rng, n, sigma, correlation) - 1)), floor * (1 + added[-1]), a, eta)


def fitted(curve, noise_free=False, window=SPAN):
    """The fit of one of these curves, as a run's is made; window: None for the default one."""
    nll = curve.nll if curve.eta is None else levelled(curve.tau, curve.nll, curve.eta)
    return fit_power_law(curve.tau, nll, window, Conditions(noise_free=noise_free))


@dataclass(frozen=True)
class Count:
    """Of the fits of one family: the share called reliable, and how often intervals held the truth (NaN: none is)."""

    reliable: float
    exponent: float  # of reliable fits
    floor: float
    exponent_of_all: float
    floor_of_all: float


def count(family, cases, noise_free=False, window=SPAN):
    """The Count of so many curves of a family."""
    rows = []
    for seed in range(cases):
        curve = made(family, seed, noise_free)
        fit = fitted(curve, noise_free, window)
        rows.append([fit.reliable, _held(fit.exponent, curve.exponent), _held(fit.nll_inf, curve.floor)])
    rows = np.array(rows, dtype=float)
    reliable = rows[rows[:, 0] == 1]
    shares = [part[:, column].mean() if len(part) else np.nan for part in (reliable, rows) for column in (1, 2)]
    return Count(rows[:, 0].mean(), *shares)


def _held(estimate, truth):
    rounding = 1e-6
    return np.nan if truth is None else estimate.low - rounding <= truth <= estimate.high + rounding


def main(cases):
    """A table in markdown of all families, with the noise of minibatches and without, in both kinds of window."""
    print("| curves | window | family | reliable | exponent held | NLL_inf held | of all: exponent | NLL_inf |")
    print("|---|---|---|---|---|---|---|---|")
    for noise_free in (False, True):
        for window in (SPAN, None):
            for family in FAMILIES:
                if noise_free and "eta" in family:
                    continue
                shares = vars(count(family, cases, noise_free, window)).values()
                words = " | ".join("" if np.isnan(share) else f"{share:.1%}" for share in shares)
                kind, chosen = "flow" if noise_free else "noisy", "whole" if window else "default"
                print(f"| {kind} | {chosen} | {family} | {words} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
