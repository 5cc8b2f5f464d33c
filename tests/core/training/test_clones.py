"""Clones of real networks: the rule's own noise, kept and read again, and what is asked wrongly."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.commands.main import main
from glassy_core.editions.loading import load_edition
from glassy_core.jobs.execution import execute
from glassy_core.runs import clones
from glassy_core.runs.run import RunError
from glassy_core.runs.store import RunStore
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.training.drift import drift

CONFIG = RunConfig(depth=1, width=6, chorales=2, steps=400, record_every=100, checkpoint_every=200, batch_size=20)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    store = RunStore(tmp_path_factory.mktemp("runs"))
    made = store.create(CONFIG, load_edition("corpus").digest)
    execute(made)
    return made


def test_they_move_as_the_run_does_and_part_by_their_minibatches(run):
    found = clones.load(clones.measure(run, 256, count=4, steps=144))
    assert (found.count, found.steps[0], found.steps[-1]) == (4, 1, 144)
    assert found.tau == pytest.approx(CONFIG.eta * found.steps)
    assert found.tau_w == pytest.approx(256 * CONFIG.eta)
    start, end = (clones.checkpoint(run, step).weights for step in (256, 400))
    whole, _ = drift(start, end)  # another clone: the run itself
    assert found.D[-1] == pytest.approx(whole, rel=0.3)
    assert (found.noise > 0).all()
    assert (found.noise < found.D).all()


def test_the_longest_way_is_shown_and_what_is_no_measurement_is_one_sentence(run):
    longer = clones.measure(run, 256, count=3, steps=300)
    clones.measure(run, 256, count=3, steps=150)
    assert clones.kept(run) == [longer]
    assert "step-000000000256" in longer.name
    for values in ({}, {"tau_w": 1, "steps": [1], "tau": [1], "products": [[1]]}, {"tau_w": float("nan")}):
        broken = longer.with_name("clones-step-000000000009-k3-in-100-steps.json")
        broken.write_text(json.dumps(values), encoding="utf-8")
        with pytest.raises(RunError, match="no measurement of clones"):
            clones.load(broken)
        broken.unlink()


@pytest.mark.parametrize(
    ("changes", "asked", "sentence"),
    [
        ({"batch_size": "all"}, {}, "clones stay the same"),
        ({}, {"count": 2}, "3 to 16 are allowed"),
        ({}, {"steps": 99}, "100 to 1000000 are allowed"),
        ({}, {"step": 0}, "a network that has learned"),
        ({}, {"step": 7}, "no checkpoint at step 7"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(run, monkeypatch, changes, asked, sentence):
    monkeypatch.setattr(type(run), "config", lambda self: replace(CONFIG, **changes))
    with pytest.raises((ConfigError, RunError), match=sentence):
        clones.measure(run, **{"step": 256, "steps": 100} | asked)


def test_the_command_says_where_drift_begins(run, capsys):
    words = ["clones", run.id, "--step", "256", "--steps", "100", "--runs-dir", str(run.path.parent), "--json"]
    assert main(words) == 0
    values = json.loads(capsys.readouterr().out)
    assert set(values) == {"tau_w", "alpha", "steps", "tau", "x", "D", "noise", "drift"}
    assert np.add(values["drift"], values["noise"]) == pytest.approx(values["D"])
