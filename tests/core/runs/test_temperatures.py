"""The temperature of stored runs, and by how much it says that small minibatches lift the loss."""

import math
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.editions.encoding import N_PITCHES
from glassy_core.network.equations import parameter_count
from glassy_core.runs.groups import Member
from glassy_core.runs.store import RunStore
from glassy_core.runs.temperatures import lift_of, temperature_of
from glassy_core.settings import RunConfig, with_dynamics
from glassy_core.training.probe import Probe, Trace
from tests.made_runs import write_run

CONFIG = RunConfig(depth=1, width=10, eta=5e-3, chorales=8, batch_size=300)
P, GAMMA = 546, 4e-4


def member(store, config):
    return Member.of(write_run(store, config, [1.0, 2.0, 4.0], [0.5, 0.4, 0.3], gamma=GAMMA))


def probe(*sizes, lifted=1e-3):
    """The second size's trace at NLL 0.1, the first one's above it once it has settled."""
    traces = [(size, np.repeat([0.1, 0.1 + lifted * (size == sizes[0])], 50)) for size in sizes]
    return Probe(400, 2.0, CONFIG.eta, "kept", tuple(Trace(size, nll, nll) for size, nll in traces))


def test_steps_have_it_and_neither_flows_nor_all_transitions(tmp_path):
    store = RunStore(tmp_path)
    found = temperature_of(member(store, CONFIG))
    assert pytest.approx(3 * [CONFIG.eta * GAMMA / 2 * (P - 300) / (P - 1)]) == found.T
    assert len(temperature_of(member(store, replace(CONFIG, batch_size="all"))).T) == 0
    assert temperature_of(member(store, with_dynamics(replace(CONFIG, until=4.0), "flow"))) is None


def test_a_probes_lift_stands_beside_what_the_temperature_says(tmp_path):
    run = member(RunStore(tmp_path), CONFIG)
    lift = lift_of(run, probe(30, 100))
    N = parameter_count(1, 10) + 10 * 11 / 2  # M has w^2 weights, of which w (w - 1) / 2 are free
    of_one = N * CONFIG.eta * GAMMA * 300 / 4 / (P - 1)
    assert (lift.small, lift.large) == (30, 100)
    assert lift.expected == pytest.approx(of_one * ((P - 30) / 30 - (P - 100) / 100))
    assert lift.measured == pytest.approx(1e-3 * N_PITCHES * math.log(2))
    assert "p = 30 lies 0.0374 nats a transition above p = 100" in lift.words()
    assert lift_of(run, probe(30, "all")) is None
