"""Aging of processes that can be solved exactly, with the noise of N weights: what the collapse says of each.

`python -m tests.core.physics.synthetic_aging [CASES]` counts, for each process, how often the interval of mu holds the
true one, is refused, and how often full aging is said. CASES is 100 where nothing is said.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from glassy_core.paper.aging import full_aging
from glassy_core.physics.aging.aging import aging
from tests.core.physics.gaussian import TAU_W, Gaussian, fractional, fully_aging, trajectory

N = 300  # weights, or so many independent ones of a network's


def spherical(a, b):
    """The spherical model with p = 2 after a quench to T = 0: C = (2 sqrt(ab) / (a + b))^(3/2), in full aging."""
    return (2 * np.sqrt(a * b) / (a + b)) ** 1.5


def trap(a, b):
    """The trap model at half the glass temperature: C = (2 / pi) arcsin(sqrt(a / b)), in full aging."""
    return 2 / np.pi * np.arcsin(np.sqrt(np.minimum(a, b) / np.maximum(a, b)))


def sub_aging(a, b, mu=0.8):
    """A function of h(a) / h(b) with h = exp(t^(1 - mu) / (1 - mu)): tau / tau_w^mu for tau well below tau_w."""
    return np.exp(-(np.abs(a ** (1 - mu) - b ** (1 - mu)) ** 0.7))


def with_noise(D, rng):
    """A trajectory with a given D, whose waiting times each have noise as N weights would give it."""
    grid = np.log(np.geomspace(0.1, 1e4, 60))
    spread = np.sqrt(2 / N)
    noises = {}
    for t in TAU_W:
        walk = np.zeros(len(grid))
        for k in range(len(grid)):
            walk[k] = 0.9 * walk[k - 1] * (k > 0) + np.sqrt(1 - 0.81 * (k > 0)) * rng.normal()
        noises[t] = spread * walk
    return trajectory(lambda t, tau: D(t, tau) * np.exp(np.interp(np.log(tau), grid, noises[t])))


@dataclass(frozen=True)
class Process:
    """One kind of aging. mu: the true one, None where there is none; full: whether it is full aging."""

    sample: Callable[[np.random.Generator], object]
    mu: float | None
    full: bool


def _gaussian(covariance):
    process = Gaussian(covariance)
    return lambda rng: process.sample(rng, N)


def processes() -> dict[str, Process]:
    """Those with an exact answer: three in full aging, and five that are not."""
    rise = lambda x: np.log1p((x / 2) ** 0.7)  # noqa: E731
    return {
        "spherical p = 2, T = 0": Process(_gaussian(spherical), 1.0, True),
        "trap model": Process(_gaussian(trap), 1.0, True),
        "self-similar": Process(_gaussian(fully_aging(0.35)), 1.0, True),
        "f(tau / tau_w^0.8)": Process(lambda rng: with_noise(lambda t, tau: rise(tau / t**0.8), rng), 0.8, False),
        "h(t) sub-aging": Process(_gaussian(sub_aging), 0.8, False),
        "amplitude tau_w^0.15": Process(
            lambda rng: with_noise(lambda t, tau: t**0.15 * rise(tau / t), rng), None, False
        ),
        "no aging": Process(_gaussian(fractional(0.35)), 0.0, False),
        "drift by log(t)": Process(
            lambda rng: with_noise(lambda t, tau: np.log((1 + t + tau) / (1 + t)) ** 2, rng), None, False
        ),
    }


def count(process: Process, cases: int) -> Counter[str]:
    """How often mu is held, refused, and called full aging."""
    out: Counter[str] = Counter()
    for case in range(cases):
        ours = aging([process.sample(np.random.default_rng(case))])
        found = ours.collapse
        if found.mu is None:
            out["refused"] += 1
            continue
        out["held"] += process.mu is not None and found.mu.low <= process.mu <= found.mu.high
        out["full"] += full_aging(found.mu, ours.drifts) == ("agrees", "")
    return out


if __name__ == "__main__":
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(f"{'process':24} {'mu held':>8} {'refused':>8} {'full':>8}")
    for name, process in processes().items():
        found = count(process, cases)
        held = "-" if process.mu is None else f"{found['held'] / cases:.0%}"
        print(f"{name:24} {held:>8} {found['refused'] / cases:8.0%} {found['full'] / cases:8.0%}", flush=True)
