"""Sweeps: what they expand to, and that finished work is not done again."""

from dataclasses import replace

import pytest

from glassy_core.commands.main import main
from glassy_core.jobs import dispatcher
from glassy_core.jobs.sweeps import command_of, existing_runs, expand, plan
from glassy_core.presets import SWEEPS
from glassy_core.runs.starting import Start
from glassy_core.runs.store import RunStore
from glassy_core.settings import ConfigError, RunConfig, with_dynamics
from glassy_core.training.records import fresh

BASE = RunConfig(name="base", eta=5e-3)


def test_a_sweep_is_the_product_widest_first():
    configs = expand(BASE, [2, 1], [10, 20], [0, 1, 1])
    assert [(c.depth, c.width, c.seed) for c in configs][:4] == [(1, 20, 0), (1, 20, 1), (1, 10, 0), (1, 10, 1)]
    assert len(configs) == 8
    assert {c.eta for c in configs} == {5e-3}


@pytest.mark.parametrize(
    "config",
    [
        RunConfig(width=7, seed=3, eta=5e-3, auto_halve=True, stop_nll=0.009, steps=123, chorales=8),
        RunConfig(width=7, depth=1, eta=4e-4, batch_size="all", gradient="exact", until=40.0),
        replace(with_dynamics(RunConfig(chorales=20, until=4e3), "flow"), width=88, depth=5, stop_nll=0.009),
    ],
    ids=["steps", "all transitions", "flow"],
)
def test_the_command_of_a_run_queues_that_run(config, tmp_path, monkeypatch):
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", lambda store: None)
    assert main([*command_of(config).split()[3:], "--runs-dir", str(tmp_path)]) == 0
    assert [run.config() for run in RunStore(tmp_path).runs()] == [config]


@pytest.mark.parametrize(
    ("depths", "widths", "words"),
    [([], [3], "no depths"), ([1], [0], "width is 0"), (range(1, 40), range(1, 100), "at most 2000")],
)
def test_bad_sweeps_are_refused(depths, widths, words):
    with pytest.raises(ConfigError, match=words):
        expand(BASE, depths, widths, [0])


def test_runs_of_the_same_settings_and_data_are_found(tmp_path):
    store = RunStore(tmp_path / "runs")
    configs = expand(BASE, [1], [5, 6], [0])
    run = store.create(RunConfig(name="mine", eta=5e-3, depth=1, width=5), "digest")
    (store.create(configs[1], "digest").path / "config.json").unlink()  # a broken run is passed over
    assert existing_runs(store, configs, "digest") == {configs[1]: run}
    assert existing_runs(store, configs, "another") == {}


def test_a_run_from_anothers_checkpoint_is_not_the_sweeps(tmp_path):
    store = RunStore(tmp_path / "runs")
    (config,) = expand(BASE, [1], [5], [0])
    start = Start(fresh(config), "another", 0)
    onward = store.create(config, "digest", "finished", start)
    onward.write_state(replace(onward.state(), step=9))
    assert plan(store, [config], "digest").missing == [config]
    assert existing_runs(store, [config], "digest", started=True) == {config: onward}
    run = store.create(config, "digest")
    assert existing_runs(store, [config], "digest") == {config: run}


def test_a_sweep_started_again_goes_on_with_what_ended_early_and_skips_the_rest(tmp_path):
    store = RunStore(tmp_path / "runs")
    configs = expand(BASE, [1], range(1, 8), [0])
    statuses = ("finished", "queued", "failed", "stopped", "paused", "finished")
    runs = [store.create(config, "digest", status) for config, status in zip(configs, statuses, strict=False)]
    found = plan(store, configs, "digest")
    assert found.missing == [configs[6]]
    assert set(found.unfinished) == set(runs[2:5])
    assert set(found.settled) == {runs[0], runs[1], runs[5]}


def test_a_whole_sweep_by_its_name(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", lambda store: None)  # nothing is to be trained here
    store = RunStore(tmp_path)
    options = ["--widths", "6", "--seeds", "1", "--steps", "300", "--runs-dir", str(tmp_path)]
    assert main(["sweep", "--like", "class", *options]) == 0
    wanted = replace(SWEEPS["class"].base, width=6, seed=1, steps=300)
    assert {run.config() for run in store.runs()} == {replace(wanted, depth=depth) for depth in SWEEPS["class"].depths}
    capsys.readouterr()
    assert main(["sweep", "--like", "nobody", *options]) == 2
    assert "There is no sweep 'nobody': choose one of class, paper-d1" in capsys.readouterr().err
    assert main(["sweep", "--like", "class", "--preset", "class-under", *options]) == 2
    assert "give one of them" in capsys.readouterr().err
    assert main(["sweep", *options]) == 2
    assert "A sweep needs --depths and --widths, or --like" in capsys.readouterr().err
