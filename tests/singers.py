"""Runs whose networks sing what is known beforehand; nothing is trained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from glassy_core.editions.encoding import LOWEST_PITCH
from glassy_core.editions.loading import load_edition
from glassy_core.runs import checkpoints
from glassy_core.runs.state import State
from glassy_core.settings import RunConfig
from glassy_core.training.records import fresh

HELD = (60, 64, 67, 72)  # the chord that a constant network sings for ever
CONFIG = RunConfig(name="singer", depth=1, width=4, chorales=3, eta=0.01, steps=1000)


def constant(strength):
    """H = +-strength whatever was heard: the chord HELD, each pitch with probability sigmoid(2 strength)."""
    weights = fresh(CONFIG).weights
    weights["h0"] = np.full_like(weights["h0"], -strength)
    weights["h0"][np.array(HELD) - LOWEST_PITCH] = strength
    return weights


def add_singer(store, steps=(0, 1000), digest=None, strength=5.0, **changes):
    """A finished run; at step 0 its network is untrained, and silent, at all others it holds one chord."""
    config = replace(CONFIG, **changes)
    run = store.create(config, digest or load_edition("corpus").digest)
    for step in steps:
        snapshot = fresh(config)
        weights = constant(strength) if step else snapshot.weights
        if step:
            weights = snapshot.weights | {"h0": weights["h0"]}
        checkpoints.write(run.checkpoints, replace(snapshot, step=step, weights=weights))
    run.write_state(State("finished", steps[-1], config.steps, nll=0.1))
    return run
