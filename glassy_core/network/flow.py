"""Learning in continuous proper time: the flow that the steps of the learning rule follow as eta goes to 0.

Its velocity is in `velocity_field`, the steps in `stabilised`. Proper time tau has the unit of eta.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import N_PITCHES, Transitions
from glassy_core.network.equations import Weights
from glassy_core.network.flow_state import FlowError, FlowPoint, FlowSample, FlowState
from glassy_core.network.stabilised import MOST_STAGES, Scheme, Stage, between, scheme, stages_for
from glassy_core.network.stiff_modes import EVALUATIONS, MODES, Modes, length, shift, stiffest
from glassy_core.network.velocity_field import Engine, velocity_field

TOLERANCE = 3e-5  # NLL(tau) to 0.1 % up to tau = 100, tau* to 0.1 %
_MARGIN = 1.2  # bound on the rates until the next estimate of the stiffest modes, over the last one
_EVERY = 150  # evaluations of steps from one estimate to the next
_LAG = 0.1  # of the tolerated energy: what the lag of slowed modes may have of it
_FIRST_STEP = 0.1  # over 1 / sharpness
_SAFETY, _LEAST, _MOST = 0.8, 0.2, 2.0  # of the next step over this one
_HOPELESS = 30.0  # error of a step that left the numbers or the orthogonal matrices
_SHORTEST = 1e-12  # step over tau, or over 1 / sharpness, at which the flow cannot go on

# The vectors of a field. _START: weights at an accepted step. Each _V is the velocity at the vector before it.
_START, _START_V, _EARLY, _EARLY_V, _LATE, _LATE_V, _END, _END_V, _BEFORE, _STAGE_V = range(10)
_RING = 10  # the first of three for stages in turn
_MODES = range(13, 13 + MODES)
_SPARE = range(_MODES.stop, _MODES.stop + 2 * EVALUATIONS + 1)


class Flow:
    """One network's weights as a function of tau, one accepted step at a time.

    tolerance bounds the error e of every step. Two numbers measure e: its length over that of the path from the
    beginning, L, and the loss that it would add as an excitation of stiff modes, over the loss itself:
        (|e| / (tolerance L))^2 + (e . curvature . e / 2) / (tolerance E) <= 1.
    The path is short at first, when the weights leave the saddle at K = W = 0 and errors grow with them. The lag of
    stiff modes that are slowed down, see `stiff_modes`, counts with the second one.
    The same state gives the same steps, bit for bit, with the same engine and number of threads.
    pulse: called after every stage, since a late step of a large network takes half a minute; until it is accepted
    steps and tau are those before it.
    """

    def __init__(
        self,
        start: Weights | FlowState,
        data: Transitions,
        tolerance: float = TOLERANCE,
        threads: int = 1,
        engine: Engine = "compiled",
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        state = start if isinstance(start, FlowState) else FlowState.fresh(start)
        if not (math.isfinite(tolerance) and 0 < tolerance < 1):
            raise FlowError(f"The tolerance is {tolerance!r}: choose one between 0 and 1, {TOLERANCE:g} is usual.")
        self.tolerance, self._pulse = tolerance, pulse
        self.tau, self._path, self._step = state.tau, state.path, state.step
        self._modes, self._D, self._age = Modes(state.curvatures, state.residuals), state.slowed, state.age
        self.evaluations, self.steps, self.rejections = state.evaluations, state.steps, state.rejections
        self._field = velocity_field(engine, state.weights, data, _SPARE.stop, threads)
        self._field.write(_START, state.weights)
        for i, mode in zip(_MODES, state.modes, strict=True):
            self._field.write(i, mode)
        self._field.slow(_MODES, self._D)
        self._loss = self._field.evaluate(_START, (1.0,), (_START,), _START_V, measured=True)
        if not math.isfinite(self._loss):
            raise FlowError(f"The flow cannot start at tau = {self.tau:g}: its weights or their loss are not finite.")
        self._last: tuple[float, Scheme] | None = None  # tau at which the last step began, and how it was made

    @property
    def nll(self) -> float:
        """Bits per pitch and transition at tau."""
        return self._loss / (N_PITCHES * math.log(2))

    @property
    def sharpness(self) -> float:
        """Largest curvature of the loss along the orthogonal matrices, nats, by the last estimate; 0: none yet."""
        return self._modes.sharpness

    def state(self) -> FlowState:
        """The present state, copied."""
        return FlowState(
            weights=self._field.read(_START),
            modes=tuple(self._field.read(i) for i in _MODES),
            tau=self.tau,
            path=self._path,
            step=self._step,
            curvatures=self._modes.curvatures,
            residuals=self._modes.residuals,
            slowed=self._D,
            age=self._age,
            evaluations=self.evaluations,
            steps=self.steps,
            rejections=self.rejections,
        )

    def may_pass(self, tau: float) -> bool:
        """Whether the next step can end beyond this tau: it is never longer than proposed."""
        return self._step == 0 or self.tau + self._step > tau

    def advance(self, upto: float = math.inf) -> FlowPoint:
        """One accepted step, that ends at the tau `upto` where it would pass it; what follows is as long as before."""
        if self._step == 0:
            self._estimate()  # it chooses the shift of the next one
        if self._step == 0 or self._age >= _EVERY:
            self._estimate()
        self._step = self._step or _FIRST_STEP / self._bound
        whole, tried = self._step, 0
        self._step = min(self._step, upto - self.tau)
        while (error := self._attempt()) > 1:
            tried += 1
            self.rejections += 1
            self._step *= max(_LEAST, _SAFETY * error ** (-1 / 3))
            self._check()
            if self._age > 0:
                self._estimate()
        landed = self.tau + self._step >= upto
        point = self._accept(error, grow=tried == 0, tau=upto if landed else self.tau + self._step)
        if tried == 0:  # the proposal of before still stands
            self._step = max(self._step, whole) if landed else self._step
        return point

    @property
    def _bound(self) -> float:
        return _MARGIN * self._modes.bound(self._D)

    def _estimate(self) -> None:
        """The stiffest modes at _START, and how much they are slowed down from here on."""
        x = self._field.vectors
        self._stretch(_START_V, [d / (1 - d) for d in self._D])
        self._field.slow(_MODES, (0.0,) * MODES)
        size = shift(self._modes.sharpness, self._loss, length(x[_START]))
        self._modes = stiffest(self._field, _MODES, _SPARE, _START, _START_V, size)
        self._D = self._modes.slowed(self._step)
        if self._lag(_START_V) > _LAG * self.tolerance * self._loss:
            self._D = (0.0,) * MODES
        self._stretch(_START_V, [-d for d in self._D])
        self._field.slow(_MODES, self._D)
        self.evaluations += EVALUATIONS
        self._age = 0

    @property
    def _directions(self) -> NDArray[np.float64]:
        """Of the stiffest modes, (MODES, size), not copied."""
        return self._field.vectors[_MODES.start : _MODES.stop]

    def _stretch(self, i: int, factors: Sequence[float]) -> None:
        """vectors[i] grows by factors times its parts along the modes: d / (1 - d) undo a slowing down by d."""
        if any(factors):
            along = self._along(i) * factors
            self._field.vectors[i] += np.einsum("k,kn->n", along, self._directions)

    def _along(self, i: int) -> NDArray[np.float64]:
        """Scalar products of vectors[i] with the stiffest modes, (MODES,)."""
        return np.einsum("kn,n->k", self._directions, self._field.vectors[i])

    def _lag(self, velocity: int) -> float:
        """Loss, nats, by which slowed modes lie above where they would; the velocity is not slowed."""
        if not any(self._D):
            return 0.0
        return self._modes.lag(self._D, self._along(velocity).tolist())

    def _attempt(self) -> float:
        """A step of length self._step from _START to _END; its error over what is tolerated."""
        self._step = min(self._step, 0.999 * scheme(MOST_STAGES).reach / self._bound)
        plan = self._plan = scheme(stages_for(self._step * self._bound))
        kept = {plan.points[1]: (_EARLY, _EARLY_V), plan.points[2]: (_LATE, _LATE_V)}
        now, now_v, earlier = _START, _START_V, _START
        for j, stage in enumerate(plan.stages[:-1], 1):
            out, out_v = kept.get(j, (_RING + j % 3, _STAGE_V))
            loss = self._field.evaluate(out, *self._combination(stage, now, earlier, now_v), out_v)
            self.evaluations += 1
            self._age += 1
            if math.isnan(loss):
                return _HOPELESS
            self._pulse()
            now, now_v, earlier = out, out_v, now
        if not self._field.place(_END, *self._combination(plan.stages[-1], now, earlier, now_v)):
            return _HOPELESS
        self._end_loss = self._field.evaluate(_END, (1.0,), (_END,), _END_V, measured=True)
        self.evaluations += 1
        self._age += 1
        return self._error()

    def _combination(
        self, stage: Stage, now: int, earlier: int, velocity: int
    ) -> tuple[tuple[float, ...], tuple[int, ...]]:
        """Factors and terms of a stage."""
        h = self._step
        factors = stage.start, stage.before, stage.earlier, h * stage.velocity, h * stage.first
        return factors, (_START, now, earlier, velocity, _START_V)

    def _error(self) -> float:
        """Error of the step from _START to _END over what is tolerated."""
        x, factors = self._field.vectors, self._plan.error
        change, force = x[_SPARE[0]], x[_SPARE[1]]
        change[:] = sum(f * x[i] for f, i in zip(factors, (_START, _EARLY, _LATE, _END), strict=True))
        # The same combination of velocities is minus the curvature times the error.
        force[:] = sum(f * x[i] for f, i in zip(factors, (_START_V, _EARLY_V, _LATE_V, _END_V), strict=True))
        x[_STAGE_V] = x[_END_V]
        for i in (_SPARE[1], _STAGE_V):
            self._stretch(i, [d / (1 - d) for d in self._D])
        self._end_norm = length(x[_STAGE_V])
        self._end_path = self._path + length(x[_END] - x[_START])
        size = length(change) / (self.tolerance * self._end_path)
        energy = abs(_product(change, force)) / 2 + self._lag(_STAGE_V)
        error = math.sqrt(size**2 + energy / (self.tolerance * self._end_loss))
        if not math.isfinite(error):
            return _HOPELESS
        rising = self._end_loss > self._loss * (1 + 1e-6)  # the loss never rises along the flow; 1e-6: rounding
        return max(error, 2.0) if rising else error

    def _accept(self, error: float, grow: bool, tau: float) -> FlowPoint:
        """_END becomes _START, at tau."""
        x, h, plan = self._field.vectors, self._step, self._plan
        self._last = self.tau, plan
        x[_BEFORE] = x[_START]
        x[_START], x[_START_V], self._loss, self._path = x[_END], x[_END_V], self._end_loss, self._end_path
        self.tau = tau
        self.steps += 1
        self._step *= min(_MOST if grow else 1.0, max(_LEAST, _SAFETY * max(error, 1e-9) ** (-1 / 3)))
        return FlowPoint(
            tau=self.tau,
            step=h,
            stages=plan.s,
            steps=self.steps,
            rejections=self.rejections,
            evaluations=self.evaluations,
            sharpness=self._modes.sharpness,
            nll=self.nll,
            gradient_norm=self._end_norm,
        )

    def _check(self) -> None:
        """FlowError where steps have become too short to go on."""
        if not self._step > _SHORTEST * max(self.tau, 1 / self._bound):
            raise FlowError(
                f"At tau = {self.tau:g} steps of the flow have become {self._step:.3g} long and still err by more than "
                f"the tolerance of {self.tolerance:g} allows: start a new run from here with a larger one."
            )

    def at(self, tau: float) -> FlowSample:
        """The flow at a tau within the last accepted step, between the points that the step went through.

        It changes nothing: the rest of the flow does not depend on what is asked for.
        """
        weights = self.weights_at(tau)
        if tau == self.tau:
            return FlowSample(tau, self.nll, weights)
        loss = self._field.evaluate(_RING, (1.0,), (_RING,), _STAGE_V, measured=True)
        return FlowSample(tau, loss / (N_PITCHES * math.log(2)), weights)

    def weights_at(self, tau: float) -> Weights:
        """The weights of `at`, without the evaluation that its loss takes; they are left in _RING within a step.

        FlowError for a time that is not in the last step, and where a matrix there is too far from orthogonal.
        """
        if tau == self.tau:
            return self._field.read(_START)
        if self._last is None or not self._last[0] <= tau < self.tau:
            begin = self.tau if self._last is None else self._last[0]
            raise FlowError(
                f"tau = {tau:g} is not in the last step, from {begin:g} to {self.tau:g}: ask right after its step."
            )
        begin, plan = self._last
        factors = between(plan.places, (tau - begin) / (self.tau - begin))
        if not self._field.place(_RING, factors, (_BEFORE, _EARLY, _LATE, _START)):
            raise FlowError(f"Between two steps, at tau = {tau:g}, a recurrent matrix is too far from orthogonal.")
        return self._field.read(_RING)


def _product(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.einsum("i,i", a, b))  # in an order that no number of threads changes
