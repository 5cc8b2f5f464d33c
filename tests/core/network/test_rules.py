"""A rule of learning is one entry of a table: what it keeps goes through snapshots and checkpoints unread."""

import dataclasses

import numpy as np
import pytest
import torch

from glassy_core.network.equations import initial_weights, weight_shapes
from glassy_core.network.learner import DELTAS
from glassy_core.network.learning_rule import TorchLearner
from glassy_core.network.rules import RULES, Rule, rule_of
from glassy_core.runs import checkpoints
from glassy_core.settings import RunConfig
from glassy_core.training.ending import Ending
from glassy_core.training.records import Snapshot, fresh, make_learner
from glassy_core.training.trainer import Trainer
from tests.core.toys import toy_data

CONFIG = RunConfig(depth=2, width=5, eta=0.01, batch_size=6, gradient="exact", engine="torch")


class HeavyBall(TorchLearner):
    """Steps with momentum 0.9, which no part of the project knows."""

    def __init__(self, networks, data, states):
        super().__init__(networks, data, "exact")
        kept = states[0] if states else {}
        self.velocity = {
            name: torch.as_tensor(kept.get(f"velocity.{name}", 0 * value[0])) for name, value in self.master.items()
        }

    def _move(self, etas, rows):
        for name, direction in self.directions(rows).items():
            self.velocity[name] = 0.9 * self.velocity[name] + direction[0].double()
            self.master[name][0] += etas[0] * self.velocity[name]

    def state(self, r=0):
        return {f"velocity.{name}": value.numpy().copy() for name, value in self.velocity.items()}


HEAVY_BALL = Rule(
    lambda d, w, P: {f"velocity.{name}": shape for name, shape in weight_shapes(d, w).items()},
    lambda config, networks, data, states, device: HeavyBall(networks, data, states),
)


def run(snapshot, last):
    data = toy_data()
    trainer = Trainer([CONFIG], [snapshot], data, None, make_learner(CONFIG, [snapshot], data))
    events = []
    while trainer.step < last:
        events += trainer.advance(Ending(last))
    events += trainer.advance(Ending(last))
    return trainer.learner, [
        event for event in trainer.advance(Ending(last), move=False) if isinstance(event, Snapshot)
    ][-1]


def test_another_rule_is_stored_and_resumed_bit_for_bit(tmp_path, monkeypatch):
    plain, _ = run(fresh(CONFIG), 40)
    monkeypatch.setitem(RULES, "exact", HEAVY_BALL)
    whole, _ = run(fresh(CONFIG), 40)
    _, middle = run(fresh(CONFIG), 25)
    path = checkpoints.write(tmp_path, middle)
    shapes = rule_of(CONFIG).shapes(2, 5, toy_data().P)
    rest, _ = run(checkpoints.read(path, 2, 5, shapes), 40)
    for name, value in whole.weights().items():
        assert np.array_equal(value, rest.weights()[name]), name
        assert np.array_equal(whole.state()[f"velocity.{name}"], rest.state()[f"velocity.{name}"]), name
    assert not np.array_equal(whole.weights()["K"], plain.weights()["K"])  # the ball did roll on
    bare, _ = run(dataclasses.replace(middle, state={}), 40)
    assert not np.array_equal(whole.weights()["K"], bare.weights()["K"])


@pytest.mark.parametrize(("gradient", "names"), [("delayed", DELTAS), ("exact", ())])
@pytest.mark.parametrize("engine", ["compiled", "torch"])
def test_what_the_papers_rules_keep(gradient, names, engine):
    config = dataclasses.replace(CONFIG, gradient=gradient, engine=engine)
    data, rule = toy_data(), rule_of(config)
    learner = make_learner(config, [fresh(config)], data)
    learner.evaluate()
    learner.update([0.01], None)
    shapes = {name: value.shape for name, value in learner.state().items()}
    assert shapes == rule.shapes(2, 5, data.P)
    assert tuple(shapes) == names
    assert rule.is_whole(learner.state())
    assert rule.is_whole({}) == (gradient == "exact")


def test_an_exact_run_goes_on_from_a_milestone(tmp_path):
    """Its weights decide alone, so a checkpoint that was thinned to them is as good as a whole one."""
    start = dataclasses.replace(fresh(CONFIG), step=512, weights=initial_weights(2, 5, np.random.default_rng(3)))
    read = checkpoints.read(checkpoints.write(tmp_path, start), 2, 5, rule_of(CONFIG).shapes(2, 5, 9))
    assert rule_of(CONFIG).is_whole(read.state)
