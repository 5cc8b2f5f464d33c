"""The learning loop: step by step, with its schedules, its records and its snapshots.

It knows neither files nor pages: whoever drives it stores what `advance` returns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import N_PITCHES, Transitions
from glassy_core.errors import GlassyError
from glassy_core.network.equations import accuracy, nll_bits, orthogonality_error
from glassy_core.network.learner import Learner
from glassy_core.settings import RunConfig, check_eta
from glassy_core.training.drift import drift
from glassy_core.training.ending import Ending
from glassy_core.training.measures import held_out, on_processor, sgd_noise
from glassy_core.training.records import AgingRecord, Record, Snapshot
from glassy_core.training.schedule import is_checkpoint, is_due, log_spaced
from glassy_core.training.spikes import SpikeRule

WATCH_EVERY = 20  # steps between looks for spikes: a spike lasts some 20 to 50 steps


class TrainingError(GlassyError, RuntimeError):
    """A run cannot go on learning; the message says why and what to do."""


class Trainer:
    """R runs that differ in width, seed and eta only, advanced in lockstep; usually R = 1.

    configs, snapshots: one a run. data: the training transitions; valid: held-out ones, or None.
    learner: an engine built from the snapshots' weights and states. references: for each run the
    snapshots of the waiting times that it has passed.
    """

    evaluations = 0  # of a flow's velocity, which steps have none of

    def __init__(
        self,
        configs: Sequence[RunConfig],
        snapshots: Sequence[Snapshot],
        data: Transitions,
        valid: Transitions | None,
        learner: Learner,
        references: Sequence[Sequence[Snapshot]] | None = None,
    ) -> None:
        self.configs, self.data, self.valid, self.learner = configs, data, valid, learner
        self.step = snapshots[0].step
        # A snapshot is taken after the records of its step, so those are already written.
        self._recorded_at = self.step if self.step > 0 else -1
        self._references = [list(known) for known in references or [[] for _ in configs]]
        self.etas = [snapshot.eta for snapshot in snapshots]
        self._tau_origins = [snapshot.tau_origin for snapshot in snapshots]
        self._spikes = [SpikeRule.from_state(snapshot.spikes) for snapshot in snapshots]
        self._eta_changed = self._low = False
        self._generators = []
        for snapshot in snapshots:
            bits = np.random.PCG64()
            bits.state = snapshot.rng  # type: ignore[assignment]
            self._generators.append(np.random.Generator(bits))
        size = configs[0].batch_size
        if size != "all" and size > data.P:
            raise TrainingError(
                f"The minibatch size is {size} but there are only {data.P} transitions: "
                "take a smaller one, more chorales, or 'all'."
            )
        self._batch_size = None if size == "all" else int(size)

    def tau(self, r: int = 0) -> float:
        """Proper time of run r: the sum of eta over all steps made (Eq. 4, without its misprint)."""
        step, tau = self._tau_origins[r]
        return tau + self.etas[r] * (self.step - step)

    def set_eta(self, eta: float, r: int = 0) -> None:
        """Use eta from the coming step on; that step is recorded and wants a checkpoint.

        ConfigError for an eta that cannot be one.
        """
        self._tau_origins[r] = (self.step, self.tau(r))
        self.etas[r] = check_eta(eta)
        self._spikes[r].rest()
        self._eta_changed = True

    def is_over(self, ending: Ending) -> bool:
        """Whether all runs are at their end."""
        return self._low or self.step >= self._last(ending)

    def _last(self, ending: Ending) -> int:
        """The step at which the ending is reached, as far as it is not by the NLL."""
        if not ending.until:
            return ending.steps
        origins = zip(self._tau_origins, self.etas, strict=True)
        # 1e-9: so many etas may have been summed to a rounding less than `until`
        return min(
            ending.steps, max(step + math.ceil((ending.until - tau) / eta - 1e-9) for (step, tau), eta in origins)
        )

    def advance(self, ending: Ending, move: bool = True) -> list[Record | AgingRecord | Snapshot]:
        """Make one learning step, unless the end is reached; returns what was measured before it.

        A snapshot is among it where one is due or asked for; move = False takes one and stays there.
        Raises TrainingError when the NLL or a weight is not finite any more.
        """
        config, step, last = self.configs[0], self.step, self._last(ending)
        recorded = step == self._recorded_at
        self.learner.evaluate()
        if not recorded and step % WATCH_EVERY == 0:
            self._watch_for_spikes()
        if recorded and ending.stop_nll and self._record_due(step):  # killed before it was called finished, perhaps
            self._low = all(ending.is_low(self._nll(r)) for r in range(len(self.configs)))
        move = move and not self.is_over(ending)
        checkpoint = not move or self._eta_changed or is_checkpoint(step, config)
        # After a resume or a step without a move the records are there already, unless eta is new.
        due = self._eta_changed or (not recorded and (step == last or self._record_due(step)))
        states = [generator.bit_generator.state for generator in self._generators] if checkpoint or due else []
        batches = self._draw()
        out: list[Record | AgingRecord | Snapshot] = []
        if due:
            records = self._measure(batches)
            self._low = all(ending.is_low(record.nll) for record in records)
            out += records
        if config.waiting_times and not recorded:
            out += self._drifts()
        self._recorded_at, self._eta_changed = step, False
        if checkpoint:
            snapshots = [self._snapshot(r, dict(state)) for r, state in enumerate(states)]
            if step in config.waiting_times:
                for known, snapshot in zip(self._references, snapshots, strict=True):
                    if all(reference.step != step for reference in known):  # not so after a resume right here
                        known.append(replace(snapshot, state={}))
            out += snapshots
        if move and not self._low:
            self.learner.update(self.etas, batches)
            self.step += 1
        else:  # this step's minibatch is drawn again when it is made
            for generator, state in zip(self._generators, states, strict=True):
                generator.bit_generator.state = state
        return out

    def _watch_for_spikes(self) -> None:
        """Halve eta by itself where the settings ask for it and chaotic spikes have started (Appendix B)."""
        for r, config in enumerate(self.configs):
            if config.auto_halve:
                # The right value's probability is 1 - |eps|/2: the NLL without the fields H, one logarithm a chord.
                p = 1 - np.abs(on_processor(self.learner.errors[r])) / 2
                chords = np.maximum(np.multiply.reduce(p, axis=1, dtype=np.float64), 1e-300)
                nll = -float(np.log2(chords).mean()) / N_PITCHES
                if self._spikes[r].update(nll):
                    self.set_eta(self.etas[r] / 2, r)

    def _draw(self) -> NDArray[np.int64] | None:
        if self._batch_size is None:
            return None
        P, p = self.data.P, self._batch_size
        return np.stack([generator.choice(P, p, replace=False, shuffle=False) for generator in self._generators])

    def _record_due(self, step: int) -> bool:
        config = self.configs[0]
        return is_due(step, config.record_every, 20) or self._valid_due(step) or self._gamma_due(step)

    def _valid_due(self, step: int) -> bool:
        return self.valid is not None and is_due(step, self.configs[0].valid_every, 10)

    def _gamma_due(self, step: int) -> bool:
        return is_due(step, self.configs[0].gamma_every, 5)

    def _nll(self, r: int) -> float:
        bits = nll_bits(on_processor(self.learner.H[r]), self.data.targets)
        return float(bits.mean(dtype=np.float64))

    def _measure(self, batches: NDArray[np.int64] | None) -> list[Record]:
        records, valid = [], self.valid if self._valid_due(self.step) else None
        for r in range(len(self.configs)):
            H = on_processor(self.learner.H[r])
            weights = self.learner.weights(r)
            bits = nll_bits(H, self.data.targets)
            nll = float(bits.mean(dtype=np.float64))
            if not math.isfinite(nll):
                raise TrainingError(
                    f"The learning diverged before step {self.step} at eta = {self.etas[r]:g} (the NLL is {nll}): "
                    "resume with a smaller eta."
                )
            record = Record(
                replica=r,
                step=self.step,
                tau=self.tau(r),
                eta=self.etas[r],
                nll=nll,
                nll_minibatch=nll if batches is None else float(bits[batches[r]].mean(dtype=np.float64)),
                accuracy=accuracy(H, self.data.targets),
                orthogonality_error=orthogonality_error(weights),
                nll_valid=None if valid is None else held_out(weights, valid),
                gamma=self._gamma(r) if self._gamma_due(self.step) else None,
            )
            records.append(record)
        return records

    def _gamma(self, r: int) -> float:
        return sgd_noise(self.learner, self.data, self._batch_size or self.data.P, r)

    def _drifts(self) -> list[AgingRecord]:
        out = []
        for r, known in enumerate(self._references):
            due = [reference for reference in known if self.step - reference.step in log_spaced(12, 10**10)]
            weights = self.learner.weights(r) if due else {}
            for reference in due:
                D, kinds = drift(reference.weights, weights)
                tau_w = reference.tau
                out.append(AgingRecord(r, reference.step, self.step, tau_w, self.tau(r) - tau_w, D, kinds))
        return out

    def _snapshot(self, r: int, rng: dict[str, Any]) -> Snapshot:
        weights = self.learner.weights(r)
        if not all(np.isfinite(value).all() for value in weights.values()):
            raise TrainingError(
                f"A weight is not finite at step {self.step}, eta = {self.etas[r]:g}: resume with a smaller eta."
            )
        return Snapshot(
            replica=r,
            step=self.step,
            eta=self.etas[r],
            tau_origin=self._tau_origins[r],
            rng=rng,
            spikes=self._spikes[r].state(),
            weights=weights,
            state=self.learner.state(r) if self.step > 0 else {},  # all zero at the start
        )
