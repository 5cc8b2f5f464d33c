"""Short-time exponents from bursts of steps that began at checkpoints of a network's flow."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.paper.evidence import Evidence
from glassy_core.paper.figures import findings
from glassy_core.presets import PRESETS
from glassy_core.runs.groups import readable
from glassy_core.runs.starting import Start
from glassy_core.runs.store import RunStore
from glassy_core.training.records import fresh

GAMMA, ALPHA = 1e-3, 0.72
PAPERS = PRESETS["paper-d2-under"].config


def write_burst(store, tau_w, seed, rng):
    """A burst of the paper's w = 30 from a flow's checkpoint at tau_w, whose D grows as tau^ALPHA."""
    config = replace(PAPERS, seed=seed, steps=round(0.0125 * tau_w / PAPERS.eta), waiting_times=(10,))
    start = Start(replace(fresh(config), tau_origin=(0, float(tau_w))), "a-flow", tau_w)
    run = store.create(config, "digest", "paused", start)
    after = np.unique(np.geomspace(1, config.steps, 40).astype(int))
    tau = after * config.eta
    D = GAMMA * 10 * (tau / tau_w) ** ALPHA * np.exp(0.02 * rng.normal())
    lines = [
        {"tau_w_step": 10, "step": 10 + int(n), "tau_w": tau_w + 10 * config.eta, "tau": float(t), "D": float(d)}
        for n, t, d in zip(after, tau, D, strict=True)
    ]
    run.aging_path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    records = [
        {"step": int(n), "tau": tau_w + n * config.eta, "eta": config.eta, "nll": 0.2, "gamma": GAMMA}
        for n in (0, config.steps)
    ]
    run.metrics_path.write_text("".join(json.dumps(record) + "\n" for record in records))
    run.write_state(replace(run.state(), status="finished", step=config.steps, tau=records[-1]["tau"]))
    return run


def alpha(store):
    every = findings(Evidence.of(readable(store.runs())))
    return next(one for one in every if str(one.what) == "short-time exponent alpha, d = 2, w = 30")


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path)


def test_alpha_is_that_of_the_bursts_where_three_waiting_times_have_some(store):
    rng = np.random.default_rng(0)
    for tau_w in (80, 160):
        for seed in (1, 2):
            write_burst(store, tau_w, seed, rng)
    assert alpha(store).verdict == "open"  # two waiting times tell too little
    runs = [write_burst(store, 320, seed, rng) for seed in (1, 2)]
    found = alpha(store)
    assert found.verdict == "agrees"
    assert f"{ALPHA}" in str(found.ours)
    assert "Bursts of minibatch steps" in str(found.words)
    assert "2 seeds" in str(found.words)
    assert {source.run for source in found.sources} & {run.id for run in runs}


def test_bursts_are_no_runs_of_the_papers_and_stand_in_no_other_row(store):
    for tau_w in (80, 160, 320):
        write_burst(store, tau_w, 1, np.random.default_rng(tau_w))
    evidence = Evidence.of(readable(store.runs()))
    assert (evidence.paper, evidence.sweeps, evidence.classroom) == ((), {}, ())
    others = [one for one in findings(evidence) if "w = 30" in str(one.what) and "alpha" not in str(one.what)]
    assert all(one.verdict == "open" for one in others)
