"""One network learning on several processor threads, each with some of the chorales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import Transitions
from glassy_core.network.compiled.crew import Crew, Share
from glassy_core.network.compiled.layout import floats, minibatch, sum_sizes
from glassy_core.network.compiled.learner import CompiledLearner
from glassy_core.network.compiled.parts import divided
from glassy_core.network.equations import Weights
from glassy_core.network.learner import Gradient, RuleState


class ThreadedLearner:
    """CompiledLearner on several threads: the same rule and surface, and the same bits for the same number of threads.

    Each thread sums over the minibatch's transitions of its own chorales; the sums are added in a fixed order. Another
    number of threads adds them in another one, so its weights differ by rounding.
    """

    def __init__(
        self,
        networks: Sequence[Weights],
        data: Transitions,
        gradient: Gradient,
        states: Sequence[RuleState] = (),
        threads: int = 2,
    ) -> None:
        parts = divided(data, threads)
        self._rows = [part.rows for part in parts]
        self._P = data.P
        self._learners = []
        for part in parts:
            mine = [{key: value[:, part.rows] for key, value in state.items()} for state in states]
            self._learners.append(CompiledLearner(networks, part.data, gradient, mine))
        self._first = first = self._learners[0]
        self.widths, self.gradient = first.widths, gradient
        for learner in self._learners[1:]:  # one set of weights; what the kernels write besides them is each one's own
            spare = {name: np.zeros_like(getattr(first.master, name)) for name in ("constant", "excess", "result")}
            learner.master = first.master._replace(**spare)
        self._count = sum(sum_sizes(first.sizes))
        sums = floats(len(parts) * self._count)
        for learner, row in zip(self._learners, np.split(sums, len(parts)), strict=True):
            learner.batch = minibatch(learner.sizes, row)
        self._crew = Crew(len(parts))

    def evaluate(self) -> None:
        """As CompiledLearner's."""
        for learner in self._learners:
            learner.evaluate()

    def update(self, etas: Sequence[float], batches: NDArray[np.int64] | None) -> None:
        """As CompiledLearner's."""
        chosen = np.ones(self._P, dtype=bool)
        if batches is not None:
            chosen[:] = False
            chosen[batches[0]] = True
        p, eta, crew = int(chosen.sum()), float(etas[0]), self._crew

        def take_part(thread: int) -> int:
            rows, by = np.flatnonzero(chosen[self._rows[thread]]), Share(thread, crew.threads, self._count)
            return self._learners[thread].take_part(rows, p, eta, by, crew.places)

        self._first.moved(sum(crew.share(take_part)))  # each thread's failures are bits of its own
        for learner in self._learners[1:]:
            learner.moved(0)

    def weights(self, r: int = 0) -> Weights:
        """Float64 master weights without padding, copied; r: 0, the one network."""
        return self._first.weights(r)

    def state(self, r: int = 0) -> RuleState:
        """What besides the weights decides the next step, copied; for the delayed gradient (d, P, w) each."""
        states = [learner.state(r) for learner in self._learners]
        return {key: self._joined([state[key] for state in states]) for key in states[0]}

    @property
    def mu(self) -> NDArray[np.float32]:
        """Activations of the hidden units (d, 1, P, w), Eqs. 1-2."""
        return self._read("mu")

    @property
    def H(self) -> NDArray[np.float32]:
        """Output fields (1, P, N_v), Eq. B1."""
        return self._read("H")

    @property
    def errors(self) -> NDArray[np.float32]:
        """Errors eps = S0(t+1) - tanh H, (1, P, N_v)."""
        return self._read("errors")

    @property
    def deltas(self) -> NDArray[np.float32]:
        """Effective errors of the hidden units (d, 1, P, w), Eqs. B8-B10."""
        return self._read("deltas")

    def _read(self, name: str) -> NDArray[np.float32]:
        return self._joined(self._crew.share(lambda part: getattr(self._learners[part], name)))

    def _joined(self, parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Arrays (..., n, columns) of the parts as one (..., P, columns)."""
        out = np.empty((*parts[0].shape[:-2], self._P, parts[0].shape[-1]), np.float32)
        for rows, part in zip(self._rows, parts, strict=True):
            out[..., rows, :] = part
        return out
