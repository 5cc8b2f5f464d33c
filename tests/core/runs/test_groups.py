"""Which runs stand in one fit, and what the commands `critical` and `aging` say of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from glassy_core.commands.main import main
from glassy_core.presets import PRESETS
from glassy_core.runs.groups import Member, distinct, ensembles, grouped, readable, settings_like
from glassy_core.runs.measured import trajectory
from glassy_core.runs.run import RunError
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig, names_of, with_dynamics
from tests.made_runs import BASE, EXPONENT, W_C, WIDTHS, write_aging, write_run, write_sweep
from tests.other_settings import changed


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def output(capsys, store, *arguments):
    assert main([*arguments, "--json", "--runs-dir", str(store.directory)]) == 0
    return json.loads(capsys.readouterr().out)


def complaint(capsys, store, *arguments):
    """The one line on stderr of a command that fails."""
    assert main([*arguments, "--runs-dir", str(store.directory)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


def inside(estimate, truth):
    return estimate["low"] <= truth <= estimate["high"]


@pytest.mark.parametrize(
    "other",
    [
        {"chorales": 9},
        {"scaling": "global"},
        {"gradient": "exact"},
        {"batch_size": "all"},
        {"edition": "paper"},
        {"edition": "own:songs"},
    ],
)
def test_runs_of_other_data_or_methods_are_another_world(store, other):
    for width in (10, 20):
        write_run(store, replace(BASE, width=width), [1], [0.5])
    odd = write_run(store, replace(BASE, width=30, **other), [1], [0.5])
    groups = list(grouped(readable(store.runs()), lambda member: member.world).values())
    assert [len(group) for group in groups] == [2, 1]
    assert groups[1][0].run == odd


def test_the_same_edition_with_another_digest_is_another_world(store):
    a, b = (store.create(BASE, digest) for digest in ("one", "two"))
    assert Member.of(a).world != Member.of(b).world


def test_a_network_that_was_run_twice_counts_once_by_its_longest_run(store):
    short = write_run(store, BASE, [1, 10], [0.5, 0.2])
    long = write_run(store, replace(BASE, name="again", steps=90_000), [1, 100], [0.5, 0.1])
    assert [member.run for member in distinct(readable([short, long]))] == [long]


SEED = RunConfig(width=10, chorales=8)


def seeds(store, *configs, digests="xxxx"):
    """The ensembles of such runs, each run by its place among them."""
    runs = [store.create(config, digest) for config, digest in zip(configs, digests, strict=False)]
    return [[runs.index(member.run) for member in group] for group in ensembles(map(Member.of, runs))]


def test_seeds_are_grouped_in_the_order_of_the_first(store):
    assert seeds(store, replace(SEED, seed=2), replace(SEED, width=20), replace(SEED, seed=0)) == [[2, 0], [1]]


@pytest.mark.parametrize("name", sorted(set(names_of("learning", "world")) - {"seed"}))
def test_what_decides_the_learning_separates(store, name):
    assert seeds(store, SEED, changed(replace(SEED, seed=1), name)) == [[0], [1]]


def test_another_edition_of_the_same_name_separates(store):
    assert seeds(store, SEED, replace(SEED, seed=1), digests="xy") == [[0], [1]]


def test_names_recording_and_lengths_do_not(store):
    other = replace(SEED, seed=1, name="n", steps=7, record_every=3, waiting_times=(5,), engine="torch", threads=2)
    assert seeds(store, SEED, other) == [[0, 1]]


def test_of_one_seed_only_the_run_that_is_furthest_on_counts(store):
    runs = [write_run(store, BASE, [1, tau], [0.5, 0.1]) for tau in (5, 9, 7)]
    assert [[member.run for member in group] for group in ensembles(map(Member.of, runs))] == [[runs[1]]]


def test_a_depth_without_runs_is_one_sentence():
    members = [Member(None, SEED, "x")]
    assert settings_like(members, SEED.depth, 30, 4) == replace(SEED, name="", width=30, seed=4)
    with pytest.raises(RunError, match="no run of depth 7"):
        settings_like(members, 7, 30, 4)


def test_a_world_says_what_is_unusual():
    config = replace(SEED, gradient="exact", scaling="global", batch_size="all", width=99, name="n", threads=3)
    world = Member(None, config, "x").world
    assert world.words() == "8 chorales of the corpus edition, global scaling, exact gradient, p = all"
    assert world.to_json().items() >= {
        "edition": "corpus", "digest": "x", "chorales": 8, "scaling": "global", "gradient": "exact",
        "batch_size": "all", "dynamics": "steps",
    }.items()  # fmt: skip
    flow = Member(None, with_dynamics(SEED, "flow"), "x").world
    assert flow.words() == "8 chorales of the corpus edition, as a flow"


def test_critical_finds_the_made_width_at_both_depths(capsys, store):
    write_sweep(store)
    write_run(store, replace(BASE, chorales=9), [1], [0.5])
    found = output(capsys, store, "critical")
    assert sorted(found["depths"]) == ["1", "2"]
    for depth, result in found["depths"].items():
        assert sorted(result["thresholds"]) == ["0.01", "0.02", "0.03", "0.05", "0.1"]
        truth = W_C[int(depth)]
        strict = result["thresholds"]["0.05"]
        assert strict["w_c"]["value"] == pytest.approx(truth, abs=1.5)
        assert inside(strict["w_c"], truth)
        assert all(point["width"] > truth for point in strict["points"])
        assert {point["width"] for point in strict["censored"]} == {w for w in WIDTHS if w <= truth}
        assert set(result["line"]) >= {"slope", "intercept"}
    assert found["data"]["chorales"] == 8
    assert len(found["runs"]) == 32
    assert len(found["left_out"]) == 1


def test_critical_says_on_stderr_which_runs_it_took(capsys, store):
    write_sweep(store, depths=(2,), seeds=(0,))
    write_run(store, replace(BASE, chorales=9), [1], [0.5])
    assert main(["critical", "--runs-dir", str(store.directory)]) == 0
    captured = capsys.readouterr()
    assert "8 networks on 8 chorales of the corpus edition" in captured.err
    assert "1 other runs left out" in captured.err
    assert "next: --depths 2" in captured.out


def test_critical_of_given_runs_takes_those_alone(capsys, store):
    runs = write_sweep(store, depths=(2,), seeds=(0,))
    names = [run.id for run in runs[:3]]
    found = output(capsys, store, "critical", *names)
    assert sorted(found["runs"]) == sorted(names)
    assert found["depths"]["2"]["thresholds"]["0.01"]["w_c"] is None
    assert "run wider networks" in found["depths"]["2"]["thresholds"]["0.01"]["why"]


def test_critical_refuses_to_mix(capsys, store):
    a = write_run(store, BASE, [1], [0.5])
    b = write_run(store, replace(BASE, gradient="exact"), [1], [0.5])
    line = complaint(capsys, store, "critical", a.id, b.id)
    assert "not of one kind" in line
    assert "exact gradient" in line


def test_critical_of_nothing_says_what_to_do(capsys, store):
    assert "sweep" in complaint(capsys, store, "critical")


def test_a_broken_run_is_passed_over(capsys, store):
    write_sweep(store, depths=(2,), seeds=(0,))
    (store.directory / "20260101-000000-broken").mkdir()
    assert len(output(capsys, store, "critical")["runs"]) == 8


def test_aging_finds_the_made_exponents(capsys, store):
    run = write_aging(store)
    found = output(capsys, store, "aging", run.id)
    assert found["mu"]["value"] == pytest.approx(1, abs=0.02)
    assert found["alpha"]["value"] == pytest.approx(EXPONENT, abs=0.01)
    assert found["power"]["exponent"]["value"] == pytest.approx(EXPONENT, abs=0.01)
    assert found["power"]["window"] == [1, 6]
    assert found["log"]["window"] == [10, None]
    assert found["tau_w"] == [50, 100, 200, 400]
    assert found["collapse_error"] < 0.01
    assert found["seeds"] == 1


def test_aging_averages_the_seeds_of_one_network_only(capsys, store):
    runs = [write_aging(store, seed=seed) for seed in (0, 1, 2)]
    write_aging(store, "class-aging-over")
    assert output(capsys, store, "aging", runs[0].id)["seeds"] == 1
    found = output(capsys, store, "aging", runs[0].id, "--seeds")
    assert found["seeds"] == 3
    assert sorted(found["runs"]) == sorted(run.id for run in runs)


def test_aging_with_gamma_frozen_and_of_one_kind(capsys, store):
    run = write_aging(store)
    found = output(capsys, store, "aging", run.id, "--frozen", "--kind", "J")
    assert (found["gamma"], found["weights"]) == ("frozen", "J")
    assert found["mu"]["value"] == pytest.approx(1, abs=0.02)


def test_aging_without_waiting_times_says_what_to_do(capsys, store):
    line = complaint(capsys, store, "aging", write_run(store, BASE, [1], [0.5]).id)
    assert "no waiting times" in line
    assert "class-aging-under" in line


def test_aging_before_the_first_waiting_time_says_so(capsys, store):
    run = write_run(store, PRESETS["class-aging-near"].config, [1], [0.5], "stopped")
    assert "first waiting time, step 10000" in complaint(capsys, store, "aging", run.id)


def test_a_run_that_ended_before_its_first_waiting_time_is_not_told_to_go_on(capsys, store):
    config = replace(PRESETS["class-aging-near"].config, steps=2000)
    run = write_run(store, config, [10], [0.5])
    line = complaint(capsys, store, "aging", run.id)
    assert "ended at step 2000" in line
    assert "more steps" in line


def test_aging_without_gamma_says_so(store):
    run = write_aging(store)
    lines = [json.loads(line) for line in run.metrics_path.read_text(encoding="utf-8").splitlines()]
    run.metrics_path.write_text("".join(json.dumps(line | {"gamma": None}) + "\n" for line in lines), encoding="utf-8")
    with pytest.raises(RunError, match="Gamma was never measured"):
        trajectory(run)


def test_damaged_aging_records_are_left_out(store):
    run = write_aging(store)
    whole = trajectory(run)
    with open(run.aging_path, "a", encoding="utf-8") as file:
        file.write(
            '{"tau_w_step": 10000, "step": 10}\n{"step": 1, "tau": "x", "tau_w": 1, "tau_w_step": 1, "D": 0}\n{"st'
        )
    again = trajectory(run)
    assert [len(waiting.D) for waiting in again.waiting] == [len(waiting.D) for waiting in whole.waiting]
