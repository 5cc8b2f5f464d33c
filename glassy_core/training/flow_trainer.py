"""A run as a flow: its accepted steps, with records and checkpoints at log-spaced proper times."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from glassy_core.editions.encoding import Transitions
from glassy_core.network.equations import Weights, accuracy, forward, orthogonality_error
from glassy_core.network.flow import Flow
from glassy_core.network.flow_state import FlowSample, FlowState
from glassy_core.settings import USUAL, RunConfig
from glassy_core.training.drift import drift
from glassy_core.training.ending import Ending
from glassy_core.training.measures import held_out, sgd_noise
from glassy_core.training.records import AgingRecord, Record, Snapshot, make_learner
from glassy_core.training.schedule import FLOW_RECORDS, grid, next_milestone
from glassy_core.training.trainer import TrainingError

_CHECKPOINTS = 20  # a decade of tau: a kill costs an eighth of the work at most
_VALID, _GAMMA = 2, 4  # of the records, every which one
_DRIFTS = 12  # a decade of tau since a waiting time
_FIRST_DRIFT = 1e-4  # of the waiting time


class FlowTrainer:
    """One run that is a flow, with the surface of `trainer.Trainer`.

    What is recorded at given proper times is taken from between the accepted steps and does not change them. The
    steps end at every power of two and waiting time, whatever is recorded, so the weights of those are there.
    A run that ends within a step goes on from before it, and so records all that is due in the rest of that step.
    pulse: as of `flow.Flow`.
    """

    def __init__(
        self,
        config: RunConfig,
        snapshot: Snapshot,
        data: Transitions,
        valid: Transitions | None,
        references: Sequence[Snapshot] = (),
        pulse: Callable[[], None] = lambda: None,
    ) -> None:
        self.config, self.data, self.valid = config, data, valid
        self.etas = [0.0]
        if snapshot.state:
            state = FlowState.of(snapshot.weights, snapshot.state)
        else:
            state = FlowState.fresh(snapshot.weights, snapshot.tau)
        self._flow = Flow(state, data, config.tolerance, config.threads, config.engine, pulse)
        self._start, self._references = snapshot, list(references)
        self._recorded = self._flow.steps > 0  # the snapshot is taken after the records of its step
        self._before_end: Snapshot | None = None  # of a run that has ended within a step: from before that
        # Gamma is that of minibatches of the paper's size, which a flow has none of.
        self._p = min(int(USUAL.batch_size), data.P)

    @property
    def step(self) -> int:
        """Accepted steps so far."""
        return self._flow.steps

    @property
    def evaluations(self) -> int:
        """Evaluations of the velocity so far."""
        return self._flow.evaluations

    def tau(self, r: int = 0) -> float:
        """Proper time; r: 0, the one run."""
        return self._flow.tau

    def is_over(self, ending: Ending) -> bool:
        """Whether the run is at its end."""
        return ending.reached(self.step, self.tau(), self._flow.nll)

    def advance(self, ending: Ending, move: bool = True) -> list[Record | AgingRecord | Snapshot]:
        """Make one accepted step, unless the end is reached; returns what was measured on the way.

        A snapshot is among it where one is due or asked for; move = False takes one and stays there.
        FlowError where the flow cannot go on.
        """
        out: list[Record | AgingRecord | Snapshot] = []
        if not self._recorded:
            self._recorded = True
            out.append(self._record(self._flow.at(self.tau()), 0))
            if move and not self.is_over(ending):
                out += self._checkpoint()
        if not move or self.is_over(ending):
            return [*out, self._before_end or self._snapshot()]
        before, halt = self.tau(), next_milestone(self.tau(), self.config.waiting_times)
        may_pass = self._flow.may_pass(ending.until) if ending.until else False
        earlier = self._snapshot() if may_pass else None
        self._flow.advance(halt)
        now = self.tau()
        passed = 0 < ending.until < now
        out += self._records(before, now, ending)
        out += self._drifts(before, min(now, ending.until) if passed else now)
        if passed:
            self._before_end = earlier
        elif now == halt or grid(_CHECKPOINTS, before, now):
            out += self._checkpoint()
        return out

    def _records(self, before: float, now: float, ending: Ending) -> list[Record]:
        """What is due after `before` and up to now, and what the run ends with."""
        due = {tau: k for k, tau in grid(FLOW_RECORDS, before, now)}
        if before < ending.until <= now:
            due = {tau: k for tau, k in due.items() if tau < ending.until} | {ending.until: 0}
        elif self.is_over(ending):
            due[now] = 0
        return [self._record(self._flow.at(tau), due[tau]) for tau in sorted(due)]

    def _record(self, sample: FlowSample, k: int) -> Record:
        weights = sample.weights
        H = forward(weights, self.data, np.float32)[1]
        if not math.isfinite(sample.nll):
            raise TrainingError(
                f"The flow diverged at tau = {sample.tau:g}: start a new run from here with a smaller tolerance."
            )
        return Record(
            replica=0,
            step=self.step,
            tau=sample.tau,
            eta=0.0,
            nll=sample.nll,
            nll_minibatch=sample.nll,
            accuracy=accuracy(H, self.data.targets),
            orthogonality_error=orthogonality_error(weights),
            nll_valid=held_out(weights, self.valid) if self.valid is not None and k % _VALID == 0 else None,
            gamma=self._gamma(weights) if k % _GAMMA == 0 else None,
            evaluations=self.evaluations,
            sharpness=self._flow.sharpness or None,
        )

    def _gamma(self, weights: Weights) -> float:
        learner = make_learner(self.config, [replace(self._start, weights=weights, state={})], self.data)
        learner.evaluate()
        return sgd_noise(learner, self.data, self._p)

    def _drifts(self, before: float, now: float) -> list[AgingRecord]:
        """The drift since each waiting time, at the proper times due after `before` and up to now."""
        out = []
        for reference in self._references:
            start = reference.tau
            for _, since in grid(_DRIFTS, before - start, now - start, _FIRST_DRIFT * start):
                D, kinds = drift(reference.weights, self._flow.weights_at(min(start + since, now)))
                out.append(AgingRecord(0, reference.step, self.step, start, since, D, kinds))
        return out

    def _checkpoint(self) -> list[Snapshot]:
        snapshot = self._snapshot()
        if snapshot.tau in self.config.waiting_times and all(one.step != snapshot.step for one in self._references):
            self._references.append(replace(snapshot, state={}))
        return [snapshot]

    def _snapshot(self) -> Snapshot:
        state = self._flow.state()
        return replace(
            self._start,
            step=state.steps,
            tau_origin=(state.steps, state.tau),
            weights=state.weights,
            state=state.tensors() if state.steps else {},
        )
