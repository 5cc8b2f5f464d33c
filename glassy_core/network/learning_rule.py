"""One learning step for a batch of networks, in plain torch (Hertz & Tyrcha, Appendix B).

This is the reference: it follows the equations line by line, for any precision and device.
`compiled/` does the same arithmetic faster for one network on a processor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from glassy_core.editions.encoding import N_PITCHES, Transitions
from glassy_core.network.equations import Weights, depth_and_width, weight_shapes
from glassy_core.network.learner import DELTAS, Gradient, RuleState


class TorchLearner:
    """R networks of one depth learning the same transitions in lockstep.

    All arrays have a leading replica axis R. Networks narrower than the widest are padded with
    zeros, which the rule leaves at zero. Master weights are float64, everything else `dtype`.

    evaluate() fills, at the present weights and for all P transitions,
        mu      (d, R, P, w)    activations, Eqs. 1-2
        H       (R, P, N_v)     output fields, Eq. B1
        errors  (R, P, N_v)     eps = S0(t+1) - tanh H
        deltas  (d, R, P, w)    effective errors of the hidden units, Eqs. B8-B10
    update() then moves the weights. history holds the deltas of the two previous steps, latest first;
    states has them by their names, one a network, zeros where they are absent.
    """

    def __init__(
        self,
        networks: Sequence[Weights],
        data: Transitions,
        gradient: Gradient,
        states: Sequence[RuleState] = (),
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
    ) -> None:
        shapes = [depth_and_width(weights) for weights in networks]
        if len({depth for depth, _ in shapes}) != 1:
            raise ValueError("Networks trained in one batch must have the same depth.")
        self.gradient = gradient
        self.data = data
        self.depth = d = shapes[0][0]
        self.widths = [width for _, width in shapes]
        w, R, P = max(self.widths), len(networks), data.P
        as_dtype: dict[str, Any] = {"dtype": dtype, "device": device}
        self.master = {
            name: torch.zeros((R, *shape), dtype=torch.float64, device=device)
            for name, shape in weight_shapes(d, w).items()
        }
        self.history = [torch.zeros((d, R, P, w), **as_dtype) for _ in range(2)]
        for r, weights in enumerate(networks):
            for name, value in weights.items():
                self._unpadded(name, r).copy_(torch.as_tensor(value))
            for past, key in zip(self.history, DELTAS, strict=True):
                if r < len(states) and key in states[r]:
                    past[:, r, :, : self.widths[r]] = torch.as_tensor(states[r][key])
        self.S = torch.as_tensor(data.S, **as_dtype)
        self.targets = torch.as_tensor(data.targets, **as_dtype)
        self.previous = torch.as_tensor(predecessors(data), device=device)
        self.mu = torch.zeros((d, R, P, w), **as_dtype)
        self.deltas = torch.zeros((d, R, P, w), **as_dtype)
        self.H = torch.zeros((R, P, N_PITCHES), **as_dtype)
        self.errors = torch.zeros((R, P, N_PITCHES), **as_dtype)

    def evaluate(self) -> None:
        """Forward pass and effective errors of all transitions with the present weights."""
        self.now = {name: value.to(self.S.dtype) for name, value in self.master.items()}
        self._forward()
        self._backward()

    def _forward(self) -> None:
        counts, offsets = self.data.counts, self.data.offsets
        below = self.S
        for l in range(self.depth):
            mu, M_T = self.mu[l], self.now[f"M.{l}"].mT
            mu.copy_(below @ self.now[f"J.{l}"].mT)
            for t, n in enumerate(counts):
                at_t = mu[:, offsets[t] : offsets[t] + n]
                if t > 0:
                    at_t += mu[:, offsets[t - 1] : offsets[t - 1] + n] @ M_T
                at_t.tanh_()
            below = mu
        self.H.copy_(below @ self.now["K"].mT + self.S @ self.now["W"].mT + self.now["h0"][:, None])
        torch.sub(self.targets, self.H.tanh(), out=self.errors)

    def _backward(self) -> None:
        """delta_l(t) = X_l(t) * [from above at t + M_l^T dbar_l(t+1)], dbar = 0 past a chorale's end."""
        counts, offsets = self.data.counts, self.data.offsets
        from_above = self.errors @ self.now["K"]
        for l in reversed(range(self.depth)):
            X, M, delta = 1 - self.mu[l] ** 2, self.now[f"M.{l}"], self.deltas[l]
            if self.gradient == "exact":
                delta.copy_(from_above)
                for t in reversed(range(len(counts))):
                    if t + 1 < len(counts):
                        n = counts[t + 1]
                        delta[:, offsets[t] : offsets[t] + n] += delta[:, offsets[t + 1] : offsets[t + 1] + n] @ M
                    rows = slice(offsets[t], offsets[t + 1])
                    delta[:, rows] *= X[:, rows]
            else:
                dbar = (self.history[0][l] + self.history[1][l]) / 2
                delta.copy_(from_above)
                through_time = dbar[:, offsets[1] :] @ M
                for t, n in enumerate(counts[1:]):
                    at_next = slice(offsets[t + 1] - offsets[1], offsets[t + 1] - offsets[1] + n)
                    delta[:, offsets[t] : offsets[t] + n] += through_time[:, at_next]
                delta *= X
            if l > 0:
                from_above = delta @ self.now[f"J.{l}"]

    def update(self, etas: Sequence[float], batches: NDArray[np.int64] | None) -> None:
        """Move the weights along the minibatch's descent direction and project every M on the orthogonal matrices.

        etas: R learning rates. batches: (R, p) rows of the transitions, or None for all of them.
        """
        device = self.S.device
        rows = None if batches is None else torch.as_tensor(batches, device=device)
        self._move(torch.as_tensor(np.asarray(etas, dtype=np.float64), device=device), rows)
        for l in range(self.depth):
            self.master[f"M.{l}"] = nearest_orthogonal(self.master[f"M.{l}"], self.widths)
        oldest = self.history.pop()
        self.history.insert(0, self.deltas)
        self.deltas = oldest

    def _move(self, etas: torch.Tensor, rows: torch.Tensor | None) -> None:
        for name, direction in self.directions(rows).items():
            self.master[name] += etas.view(-1, *[1] * (direction.dim() - 1)) * direction.double()

    def directions(self, rows: torch.Tensor | None) -> dict[str, torch.Tensor]:
        """Mean over the batch of minus the loss's gradient for every weight, (R, ...) each (Eqs. B2-B7).

        rows: (R, p) rows of the transitions, or None for all of them.
        """
        before = self.previous if rows is None else self.previous[rows]

        def chosen(x: torch.Tensor) -> torch.Tensor:  # (R, P, n) -> (R, p, n)
            return x if rows is None else x.gather(1, rows[..., None].expand(-1, -1, x.shape[-1]))

        S = self.S.expand(len(self.widths), -1, -1) if rows is None else self.S[rows]
        errors, p = chosen(self.errors), S.shape[1]
        out = {}
        for l in range(self.depth):
            mu, delta = self.mu[l], chosen(self.deltas[l])
            below = S if l == 0 else chosen(self.mu[l - 1])
            index = before.expand(len(self.widths), -1)[..., None].expand(-1, -1, mu.shape[-1])
            earlier = torch.where(index >= 0, mu.gather(1, index.clamp(min=0)), 0)  # mu(t-1), 0 before the start
            out[f"J.{l}"] = delta.mT @ below / p
            out[f"M.{l}"] = delta.mT @ earlier / p
        out["K"] = errors.mT @ chosen(self.mu[-1]) / p
        out["W"] = errors.mT @ S / p
        out["h0"] = errors.mean(dim=1)
        return out

    def weights(self, r: int = 0) -> Weights:
        """Replica r's master weights without padding, copied."""
        return {name: self._unpadded(name, r).cpu().numpy().copy() for name in self.master}

    def _unpadded(self, name: str, r: int) -> torch.Tensor:
        """Replica r's part of a master weight, as a view."""
        view = self.master[name][r]
        for axis, size in enumerate(weight_shapes(self.depth, self.widths[r])[name]):
            view = view.narrow(axis, 0, size)
        return view

    def state(self, r: int = 0) -> RuleState:
        """What besides replica r's weights decides its next step, copied; for the delayed gradient (d, P, w) each."""
        if self.gradient == "exact":
            return {}
        pasts = (past[:, r, :, : self.widths[r]].cpu().numpy().copy() for past in self.history)
        return dict(zip(DELTAS, pasts, strict=True))


def predecessors(data: Transitions) -> NDArray[np.int64]:
    """Row of the transition before each one in its chorale, -1 at a chorale's start: (P,)."""
    previous = np.full(data.P, -1, dtype=np.int64)
    for t in range(1, len(data.counts)):
        n = data.counts[t]
        previous[data.offsets[t] : data.offsets[t] + n] = np.arange(data.offsets[t - 1], data.offsets[t - 1] + n)
    return previous


def nearest_orthogonal(M: torch.Tensor, widths: Sequence[int]) -> torch.Tensor:
    """The polar factor of each M (R, w, w): all singular values set to 1, padding left at zero.

    Newton-Schulz, M <- M (3 - M^T M) / 2, takes an error e to 3/4 e^2. It finds the polar factor only
    from nearby, so a batch with a matrix further away than learning steps lead is given to the SVD.
    """
    unit = torch.zeros_like(M)
    for r, w in enumerate(widths):
        unit[r, range(w), range(w)] = 1
    excess = M.mT @ M - unit
    if float(torch.linalg.matrix_norm(excess).max()) < 0.5:
        while True:
            largest = float(excess.abs().max())
            M = M - 0.5 * M @ excess
            if largest < 1e-7:
                return M
            excess = M.mT @ M - unit
    if not torch.isfinite(M).all():
        return M  # the learning has diverged: left for the recording to report
    out = torch.zeros_like(M)
    for r, w in enumerate(widths):
        U, _, Vh = torch.linalg.svd(M[r, :w, :w])
        out[r, :w, :w] = U @ Vh
    return out
