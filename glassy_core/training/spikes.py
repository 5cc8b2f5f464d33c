"""Chaotic spikes in a recorded NLL curve, and when to halve eta because of them (Hertz & Tyrcha, Appendix B).

The paper's authors watched for "chaotic spiky fluctuations" and lowered eta by a factor of 2 when they started.
Here the same judgement is a rule on recorded values, the same for a finished curve and for a run under way:

- base: the median of the last WINDOW values of log NLL; spread: how far their 16th percentile lies below it.
  Spikes point upwards, so the lower side measures the ordinary SGD noise even while there are spikes.
- A spike begins at a value above base by log 2 and by SPREADS spreads, whichever is more (by log CAP at most).
  It is over once a value lies less than half as far above the base. A rise that stays up is one spike at most.
- Halve eta at the REPEATS-th spike among the last HORIZON values. The COOLDOWN values after it count for nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

WINDOW = 64  # values behind base and spread; nothing is judged before there are so many
_FACTOR = 2.0  # the least rise called a spike
SPREADS = 5.0  # the rise in spreads of the ordinary noise
CAP = 8.0  # the rise that is a spike whatever the noise
REPEATS = 3  # so many spikes ...
HORIZON = 256  # ... among so many values ask for a smaller eta
COOLDOWN = 64  # values ignored after a halving: the window has left the old eta behind

_MEDIAN_RANK = WINDOW // 2
_LOW_RANK = round(0.16 * WINDOW)
_LOWEST, _HIGHEST = -700.0, 700.0  # bounds of log NLL: 0 and not-a-number stay numbers


class SpikeRule:
    """Rule that says, value by value of the NLL, when to halve eta.

    Feed it one NLL a recording: the value there, or the largest since the last recording, but always
    the same of the two. Its state is plain JSON; two rules of one state behave alike for ever.
    """

    def __init__(self) -> None:
        self._recent: deque[float] = deque()  # the last WINDOW values of log NLL, in time ...
        self._sorted: list[float] = []  # ... and by size
        self._count = 0  # values seen
        self._rest_until = 0  # spikes that begin before this count are ignored
        self._inside = False  # a spike has begun and is not over
        self._spikes: list[int] = []  # counts at which the last spikes began

    def update(self, nll: float) -> bool:
        """Take the next recorded NLL (bits; not-a-number counts as a spike); True: halve eta now."""
        value, n = float(_log(nll)), self._count
        self._count += 1
        halve = False
        if len(self._sorted) == WINDOW:
            base = self._sorted[_MEDIAN_RANK]
            rise = float(_rise(base, self._sorted[_LOW_RANK]))
            if not self._inside and value > base + rise:
                self._inside = True
                halve = self._spike(n)
            elif self._inside and value < base + rise / 2:
                self._inside = False
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]
        self._recent.append(value)
        insort(self._sorted, value)
        return halve

    def rest(self) -> None:
        """Start the cooldown: eta was lowered, by this rule or by hand."""
        self._rest_until = self._count + COOLDOWN
        self._spikes = []

    def _spike(self, n: int) -> bool:
        if n < self._rest_until:
            return False
        self._spikes = [m for m in self._spikes if m > n - HORIZON] + [n]
        if len(self._spikes) < REPEATS:
            return False
        self.rest()
        return True

    def state(self) -> dict[str, Any]:
        """Everything the rule remembers, as plain JSON values."""
        return {
            "log_nll": list(self._recent),
            "count": self._count,
            "rest_until": self._rest_until,
            "inside": self._inside,
            "spikes": list(self._spikes),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> SpikeRule:
        """The rule that `state` describes; raises ValueError for anything else."""
        rule = cls()
        try:
            rule._recent = deque(float(value) for value in state["log_nll"])
            rule._count, rule._rest_until = int(state["count"]), int(state["rest_until"])
            rule._inside, rule._spikes = bool(state["inside"]), [int(n) for n in state["spikes"]]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"This is not the state of a spike rule ({error!r}): start a new rule.") from error
        if len(rule._recent) != min(rule._count, WINDOW):
            raise ValueError(
                f"The spike rule's state holds {len(rule._recent)} values, not {WINDOW}: start a new rule."
            )
        rule._sorted = sorted(rule._recent)
        return rule


@dataclass(frozen=True)
class Spikes:
    """The spikes of one recorded curve of N values.

    starts:  (spikes,) index at which each spike begins, ascending
    peaks:   (spikes,) index of each spike's highest value
    suggest: whether to halve eta now: REPEATS spikes among the last HORIZON values, since eta was last lowered
    """

    starts: NDArray[np.int64]
    peaks: NDArray[np.int64]
    suggest: bool

    @property
    def sentence(self) -> str:
        """One sentence for the reader: how many spikes there are, whether to halve eta."""
        n = len(self.peaks)
        if self.suggest:
            return f"Chaotic spikes: {REPEATS} or more in the last {HORIZON} recordings. Halve eta, as the paper did."
        if n:
            return f"{n} spike{'s' if n > 1 else ''} so far; lately too few of them to ask for a smaller eta."
        return "No spikes: the fluctuations are those of SGD."


def find_spikes(nll: ArrayLike, eta: ArrayLike | None = None) -> Spikes:
    """The spikes of recorded NLL values, (N,), by the rule above; 10^6 values take a fraction of a second.

    eta: (N,) the learning rate at each value; spikes from before it was last lowered suggest nothing.
    """
    from scipy.ndimage import rank_filter  # late: a training process has no need of it

    log_nll = _log(np.asarray(nll, dtype=np.float64))
    N, half = len(log_nll), WINDOW // 2
    if N <= WINDOW:
        return Spikes(np.array([], dtype=np.int64), np.array([], dtype=np.int64), False)
    # rank_filter's window is centred: the WINDOW values before n are the window of n - WINDOW / 2.
    base, low = (rank_filter(log_nll, rank, size=WINDOW)[half : N - half] for rank in (_MEDIAN_RANK, _LOW_RANK))
    rise, value = _rise(base, low), log_nll[WINDOW:]
    above = value > base + rise
    turns = np.flatnonzero(above | (value < base + rise / 2))
    changes = WINDOW + turns[np.flatnonzero(np.diff(above[turns], prepend=False))]  # begins, is over, begins ...
    starts = changes[::2]
    ends = np.append(changes[1::2], N)[: len(starts)]
    peaks = [a + int(np.argmax(log_nll[a:b])) for a, b in zip(starts, ends, strict=True)]
    since = N - HORIZON
    if eta is not None:
        lowered = 1 + np.flatnonzero(np.diff(np.asarray(eta, dtype=np.float64)) < 0)
        since = max([since, *(lowered[-1:] + COOLDOWN)])
    return Spikes(starts, np.array(peaks, dtype=np.int64), bool(np.sum(starts >= since) >= REPEATS))


def _rise(base: Any, low: Any) -> Any:
    """How far above its base log NLL must be to be called a spike; elementwise."""
    return np.clip(SPREADS * (base - low), math.log(_FACTOR), math.log(CAP))


def _log(nll: Any) -> Any:
    """log NLL within _LOWEST.._HIGHEST, not-a-number as _HIGHEST; elementwise."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(np.nan_to_num(np.log(nll), nan=_HIGHEST), _LOWEST, _HIGHEST)
