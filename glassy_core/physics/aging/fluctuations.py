"""Fluctuations of the weights after a waiting time, in units of the SGD noise (Hertz & Tyrcha, Eqs. 5-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from glassy_core.arrays import Floats, Integers

AROUND = 1.25  # factor in proper time over which Gamma is averaged, where two times are compared
JOINS = 0.5  # of the longest: how long a seed must have been followed to count in a mean
KINDS = ("J", "M", "K", "W", "h0")  # of weights
SAME = 0.01  # relative distance of waiting times that are one: a learning rate halved early shifts them a little


@dataclass(frozen=True)
class Waiting:
    """What was measured after one waiting time of one run; all arrays (n,), ascending.

    tau_w_step, tau_w: learning steps and proper time at which the reference weights were kept
    step: learning steps since the run began; tau: proper time **since tau_w**, positive
    D: mean square change of all weights; kinds: the same of each kind of weight
    """

    tau_w_step: int
    tau_w: float
    step: Integers
    tau: Floats
    D: Floats
    kinds: dict[str, Floats]


@dataclass(frozen=True)
class SgdNoise:
    """Gamma as it was measured: tau (m,) proper time since the run began, ascending; gamma (m,) positive.

    Between measurements a straight line; before the first and after the last, constant.
    """

    tau: Floats
    gamma: Floats

    @classmethod
    def of(cls, tau: ArrayLike, gamma: ArrayLike) -> SgdNoise:
        """From recorded columns (N,), in which Gamma may be not-a-number where it was not measured.

        ValueError for columns of two lengths, and where Gamma was never measured or is not positive.
        """
        times, values = np.asarray(tau, dtype=np.float64), np.asarray(gamma, dtype=np.float64)
        if times.ndim != 1 or times.shape != values.shape:
            raise ValueError(f"tau has shape {times.shape} and Gamma {values.shape}: give two columns of one length.")
        measured = np.isfinite(values) & np.isfinite(times)
        times, first = np.unique(times[measured], return_index=True)
        values = values[measured][first]
        if len(times) == 0:
            raise ValueError("Gamma was never measured in this run: Delta needs it; lower gamma_every and run again.")
        if np.any(values <= 0):
            raise ValueError(f"Gamma is {values.min():g} at one time: a variance is positive; leave that record out.")
        return cls(times, values)

    def at(self, tau: ArrayLike) -> Floats:
        """Gamma at proper times (...)."""
        return np.interp(np.asarray(tau, dtype=np.float64), self.tau, self.gamma)

    def change(self, tau: float) -> float | None:
        """By what factor Gamma has changed since a proper time, or None where it was not followed for long enough.

        Geometric means within a factor AROUND of that time, and over the last such factor: single ones are noisy.
        """
        early = self.gamma[(self.tau >= tau / AROUND) & (self.tau <= tau * AROUND)]
        late = self.gamma[self.tau >= self.tau[-1] / AROUND]
        if len(early) == 0 or self.tau[-1] < tau * AROUND**2:
            return None
        return float(np.exp(np.mean(np.log(late)) - np.mean(np.log(early))))

    def mean_inverse(self, edges: Floats) -> Floats:
        """The mean of 1/Gamma between neighbours of ascending times (n + 1,): (n,)."""
        inside = (self.tau > edges[0]) & (self.tau < edges[-1])
        nodes = np.union1d(edges, self.tau[inside])
        gamma = self.at(nodes)
        a, b = gamma[:-1], gamma[1:]
        ratio = b / a - 1
        with np.errstate(invalid="ignore", divide="ignore"):
            # of 1/Gamma along a straight line: log(b/a) / (b - a)
            mean = np.where(np.abs(ratio) > 1e-6, np.log1p(ratio) / ratio, 1 - ratio / 2) / a
        integral = np.concatenate([[0.0], np.cumsum(mean * np.diff(nodes))])
        return np.diff(integral[np.searchsorted(nodes, edges)]) / np.diff(edges)


@dataclass(frozen=True)
class Trajectory:
    """One run's aging: its waiting times, by ascending tau_w, and its Gamma."""

    waiting: Sequence[Waiting]
    noise: SgdNoise

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]], tau: ArrayLike, gamma: ArrayLike) -> Trajectory:
        """From the records of aging.jsonl and two columns of metrics.jsonl, tau (N,) and gamma (N,)."""
        return cls(read_waiting(records), SgdNoise.of(tau, gamma))


def read_waiting(records: Iterable[Mapping[str, Any]]) -> list[Waiting]:
    """The waiting times among records of `tau_w_step, step, tau_w, tau, D` and `D_J` .. `D_h0`, by ascending tau_w.

    tau is the proper time since tau_w. A record that comes again replaces the earlier one; one at tau = 0 is left out.
    In a flow there may be several within one step.
    """
    groups: dict[int, dict[tuple[int, float], Mapping[str, Any]]] = {}
    for record in records:
        if record["tau"] > 0:
            groups.setdefault(int(record["tau_w_step"]), {})[int(record["step"]), float(record["tau"])] = record
    return [_waiting(step, [rows[n] for n in sorted(rows)]) for step, rows in sorted(groups.items())]


def _waiting(tau_w_step: int, rows: Sequence[Mapping[str, Any]]) -> Waiting:
    names = {kind: f"D_{kind}" for kind in KINDS}
    kinds = {
        kind: np.array([row[name] for row in rows], dtype=np.float64)
        for kind, name in names.items()
        if all(name in row for row in rows)
    }
    return Waiting(
        tau_w_step,
        float(rows[0]["tau_w"]),
        np.array([row["step"] for row in rows], dtype=np.int64),
        np.array([row["tau"] for row in rows], dtype=np.float64),
        np.array([row["D"] for row in rows], dtype=np.float64),
        kinds,
    )


def delta(waiting: Waiting, noise: SgdNoise, frozen: bool = False, kind: str | None = None) -> Floats:
    """Delta(tau_w, tau_w + tau) at the measured tau, (n,) (Eq. 7): each increment of D over Gamma at that time.

    Between two records D is taken to grow evenly, so that its increment is multiplied by the mean of 1/Gamma there.
    frozen: divide by Gamma(tau_w) throughout, as Baity-Jesi et al. do. kind: of these weights' D alone.
    """
    D = waiting.D if kind is None else waiting.kinds[kind]
    if frozen:
        return D / noise.at(waiting.tau_w)
    edges = waiting.tau_w + np.concatenate([[0.0], waiting.tau])
    return np.cumsum(np.diff(D, prepend=0.0) * noise.mean_inverse(edges))


@dataclass(frozen=True)
class DeltaCurve:
    """Delta after one waiting time: a run's, or the mean of several seeds' with its 95 % band; arrays (n,).

    tau: proper time since tau_w; delta: geometric mean over seeds; low, high: Student's interval of that mean
    (not-a-number where one seed alone is known); seeds: how many.
    """

    tau_w_step: int
    tau_w: float
    tau: Floats
    delta: Floats
    low: Floats
    high: Floats
    seeds: int

    @property
    def x(self) -> Floats:
        """tau / tau_w."""
        return self.tau / self.tau_w


def delta_curves(trajectories: Sequence[Trajectory], frozen: bool = False, kind: str | None = None) -> list[DeltaCurve]:
    """Delta for every waiting time of some seeds of one setting, averaged, by ascending tau_w.

    Waiting times are the same where their proper times are, within SAME: a flow comes there in other steps.

    Only the stretch of tau that all seeds in a mean have reached. A seed joins it once it has been followed for
    JOINS times as long as the longest after this waiting time: one that has just begun would cut the others short.
    Points with Delta <= 0 are left out.
    """
    usable = []
    for trajectory in trajectories:
        for waiting in trajectory.waiting:
            values = delta(waiting, trajectory.noise, frozen, kind)
            positive = np.sum(values > 0)
            if waiting.tau_w > 0 and positive > 1:
                usable.append((waiting, values))
    groups: list[list[tuple[Waiting, Floats]]] = []
    for member in sorted(usable, key=lambda member: member[0].tau_w):
        if not groups or member[0].tau_w > (1 + SAME) * groups[-1][0][0].tau_w:
            groups.append([])
        groups[-1].append(member)
    return [_averaged(_far_enough(members)) for members in groups]


def seed_by_seed(
    trajectories: Sequence[Trajectory], tau_w: float, frozen: bool = False, kind: str | None = None
) -> list[DeltaCurve]:
    """Delta after one waiting time, a curve a seed: each is a measurement of what they have in common."""
    each = [of_waiting_time(delta_curves([one], frozen, kind), tau_w) for one in trajectories]
    return [curve for curves in each for curve in curves]


def _far_enough(members: Sequence[tuple[Waiting, Floats]]) -> list[tuple[Waiting, Floats]]:
    longest = max(waiting.tau[-1] for waiting, _ in members)
    return [member for member in members if member[0].tau[-1] >= JOINS * longest]


def _averaged(members: Sequence[tuple[Waiting, Floats]]) -> DeltaCurve:
    first, n = members[0][0], len(members)
    end = min(float(waiting.tau[-1]) for waiting, _ in members) * (1 + 1e-9)
    start = max(float(waiting.tau[0]) for waiting, _ in members) * (1 - 1e-9)
    tau = first.tau[(first.tau >= start) & (first.tau <= end)]
    logs = np.empty((n, len(tau)))
    for row, (waiting, values) in zip(logs, members, strict=True):
        good = values > 0
        row[:] = np.interp(np.log(tau), np.log(waiting.tau[good]), np.log(values[good]))
        row[~np.interp(tau, waiting.tau, good).astype(bool)] = np.nan
    known = np.all(np.isfinite(logs), axis=0)
    tau, logs = tau[known], logs[:, known]
    mean = logs.mean(axis=0)
    error = np.full(len(tau), np.nan)
    if n > 1:
        error = stdtrit(n - 1, 0.975) * logs.std(axis=0, ddof=1) / np.sqrt(n)
    tau_w = float(np.mean([waiting.tau_w for waiting, _ in members]))
    low, high = np.exp(mean - error), np.exp(mean + error)
    return DeltaCurve(first.tau_w_step, tau_w, tau, np.exp(mean), low, high, n)


def of_waiting_time(curves: Sequence[DeltaCurve], tau_w: float) -> list[DeltaCurve]:
    """The curve of that waiting time, in proper time; none where none is within SAME of it."""
    return [curve for curve in curves if abs(curve.tau_w / tau_w - 1) < SAME]
