"""One network learning on one processor thread: `learning_rule.TorchLearner` in compiled kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH, N_PITCHES, Transitions
from glassy_core.network.compiled import evaluation
from glassy_core.network.compiled.crew import ALONE, NOWHERE, Places, Share
from glassy_core.network.compiled.layout import (
    GATHERED,
    Fields,
    Generations,
    Working,
    floats,
    in_lanes,
    laid_out,
    minibatch,
    padded_weights,
    sum_sizes,
    unpadded_weights,
    working,
)
from glassy_core.network.compiled.update import step, update
from glassy_core.network.equations import Weights, depth_and_width, initial_weights
from glassy_core.network.learner import DELTAS, Gradient, RuleState


class CompiledLearner:
    """One network (R = 1) with the surface of TorchLearner: float32, with float64 master weights.

    After evaluate() these are there, computed when one of them is first read:
        mu      (d, 1, P, w)    activations, Eqs. 1-2
        H       (1, P, N_v)     output fields, Eq. B1
        errors  (1, P, N_v)     eps = S0(t+1) - tanh H
        deltas  (d, 1, P, w)    effective errors of the hidden units, Eqs. B8-B10
    A step at which nobody reads them keeps only what the minibatch needs; it moves the weights by the same bits.
    """

    def __init__(
        self,
        networks: Sequence[Weights],
        data: Transitions,
        gradient: Gradient,
        states: Sequence[RuleState] = (),
    ) -> None:
        if len(networks) != 1:
            raise ValueError(f"The compiled engine trains one network, not {len(networks)}: use the torch engine.")
        depth, width = depth_and_width(networks[0])
        self.widths = [width]
        self.gradient = gradient
        self._slot, self.sizes = in_lanes(data, depth, width)
        self._layout = laid_out(data, self._slot, self.sizes)
        self.master = padded_weights(networks[0], self.sizes)
        self._window = working(self.sizes)
        self.batch = minibatch(self.sizes, floats(sum(sum_sizes(self.sizes))))
        self._full: Working | None = None  # with all activations
        self._evaluated = False
        self._latest, self._older = 0, 1  # generations of the deltas
        self._now = 1  # and the one that the step at hand writes
        for generation, key in enumerate(DELTAS):
            if states and key in states[0]:
                self._generation(generation)[:, self._slot, :width] = states[0][key]

    def evaluate(self) -> None:
        """Forward pass and effective errors at the present weights; put off until update() or a reader wants them."""
        self._evaluated = False

    def update(self, etas: Sequence[float], batches: NDArray[np.int64] | None) -> None:
        """Move the weights along the minibatch's descent direction and project every M on the orthogonal matrices.

        etas: one learning rate. batches: (1, p) rows of the transitions, or None for all of them.
        """
        rows = None if batches is None else batches[0]
        self.moved(self.take_part(rows, self._slot.size if rows is None else rows.size, float(etas[0])))

    def take_part(
        self, rows: NDArray[np.int64] | None, p: int, eta: float, by: Share = ALONE, places: Places = NOWHERE
    ) -> int:
        """A thread's share of the update, met by the others at `places`.

        rows: of its own transitions, all of them without; p: how many all threads have. Returns the layers whose M is
        too far for Newton-Schulz, one bit each.
        """
        chosen = np.sort(self._slot if rows is None else self._slot[rows])
        if not self._evaluated and self.gradient == "delayed" and len(chosen) <= GATHERED:
            kernel, work, self._now = step, self._window, self._older
        else:
            kernel, work, self._now = update, self._all(), self._unused
        of = Generations(self._now, self._latest, self._older)
        return kernel(self.sizes, self._layout, self.master, work, of, chosen, self.batch, p, eta, by, places)

    def moved(self, failed: int) -> None:
        """The weights have moved: this step's deltas become the latest ones, and what failed is projected."""
        self._latest, self._older = self._now, self._latest
        self._evaluated = False
        for l in range(self.sizes.depth):
            if failed >> l & 1:
                self._project(l)

    def _all(self) -> Working:
        """All activations and errors at the present weights."""
        if self._full is None:
            d, n, v, slots = self.sizes.depth, self.sizes.n, self.sizes.v, self.sizes.slots
            self._full = self._window._replace(mu=floats(d, slots, n), errors=floats(slots, v))
        if not self._evaluated:
            of = Generations(self._unused, self._latest, self._older)
            evaluation.evaluate(self.sizes, self._layout, self.master, self._full, of, self.gradient == "exact")
            self._evaluated = True
        return self._full

    @property
    def _unused(self) -> int:
        return 3 - self._latest - self._older

    def _project(self, l: int) -> None:
        """The polar factor of an M too far from orthogonal for Newton-Schulz."""
        w, n = self.sizes.width, self.sizes.n
        M = self.master.M.reshape(-1, n, n)[l, :w, :w]
        if not np.isfinite(M).all():
            return  # the learning has diverged: left for the recording to report
        U, _, Vh = np.linalg.svd(M)
        M[:] = U @ Vh

    def weights(self, r: int = 0) -> Weights:
        """Float64 master weights without padding, copied; r: 0, the one network."""
        return unpadded_weights(self.master, self.sizes)

    def state(self, r: int = 0) -> RuleState:
        """What besides the weights decides the next step, copied; for the delayed gradient (d, P, w) each."""
        if self.gradient == "exact":
            return {}
        pasts = (self._generation(g)[:, self._slot, : self.sizes.width] for g in (self._latest, self._older))
        return dict(zip(DELTAS, pasts, strict=True))

    def _generation(self, generation: int) -> NDArray[np.float32]:
        return self._window.deltas.reshape(3, self.sizes.depth, self.sizes.slots, self.sizes.n)[generation]

    @property
    def mu(self) -> NDArray[np.float32]:
        """Activations of the hidden units (d, 1, P, w), Eqs. 1-2."""
        mu = self._all().mu.reshape(self.sizes.depth, self.sizes.slots, self.sizes.n)
        return mu[:, None, self._slot, : self.sizes.width]

    @property
    def H(self) -> NDArray[np.float32]:
        """Output fields (1, P, N_v), Eq. B1."""
        out = Fields(floats(self.sizes.slots, self.sizes.v))
        evaluation.fields(self.sizes, self._layout, self._all(), out)
        return out.H.reshape(-1, self.sizes.v)[None, self._slot, :N_PITCHES]

    @property
    def errors(self) -> NDArray[np.float32]:
        """Errors eps = S0(t+1) - tanh H, (1, P, N_v)."""
        return self._all().errors.reshape(-1, self.sizes.v)[None, self._slot, :N_PITCHES]

    @property
    def deltas(self) -> NDArray[np.float32]:
        """Effective errors of the hidden units (d, 1, P, w), Eqs. B8-B10."""
        self._all()
        return self._generation(self._unused)[:, None, self._slot, : self.sizes.width]


def warm() -> None:
    """Compile all kernels and keep them on disk, so that the first run starts at once."""
    from glassy_core.network.compiled.field import CompiledField

    chorale = tuple((pitch,) for pitch in range(LOWEST_PITCH, HIGHEST_PITCH))
    data, weights = Transitions.pack([chorale], "per_note"), initial_weights(2, 2, np.random.default_rng(0))
    learner = CompiledLearner([weights], data, "delayed")
    learner.update([1e-3], np.arange(3)[None])  # through the window
    _ = learner.H
    learner.update([1e-3], None)  # from all activations
    field = CompiledField(weights, data, 2)
    field.evaluate(0, (1.0,), (0,), 1)
    field.tangent(1, 0)
