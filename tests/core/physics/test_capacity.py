"""Parameters at w_c for what there is to learn: of the atlas as its findings say, and of a run's data."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.commands.main import main
from glassy_core.editions.catalogue import PAPER
from glassy_core.editions.encoding import LOWEST_PITCH, N_PITCHES, pitch_bits
from glassy_core.editions.loading import edition_at_hand
from glassy_core.physics.critical_width.capacity import Capacity, Load
from glassy_core.physics.critical_width.criticality import critical
from glassy_core.physics.critical_width.learning_times import Recording
from glassy_core.physics.critical_width.next_of_map import best_run, most_telling
from glassy_core.physics.estimate import Estimate
from glassy_core.presets import preset
from glassy_core.runs.measured import load_of


def test_bits_of_pitches_by_themselves():
    """One pitch that always sounds, one that does so every other time: one bit a transition."""
    low, high = LOWEST_PITCH, LOWEST_PITCH + 1
    assert pitch_bits([((low,), (low, high), (low,), (low, high), (low,))]) == (4, pytest.approx(1))


def test_without_hidden_units_there_are_w_and_h0():
    load = Load(chorales=3, transitions=100, bits=20)
    at = Capacity(load, 2, 0.01, Estimate(10, 5, 20))
    whole = 10 * N_PITCHES * 2 + 10 * 10 + 2 * 45 + N_PITCHES**2 + N_PITCHES
    assert at.parameters.value == whole
    assert at.a_transition.value == whole / 100
    assert at.a_bit.value == whole / 2000
    assert at.hidden.value == (whole - N_PITCHES**2 - N_PITCHES) / 100
    assert at.hidden.low < at.hidden.value < at.hidden.high


def test_the_papers_load_is_known_without_its_file(monkeypatch, tmp_path):
    config = preset("paper-flow-d2-near").config
    edition = edition_at_hand("paper")
    measured = edition and load_of(config.edition, config.chorales, edition.digest)
    monkeypatch.setenv(PAPER.variable, str(tmp_path / "none.json"))
    written = load_of(config.edition, config.chorales, PAPER.sha256)
    assert (written.transitions, written.chorales) == (4597, 80)
    if measured:
        assert measured.transitions == written.transitions
        assert measured.bits == pytest.approx(written.bits, abs=1e-3)
    assert load_of(config.edition, config.chorales, "another") is None


def test_the_command_says_what_the_findings_say(tmp_path, capsys):
    """From 8 chorales on, each transition takes as many parameters of hidden units; fewer where W does much."""
    assert main(["capacity", "--json", "--runs-dir", str(tmp_path)]) == 0
    hidden = {(one["chorales"], one["depth"]): one["hidden"] for one in json.loads(capsys.readouterr().out)}
    assert set(hidden) >= {(n, depth) for n in (1, 2, 4, 8) for depth in (1, 2, 3)}
    for depth in (1, 2):
        assert hidden[2, depth]["value"] < hidden[4, depth]["value"] < hidden[8, depth]["value"]
    assert hidden[2, 2]["high"] < 3.15 < hidden[8, 2]["high"]
    assert hidden[8, 2]["low"] < 3.15  # what the paper's task takes
    assert np.isfinite([end for one in hidden.values() for end in one.values()]).all()


def of_a_line(seconds_a_tau, noise=0.02):
    """Eight widths with 1/tau* = (w - 20) / 100, of which each took so many seconds a tau; the width's w_c."""
    rng = np.random.default_rng(0)
    curves = []
    for width in (22, 24, 27, 30, 34, 38, 44, 50):
        rate = (width - 20) / 100 * np.exp(noise * rng.normal())
        tau = np.geomspace(0.01, 400, 400)
        curves.append(Recording(1, width, 0, tau, 0.01 * np.minimum(1 / (rate * tau), 50), f"w{width}"))
    at = critical(curves, copies=50).depths[1].thresholds[0.01]
    took = {time.run: seconds_a_tau(time.width) * time.tau_star for time in at.points}
    return Capacity(Load(8, 546, 16), 1, 0.01, at.w_c), at, took


def test_the_run_that_tells_most_for_its_hours():
    """With a second a tau everywhere it is a wide one; where those take ten thousand times as long, a narrow one."""
    even = best_run(*of_a_line(lambda width: 1.0))
    assert even.width > 40
    assert even.seconds == pytest.approx(even.tau, rel=1e-6)
    assert even.tau == pytest.approx(100 / (even.width - 20), rel=0.1)
    dear = best_run(*of_a_line(lambda width: 1.0 if width < 31 else 1e4))
    assert dear.width < even.width - 10
    assert 0 < even.shrink < 1


def test_what_is_planned_is_not_offered_again_and_without_times_there_is_nothing():
    capacity, at, took = of_a_line(lambda width: 1.0)
    first = best_run(capacity, at, took)
    assert best_run(capacity, at, took, {(first.width, first.seed)}).seed == first.seed + 1
    assert best_run(capacity, at, {}) is None


def test_the_widest_interval_comes_first():
    capacity, at, took = of_a_line(lambda width: 1.0)
    wider = replace(capacity, w_c=Estimate(20, 1, 60))
    offers = most_telling([best_run(capacity, at, took), best_run(wider, at, took)])
    assert [offer.capacity for offer in offers] == [wider, capacity]
    assert offers[0].an_hour == pytest.approx(offers[0].spread * offers[0].shrink * 3600 / offers[0].seconds)
