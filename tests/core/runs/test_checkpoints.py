"""Checkpoints: exact, the same bytes for the same snapshot, and refused where damaged."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassy_core.network.learner import DELTAS
from glassy_core.network.rules import RULES
from glassy_core.runs import checkpoints
from glassy_core.runs.checkpoints import CheckpointError, path_of, prune, read, steps_in, write
from glassy_core.settings import RunConfig
from glassy_core.training.records import fresh

CONFIG = RunConfig(depth=2, width=5)
shapes = RULES["delayed"].shapes


def snapshot_at(step):
    rng = np.random.default_rng(step)
    state = {name: rng.normal(size=(2, 21, 5)).astype(np.float32) for name in DELTAS}
    return dataclasses.replace(fresh(CONFIG), step=step, tau_origin=(7, 0.1 + 0.2), eta=1 / 3, state=state)


def test_round_trip_is_exact(tmp_path):
    original = snapshot_at(700)
    found = read(write(tmp_path, original), 2, 5, shapes(2, 5, 21))
    for name, value in original.weights.items():
        assert found.weights[name].dtype == np.float64
        assert np.array_equal(found.weights[name], value)
    assert list(found.state) == list(DELTAS)
    for name, value in original.state.items():
        assert np.array_equal(found.state[name], value)
        assert found.state[name].dtype == np.float32
    assert (found.step, found.eta, found.tau_origin, found.rng) == (700, 1 / 3, (7, 0.1 + 0.2), original.rng)
    assert found.tau == original.tau


def test_the_same_snapshot_gives_the_same_bytes(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a, b = write(tmp_path / "a", snapshot_at(3)), write(tmp_path / "b", snapshot_at(3))
    assert a.read_bytes() == b.read_bytes()
    assert a.name == "step-000000000003.safetensors"


@pytest.mark.parametrize(("depth", "width", "P"), [(2, 6, 21), (3, 5, 21), (2, 5, 22)])
def test_a_checkpoint_of_another_shape_is_refused(tmp_path, depth, width, P):
    path = write(tmp_path, snapshot_at(1))
    with pytest.raises(CheckpointError, match="does not fit this run"):
        read(path, depth, width, shapes(depth, width, P))
    assert path.exists()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_flipped_bit_goes_unnoticed(tmp_path_factory, data):
    path = write(tmp_path_factory.mktemp("flip"), snapshot_at(1))
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    with pytest.raises(CheckpointError):
        read(path, 2, 5, shapes(2, 5, 21))


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=200))
def test_garbage_is_refused_in_one_sentence(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("garbage") / "step-000000000001.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"step-000000000001\.safetensors"):
        read(path, 2, 5)


def test_a_truncated_or_missing_checkpoint_is_refused(tmp_path):
    path = write(tmp_path, snapshot_at(1))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CheckpointError, match="cannot be read"):
        read(path, 2, 5)
    with pytest.raises(CheckpointError, match="missing"):
        read(tmp_path / "step-000000000009.safetensors", 2, 5)


def test_pruning_keeps_the_last_two_whole_and_the_milestones_weights(tmp_path):
    for step in (0, 256, 300, 512, 600, 900, 1024):
        write(tmp_path, snapshot_at(step))
        prune(tmp_path, CONFIG)
    assert steps_in(tmp_path) == [0, 256, 512, 900, 1024]
    kept = {step: read(path_of(tmp_path, step), 2, 5) for step in steps_in(tmp_path)}
    assert [step for step, snapshot in kept.items() if snapshot.state] == [900, 1024]
    assert np.array_equal(kept[256].weights["K"], snapshot_at(256).weights["K"])


def test_other_files_are_not_checkpoints(tmp_path):
    (tmp_path / ".step-000000000001.safetensors.4.tmp").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert steps_in(tmp_path) == []
    assert checkpoints.steps_in(tmp_path / "missing") == []
