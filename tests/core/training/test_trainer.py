"""The loop: proper time, schedules, and that a snapshot decides all that follows."""

import dataclasses
import sys
import time

import numpy as np
import pytest

from glassy_core.editions.encoding import Transitions
from glassy_core.editions.loading import load_edition
from glassy_core.jobs.execution import load_data
from glassy_core.network.learner import DELTAS
from glassy_core.presets import PRESETS
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.training.ending import Ending
from glassy_core.training.records import AgingRecord, Record, Snapshot, fresh, make_learner
from glassy_core.training.schedule import is_checkpoint, is_due, is_milestone
from glassy_core.training.trainer import WATCH_EVERY, Trainer, TrainingError
from tests.core.toys import toy_data

CONFIG = RunConfig(
    depth=2, width=5, eta=0.02, batch_size=6, record_every=7, valid_every=20, gamma_every=30, engine="torch"
)


def trainer_of(config=CONFIG, snapshot=None, valid=True):
    data = toy_data()
    snapshot = snapshot or fresh(config)
    held_out = toy_data(seed=5) if valid else None
    return Trainer([config], [snapshot], data, held_out, make_learner(config, [snapshot], data))


def run(trainer, last, **kwargs):
    events = []
    while True:
        at_end = trainer.step >= last
        events += trainer.advance(Ending(last), **kwargs)
        if at_end:
            return events


def records(events):
    return [event for event in events if isinstance(event, Record)]


def test_proper_time_is_the_sum_of_eta():
    trainer = trainer_of(dataclasses.replace(CONFIG, eta=4e-4))
    trainer.step = 200_000
    assert trainer.tau() == pytest.approx(80, rel=1e-12)
    trainer.set_eta(2e-4)
    trainer.step = 300_000
    assert trainer.tau() == pytest.approx(80 + 20, rel=1e-12)


def test_recordings_are_log_spaced_then_regular():
    steps = [n for n in range(20_001) if is_due(n, 200, 20)]
    assert steps[0] == 0
    assert [n for n in steps if n >= 2000] == list(range(2000, 20_001, 200))
    early = np.array([n for n in steps if 20 <= n < 1500 and n % 200])
    assert np.diff(np.log10(early)).max() < 2.1 / 20


def test_checkpoints_are_regular_with_milestones_at_powers_of_two():
    config = dataclasses.replace(CONFIG, checkpoint_every=1500, waiting_times=(700,))
    steps = [n for n in range(5000) if is_checkpoint(n, config)]
    assert steps == [0, 256, 512, 700, 1024, 1500, 2048, 3000, 4096, 4500]
    assert [n for n in steps if not is_milestone(n, config)] == [1500, 3000, 4500]


def test_a_snapshot_decides_all_that_follows():
    whole = run(trainer_of(), 100)
    first = run(trainer_of(), 60)
    middle = [event for event in first if isinstance(event, Snapshot)][-1]
    assert middle.step == 60
    rest = run(trainer_of(snapshot=middle), 100)
    # The first stretch ended with a record that was not due; everything else must be equal.
    joined = [r for r in records(first) if r.step < 60] + records(rest)
    assert joined == [r for r in records(whole) if r.step != 60]
    ends = [next(e for e in reversed(events) if isinstance(e, Snapshot)) for events in (whole, rest)]
    for name, value in ends[0].weights.items():
        assert np.array_equal(value, ends[1].weights[name])
    assert ends[0].rng == ends[1].rng
    assert list(ends[0].state) == list(ends[1].state) == list(DELTAS)
    for name, value in ends[0].state.items():
        assert np.array_equal(value, ends[1].state[name])


def test_stopping_in_between_leaves_no_trace():
    whole = records(run(trainer_of(), 50))
    trainer = trainer_of()
    events = []
    while trainer.step < 33:
        events += trainer.advance(Ending(50))
    stopped = trainer.advance(Ending(50), move=False)
    assert trainer.step == 33
    events += stopped
    for go_on in (trainer_of(snapshot=stopped[-1]), trainer):  # another process, or the same one
        assert records(events) + records(run(go_on, 50)) == whole


def test_a_changed_eta_is_recorded_at_its_step():
    trainer = trainer_of()
    while trainer.step < 31:
        trainer.advance(Ending(100))
    trainer.set_eta(0.005)
    events = trainer.advance(Ending(100))
    assert [type(event) for event in events] == [Record, Snapshot]
    assert events[0].step == 31
    assert events[0].eta == 0.005
    assert events[0].tau == pytest.approx(31 * 0.02)
    assert events[1].eta == 0.005
    with pytest.raises(ConfigError, match="eta is -1"):
        trainer.set_eta(-1)


def test_a_changed_eta_right_after_a_resume_is_recorded_too():
    snapshot = run(trainer_of(), 40)[-1]
    trainer = trainer_of(snapshot=snapshot)
    trainer.set_eta(0.01)
    assert records(trainer.advance(Ending(100)))[0].eta == 0.01


def test_what_is_measured_when():
    found = records(run(trainer_of(), 200))
    assert all(0 <= r.accuracy <= 1 and r.orthogonality_error < 1e-10 for r in found)
    assert {r.step for r in found if r.nll_valid is not None} >= {0, 20, 40, 200}
    assert {r.step for r in found if r.gamma is not None} >= {0, 30, 60}
    assert found[0].nll == pytest.approx(1.0)
    assert found[-1].nll < found[0].nll
    assert "nll_valid" not in next(r for r in found if r.nll_valid is None).to_json()


def test_the_halving_rule_halves_and_says_so_at_that_step():
    config = dataclasses.replace(CONFIG, auto_halve=True)
    trainer = trainer_of(config, valid=False)
    seen = []

    class Spiky:  # stands for the rule: says yes once, at the second value
        def update(self, nll):
            seen.append(nll)
            return len(seen) == 2

        def rest(self):
            pass

        def state(self):
            return {}

    trainer._spikes = [Spiky()]
    found = records(run(trainer, 100))
    assert seen[0] == pytest.approx(1.0)  # it is fed with the NLL itself
    n = WATCH_EVERY
    assert seen[1] == pytest.approx(next(r.nll for r in found if r.step == n), rel=1e-5)
    assert [r.eta for r in found] == [0.02 if r.step < n else 0.01 for r in found]
    assert found[-1].tau == pytest.approx(n * 0.02 + (100 - n) * 0.01)


def test_real_chaos_halves_eta():
    """At an eta far too large for two layers the learning spikes, and the rule brings it down."""
    config = RunConfig(depth=2, width=24, chorales=8, eta=0.1, auto_halve=True)
    data = Transitions.pack(load_edition("corpus").first(8), "per_note")
    start = fresh(config)
    trainer = Trainer([config], [start], data, None, make_learner(config, [start], data))
    found = records(run(trainer, 6000))
    assert found[-1].eta < 0.1


def test_recordings_cost_less_than_a_twentieth_of_the_time():
    """Held-out measurements and Gamma among them, at the class world's intervals."""
    config = PRESETS["class-near"].config
    edition, start = load_edition("corpus"), fresh(config)
    data, valid = load_data(config, edition)
    trainer = Trainer([config], [start], data, valid, make_learner(config, [start], data))
    trainer.step = 20_000  # past the log-spaced recordings
    times = {"plain": [], "recorded": [], "all measured": []}
    while trainer.step < 26_000:
        begun = time.thread_time()
        found = records(trainer.advance(Ending(10**6)))
        kind = "plain" if not found else "recorded" if found[0].gamma is None else "all measured"
        times[kind].append(time.thread_time() - begun)
    # Medians: other work on the machine makes single times long.
    plain, recorded, everything = (float(np.median(times[kind])) for kind in times)
    assert 0 < 4 * (recorded - plain) + everything - plain < 0.05 * 1000 * plain  # of a thousand steps


def test_divergence_is_said_and_not_stored():
    trainer = trainer_of()
    trainer.learner.master["K"] *= np.nan
    with pytest.raises(TrainingError, match="smaller eta"):
        run(trainer, 10)


def test_a_minibatch_larger_than_the_data_is_refused():
    with pytest.raises(TrainingError, match="minibatch size is 300 but there are only 21"):
        trainer_of(dataclasses.replace(CONFIG, batch_size=300))


def test_drift_is_measured_from_each_waiting_time():
    config = dataclasses.replace(CONFIG, waiting_times=(10, 30), checkpoint_every=1)
    events = run(trainer_of(config), 80)
    at = {event.step: event for event in events if isinstance(event, Snapshot)}
    found = [event for event in events if isinstance(event, AgingRecord)]
    assert {r.tau_w_step for r in found} == {10, 30}
    assert [r.step - 10 for r in found if r.tau_w_step == 10][:8] == [1, 2, 3, 4, 5, 6, 7, 8]
    for record in found:
        then, now = at[record.tau_w_step].weights, at[record.step].weights
        changes = {name: now[name] - then[name] for name in now}
        everything = np.concatenate([change.ravel() for change in changes.values()])
        assert pytest.approx(np.mean(everything**2), rel=1e-12) == record.D
        both_J = np.concatenate([changes["J.0"].ravel(), changes["J.1"].ravel()])
        assert record.kinds["J"] == pytest.approx(np.mean(both_J**2), rel=1e-12)
        assert record.tau_w == pytest.approx(record.tau_w_step * 0.02)
        assert record.tau == pytest.approx((record.step - record.tau_w_step) * 0.02)


@pytest.mark.parametrize("at", [40, 30])  # 30 is a waiting time itself
def test_drift_goes_on_exactly_after_a_resume(at):
    config = dataclasses.replace(CONFIG, waiting_times=(10, 30))
    whole = [e for e in run(trainer_of(config), 80) if isinstance(e, AgingRecord)]
    first = run(trainer_of(config), at)
    snapshots = {e.step: e for e in first if isinstance(e, Snapshot)}
    learner = make_learner(config, [snapshots[at]], toy_data())
    references = [[snapshots[10], snapshots[30]]]
    rest = run(Trainer([config], [snapshots[at]], toy_data(), None, learner, references), 80)
    assert [e for e in first + rest if isinstance(e, AgingRecord)] == whole


def test_full_batch_records_one_loss():
    config = dataclasses.replace(CONFIG, batch_size="all")
    assert all(r.nll == r.nll_minibatch for r in records(run(trainer_of(config), 20)))


def test_without_numba_torch_takes_over(monkeypatch):
    monkeypatch.setitem(sys.modules, "glassy_core.network.compiled.learner", None)  # as where it cannot be imported
    config = dataclasses.replace(CONFIG, engine="compiled")
    assert type(make_learner(config, [fresh(config)], toy_data())).__name__ == "TorchLearner"
