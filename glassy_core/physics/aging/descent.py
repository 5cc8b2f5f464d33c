"""How straight the weights slide down the loss after a waiting time. Not in the paper."""

from __future__ import annotations

import math

import numpy as np

from glassy_core.arrays import Floats
from glassy_core.network.equations import N_PITCHES, weight_shapes
from glassy_core.physics.aging.fluctuations import Waiting

LEAST_FALL = 0.003  # of the loss itself: smaller differences are as much noise as fall


def straightness(waiting: Waiting, tau: Floats, nll: Floats, depth: int, width: int) -> tuple[Floats, Floats]:
    """(x, S) after a waiting time, (m,) each: S = N D / (tau (L(tau_w) - L(tau_w + tau))).

    tau, nll: (n,) the learning curve, proper time and bits. N: the number of weights; L: the loss in nats a transition.
    Learning is descent, so the fall of the loss tells how long the weights' way is: S is 1 on a straight way at even
    speed, below 1 where it bends or slows down, above 1 where noise adds to it. Where the loss has hardly fallen yet,
    S is left out.
    """
    times = np.concatenate([[waiting.tau_w], waiting.tau_w + waiting.tau])
    inside = (times >= tau[0]) & (times <= tau[-1])
    loss = np.interp(np.log(times), np.log(np.maximum(tau, 1e-300)), nll) * N_PITCHES * np.log(2)
    fall = loss[0] - loss[1:]
    sound = inside[1:] & inside[0] & (fall > LEAST_FALL * loss[0])
    N = sum(map(math.prod, weight_shapes(depth, width).values()))
    return waiting.tau[sound] / waiting.tau_w, N * waiting.D[sound] / (waiting.tau[sound] * fall[sound])
