"""What a change of eta does to a learning curve: its noise, which follows eta, is part of the NLL."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from glassy_core.arrays import Bools, Floats

NEAR = 2.0  # factor of tau, on each side of a change, in which its jump is measured
LEAST = 8  # records on each side
CERTAIN = 1.0  # standard errors: less is nothing
BATCHES = 6  # of consecutive residuals on each side, whose means give the noise's error, correlated as it may be


def levelled(tau: ArrayLike, nll: ArrayLike, eta: ArrayLike) -> Floats:
    """The NLL (N,) as if the last eta had been used all along: what a greater eta's noise added is taken out.

    tau (N,) ascending; eta (N,): from each record on. What is added is taken as proportional to the NLL and to eta, as
    that of small steps is, and known by how log NLL jumps at the changes: against a parabola in log tau through the
    records within a factor NEAR of each. It is taken out as far as it is certain.
    """
    tau, nll, eta = (np.asarray(column, dtype=np.float64) for column in (tau, nll, eta))
    good = (tau > 0) & (nll > 0) & np.isfinite(nll)
    at = [i for i in 1 + np.flatnonzero(np.abs(np.diff(eta)) > 0) if tau[i] > 0]
    if not at or not eta[-1] > 0:
        return nll
    bounds = [0.0, *(float(tau[i]) for i in at), np.inf]
    jumps = []
    for i, (before, change, after) in zip(at, zip(bounds, bounds[1:], bounds[2:], strict=False), strict=True):
        near = good & (tau > max(before, change / NEAR)) & (tau <= min(after, change * NEAR))
        later = tau[near] > change
        if min(later.sum(), (~later).sum()) >= LEAST:
            jumps.append((float(eta[i] - eta[i - 1]), *_jump(np.log(tau[near]), np.log(nll[near]), later)))
    if not jumps:
        return nll
    change, jump, error = np.array(jumps).T
    known = float(np.sum((change / error) ** 2))
    slope = float(np.sum(change * jump / error**2)) / known
    slope *= max(0.0, 1 - CERTAIN**2 / (slope**2 * known)) if slope > 0 else 0.0
    return np.asarray(nll * np.exp(slope * (eta[-1] - np.concatenate([eta[:1], eta[:-1]]))))


def _jump(x: Floats, y: Floats, later: Bools) -> tuple[float, float]:
    """By how much y (n,) jumps between the earlier and the later ones, and its standard error."""
    X = np.stack([later.astype(float), np.ones_like(x), x - x.mean(), (x - x.mean()) ** 2], axis=1)
    sd = np.ones(len(x))
    for _ in range(2):  # before a change the noise is greater: each side counts by its own
        beta, *_ = np.linalg.lstsq(X / sd[:, None], y / sd, rcond=None)
        left = y - X @ beta
        sd = np.where(later, _error_of_one(left[later]), _error_of_one(left[~later]))
    return float(beta[0]), float(np.sqrt(np.linalg.pinv(X.T @ (X / sd[:, None] ** 2))[0, 0]))


def _error_of_one(residuals: Floats) -> float:
    """The standard deviation that residuals would have, were they independent and their means as uncertain."""
    batches = np.array_split(residuals, BATCHES)
    of_means = np.sqrt(np.mean([batch.mean() ** 2 * len(batch) for batch in batches]))
    return max(float(of_means), float(residuals.std()), 1e-12)
