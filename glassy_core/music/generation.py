"""The closed loop: the network's output fed back as its input, until it sings; and where that leads.

After k teacher-forced chords every chord is the network's own:
    S0(t+1) = decode(H(t)),  H(t) from Eqs. 1-3 with the input S(t) = scaled S0(t).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import N_PITCHES, Chorale, Scaling, decode, encode
from glassy_core.music.decoding import DecodingConfig, choose
from glassy_core.network.equations import Weights, depth_and_width
from glassy_core.settings import ConfigError

MAX_LENGTH = 512  # chords in one piece
CYCLE_HORIZON = 2048  # chords after the prime within which a cycle is looked for
CYCLE_CHECK_EVERY = 256
STATE_TOLERANCE = 1e-9  # of a hidden unit; states nearer than this to their limit count as there
ROUNDING = 1e-13  # differences that arithmetic alone makes
MIN_REPEATS = 2  # whole periods that must have been seen again
MIN_REPEATED = 32  # and at least so many chords
MAX_MULTIPLE = 64  # of the chords' period that the state's is looked for


class ClosedLoop:
    """One network and B copies of its hidden state, each with an input of its own.

    hidden: (d, B, w), zero before a chorale's first chord
    """

    def __init__(self, weights: Weights, scaling: Scaling, batch: int) -> None:
        self.depth, width = depth_and_width(weights)
        self.weights, self.scaling = weights, scaling
        self.hidden = np.zeros((self.depth, batch, width))

    def step(self, S0: NDArray[np.int8]) -> NDArray[np.float64]:
        """Fields H, (B, N_v), of the chords that follow S0, (B, N_v); the hidden state moves on."""
        below = S = self.scaling(S0)
        for l in range(self.depth):
            J, M = self.weights[f"J.{l}"], self.weights[f"M.{l}"]
            below = self.hidden[l] = np.tanh(below @ J.T + self.hidden[l] @ M.T)
        return below @ self.weights["K"].T + S @ self.weights["W"].T + self.weights["h0"]


@dataclass(frozen=True)
class Generated:
    """B pieces of T chords.

    S0: (B, T, N_v) int8; the first chords of each piece are its prime
    H:  (B, T, N_v) float64; H[:, t] is the field that chord t was read off, or for a primed chord what
        the network would have said; not a number at t = 0, which nothing foretells
    """

    S0: NDArray[np.int8]
    H: NDArray[np.float64]

    def chorales(self) -> tuple[Chorale, ...]:
        """The pieces as chords of MIDI pitches."""
        return tuple(decode(piece) for piece in self.S0)


def generate(
    weights: Weights, scaling: Scaling, primes: Sequence[Chorale], length: int, decoding: DecodingConfig
) -> Generated:
    """Pieces of `length` chords, prime included, one a prime, all in one batch.

    Primes may differ in length. Piece b draws from stream b of the seed alone. Raises ConfigError for a
    prime without chords, or a length that is unusable.
    """
    _check_primes(primes, length)
    B = len(primes)
    primed = np.array([len(prime) for prime in primes])
    S0 = np.full((B, length, N_PITCHES), -1, dtype=np.int8)
    for b, prime in enumerate(primes):
        S0[b, : len(prime)] = encode(prime)
    H = np.full((B, length, N_PITCHES), np.nan)
    loop, generators = ClosedLoop(weights, scaling, B), decoding.generators(B)
    for t in range(1, length):
        H[:, t] = loop.step(S0[:, t - 1])
        free = primed <= t  # pieces whose prime is over
        if free.any():
            S0[free, t] = choose(H[free, t], decoding, [generators[b] for b in np.flatnonzero(free)])
    return Generated(S0, H)


def _check_primes(primes: Sequence[Chorale], length: int) -> None:
    """ConfigError unless every prime has a chord and length leaves room for one of the network's own."""
    longest = max((len(prime) for prime in primes), default=0)
    if not primes or min(len(prime) for prime in primes) == 0:
        raise ConfigError("There is no chord to begin with: prime with at least one.")
    if isinstance(length, bool) or not isinstance(length, int) or not longest < length <= MAX_LENGTH:
        raise ConfigError(
            f"The length is {length!r} chords, the prime included: it must be a whole number "
            f"from {longest + 1} to {MAX_LENGTH}."
        )


@dataclass(frozen=True)
class Cycle:
    """Where deterministic dynamics end.

    start:        first chord of the cycle, counted from the piece's first chord
    period:       chords after which the chords repeat; 1 is a fixed point
    state_period: chords after which the whole state repeats, a multiple of period; None where the hidden
                  state has not closed: the chords repeat, but what drives them still moves
    gap:          largest difference of a hidden unit to state_period (or period) chords earlier
    chords:       the chords of one period, from start on
    """

    start: int
    period: int
    state_period: int | None
    gap: float
    chords: Chorale

    @property
    def is_fixed_point(self) -> bool:
        """Whether it is a single chord."""
        return self.period == 1

    @property
    def is_silent(self) -> bool:
        """Whether none of its chords sounds."""
        return not any(self.chords)


def find_cycle(
    weights: Weights, scaling: Scaling, prime: Chorale, decoding: DecodingConfig, horizon: int = CYCLE_HORIZON
) -> Cycle | None:
    """The cycle that deterministic dynamics reach within `horizon` chords after the prime, if any.

    The state that decides everything to come is the hidden state and the chord about to be fed in,
    x(t) = (mu(t-1), S0(t)): equal chords alone may still part. So the rule has two stages.
    The chords repeat when the last ones equal those `period` earlier, over MIN_REPEATS periods and
    MIN_REPEATED chords at least. The state repeats when moreover the hidden units are within
    STATE_TOLERANCE of where they go: tanh units approach a limit without reaching it, so what is left
    of the way is extrapolated from how their differences over whole periods shrink, which tells a
    slow approach from an arrival. state_period is then the least multiple of period after which
    they come back. Chords that repeat with a state that has not arrived by the horizon are reported
    with state_period None. What is drawn has no cycles: ConfigError.
    """
    if not decoding.rule.deterministic:
        raise ConfigError(
            f"Only deterministic dynamics have cycles: {decoding.rule.label} never repeats itself for good."
        )
    _check_primes([prime], len(prime) + 1)
    loop = ClosedLoop(weights, scaling, 1)
    forced = encode(prime)
    chords, states = list(forced), [np.zeros(loop.hidden.size)]  # states[t] is mu(t-1), all layers
    cycle = None
    for t in range(len(prime) + horizon):
        H = loop.step(chords[t][None])
        states.append(loop.hidden.ravel().copy())
        if t + 1 >= len(prime):
            chords.append(choose(H, decoding)[0])
        made = t + 2 - len(prime)  # chords after the prime
        if made > 0 and (made % CYCLE_CHECK_EVERY == 0 or made == horizon):
            # Autonomous from the prime's last chord on: that chord and all before it were given.
            cycle = _cycle_in(np.array(chords), np.array(states), len(prime) - 1)
            if cycle is not None and cycle.state_period is not None:
                return cycle
    return cycle


def _cycle_in(chords: NDArray[np.int8], states: NDArray[np.float64], first: int) -> Cycle | None:
    """The cycle at the end of chords (n, N_v) with states (n, d w), of which those from `first` on are autonomous."""
    ids = np.unique(chords[first:], axis=0, return_inverse=True)[1].ravel()
    repetition = _repetition(ids)
    if repetition is None:
        return None
    start, period = repetition
    hidden, begin = states[first:], first + start
    state_period = _state_period(hidden, period, len(ids) - start)
    return Cycle(
        start=begin,
        period=period,
        state_period=state_period,
        gap=_gap(hidden, state_period or period),
        chords=decode(chords[begin : begin + period]),
    )


def _repetition(ids: NDArray[np.int64]) -> tuple[int, int] | None:
    """(start, period) of what repeats at the end of a sequence, with the least period; None where nothing does."""
    n = len(ids)
    for period in range(1, n // (MIN_REPEATS + 1) + 1):
        differ = np.flatnonzero(ids[period:] != ids[:-period])
        start = int(differ[-1]) + 1 if len(differ) else 0
        if n - period - start >= max(MIN_REPEATS * period, MIN_REPEATED):
            return start, period
    return None


def _state_period(hidden: NDArray[np.float64], period: int, length: int) -> int | None:
    """The least multiple of period after which the state comes back; None while it still moves.

    length: of the last states, over which the chords repeat.
    """
    multiples = range(period, min(length // 3, MAX_MULTIPLE * period) + 1, period)
    if all(_way_left(hidden, multiple) > STATE_TOLERANCE for multiple in multiples):
        return None
    return next((multiple for multiple in multiples if _gap(hidden, multiple) <= 10 * STATE_TOLERANCE), None)


def _gap(hidden: NDArray[np.float64], period: int, before: int = 0) -> float:
    """Largest difference of a hidden unit to `period` chords earlier, over the last period chords, or those before."""
    n = len(hidden) - before
    return float(np.abs(hidden[n - period : n] - hidden[n - 2 * period : n - period]).max())


def _way_left(hidden: NDArray[np.float64], period: int) -> float:
    """How far hidden units will still move if their gap keeps shrinking as it did: a geometric series."""
    now, earlier = _gap(hidden, period), _gap(hidden, period, before=period)
    if now <= ROUNDING:
        return 0.0
    return now * now / (earlier - now) if now < earlier else np.inf
