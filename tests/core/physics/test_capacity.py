"""Parameters at w_c for what there is to learn: of the atlas as its findings say, and of a run's data."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glassy_core.editions.catalogue import PAPER
from glassy_core.editions.encoding import LOWEST_PITCH, N_PITCHES, pitch_bits
from glassy_core.editions.loading import edition_at_hand
from glassy_core.physics.critical_width.capacity import Capacity, Load
from glassy_core.physics.estimate import Estimate
from glassy_core.presets import preset
from glassy_core.runs.measured import load_of

ROOT = Path(__file__).resolve().parents[3]


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


def test_the_command_says_what_the_findings_say(tmp_path):
    """From 8 chorales on, each transition takes as many parameters of hidden units; fewer where W does much."""
    command = [sys.executable, "-m", "glassy_core", "capacity", "--json", "--runs-dir", str(tmp_path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, encoding="utf-8").stdout
    hidden = {(one["chorales"], one["depth"]): one["hidden"] for one in json.loads(said)}
    assert set(hidden) >= {(n, depth) for n in (1, 2, 4, 8) for depth in (1, 2, 3)}
    for depth in (1, 2):
        assert hidden[2, depth]["value"] < hidden[4, depth]["value"] < hidden[8, depth]["value"]
    assert hidden[2, 2]["high"] < 3.15 < hidden[8, 2]["high"]
    assert hidden[8, 2]["low"] < 3.15  # what the paper's task takes
    assert np.isfinite([end for one in hidden.values() for end in one.values()]).all()
