"""Gamma by sums over outer products against autograd's gradients, one transition at a time; and what it all costs."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from glassy_core.network.equations import initial_weights
from glassy_core.network.learning_rule import TorchLearner, predecessors
from glassy_core.training.gamma import gamma
from tests.core.toys import toy_data

ROOT = Path(__file__).resolve().parents[3]
SHAPES = {"chorales": (7, 3, 9, 2, 5), "single transitions": (2,) * 12}


def gradients_by_autograd(weights, data):
    """Gradients of the summed loss (nats) by the weights as transition mu uses them: (P, all weights), float64.

    Each transition gets a copy of the weights of its own, so that autograd keeps their gradients apart. In a chorale
    of one transition that is dE_mu / dw itself.
    """
    previous, depth = predecessors(data), sum(name.startswith("J.") for name in weights)
    copies = [{k: torch.tensor(v, requires_grad=True) for k, v in weights.items()} for _ in range(data.P)]
    S, targets = (torch.tensor(np.asarray(x, dtype=np.float64)) for x in (data.S, data.targets))
    mu, loss = [], torch.zeros((), dtype=torch.float64)
    for t, own in enumerate(copies):
        below, layers = S[t], []
        for l in range(depth):
            field = own[f"J.{l}"] @ below
            if previous[t] >= 0:
                field = field + own[f"M.{l}"] @ mu[previous[t]][l]
            below = torch.tanh(field)
            layers.append(below)
        mu.append(layers)
        H = own["K"] @ below + own["W"] @ S[t] + own["h0"]
        loss = loss + torch.nn.functional.softplus(-2 * targets[t] * H).sum()
    loss.backward()

    def flat(own):
        return [np.zeros(p.numel()) if p.grad is None else p.grad.numpy().ravel() for p in own.values()]

    return np.array([np.concatenate(flat(own)) for own in copies])


@pytest.mark.parametrize("lengths", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("rows", [None, np.array([1, 4, 5, 11])], ids=["all", "minibatch"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_gamma_is_the_variance_of_autograds_gradients_of_single_transitions(depth, rows, lengths):
    data, rng = toy_data(lengths=lengths), np.random.default_rng(depth)
    weights = initial_weights(depth, 5, rng)
    for name in ("K", "W", "h0"):
        weights[name] = 0.5 * rng.normal(size=weights[name].shape)
    net = TorchLearner([weights], data, "exact", dtype=torch.float64)
    net.evaluate()
    mu, deltas, errors = net.mu[:, 0].numpy(), net.deltas[:, 0].numpy(), net.errors[0].numpy()
    gradients = gradients_by_autograd(weights, data)
    chosen = gradients if rows is None else gradients[rows]
    expected = np.var(chosen, axis=0).mean() / 300
    assert gamma(data, mu, errors, deltas, 300, rows) == pytest.approx(expected, rel=1e-10)


COST = """
import glassy_core.commands.main  # sets the number of threads before numpy is loaded, as in every run
import dataclasses, time
from glassy_core.editions.loading import load_edition
from glassy_core.jobs.execution import load_data
from glassy_core.presets import PRESETS
from glassy_core.training.drift import drift
from glassy_core.training.ending import Ending
from glassy_core.training.records import AgingRecord, Record, fresh, make_learner
from glassy_core.training.trainer import Trainer

config = dataclasses.replace(PRESETS["class-aging-under"].config, waiting_times=(200, 400, 800, 1600))
data, valid = load_data(config, load_edition("corpus"))
trainer = Trainer([config], [fresh(config)], data, valid, make_learner(config, [fresh(config)], data))

def until(step):
    begun, events = time.process_time(), []
    while trainer.step < step:
        events += trainer.advance(Ending(10_000))
    return time.process_time() - begun, events

def each(work, n):  # many at a time, for reading the clock costs as much as the cheapest of them
    begun = time.process_time()
    for _ in range(n):
        work()
    return (time.process_time() - begun) / n

until(2001)
whole, events = until(8001)
reference = fresh(config).weights
due = sum(isinstance(event, AgingRecord) for event in events)
noises = sum(isinstance(event, Record) and event.gamma is not None for event in events)
looks = 6000 * each(trainer._drifts, 6000)  # none is due at this step
drifts = due * each(lambda: drift(reference, trainer.learner.weights(0)), 300)
noise = noises * each(lambda: trainer._gamma(0), 50)
print((looks + drifts + noise) / whole, due, noises, looks, drifts, noise, whole)
"""


def test_measuring_costs_less_than_three_percent_of_the_run():
    """On the smallest network of the class world, whose steps are the cheapest, early on, when records are densest.

    Processor time, which other work on the machine hardly stretches; a process of its own has a run's threads.
    """
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env = {name: value for name, value in os.environ.items() if name not in threads}
    done = subprocess.run(
        [sys.executable, "-c", COST], cwd=ROOT, env=env, capture_output=True, encoding="utf-8", check=True
    )
    share, due, noises, *_ = map(float, done.stdout.split())
    assert due > 20
    assert noises >= 6
    assert 0 < share < 0.03, done.stdout
