"""Memory is reckoned before it is taken, and what is not there is one sentence."""

from dataclasses import replace

import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import memory
from glassy_core.jobs.execution import execute
from glassy_core.jobs.memory import TooLargeError
from glassy_core.jobs.speed import measure
from glassy_core.presets import PRESETS
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig, usual

LARGEST = RunConfig(depth=50, width=2000)


@pytest.mark.parametrize(
    ("config", "transitions", "seen"),  # bytes, by the process's peak before and in training
    [
        (RunConfig(depth=10, width=300, waiting_times=()), 190, 140e6),
        (RunConfig(depth=10, width=300, waiting_times=()), 2367, 448e6),
        (RunConfig(depth=10, width=600, waiting_times=()), 190, 441e6),
        (RunConfig(depth=6, width=500, waiting_times=(3, 6)), 190, 273e6),
        (replace(usual("flow"), depth=10, width=300), 190, 1211e6),
    ],
)
def test_what_is_reckoned_is_what_was_seen(config, transitions, seen):
    assert memory.needed(config, transitions) == pytest.approx(seen, rel=0.25, abs=memory.LEAST)


def test_the_largest_network_is_refused_before_it_takes_anything(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "free", lambda: 16e9)
    run = RunStore(tmp_path).create(LARGEST, load_edition("corpus").digest)
    with pytest.raises(TooLargeError, match=r"d = 50 and w = 2000 needs about 35 GB.* 16 GB are free here: take fewer"):
        execute(run)
    assert run.state().status == "failed"
    assert "GB are free here" in run.state().error
    with pytest.raises(TooLargeError, match="fewer chorales"):
        measure(LARGEST)


def test_what_the_presets_train_is_never_refused(monkeypatch):
    monkeypatch.setattr(memory, "free", lambda: 0.0)
    for name in ("class-under", "class-near", "class-over", "paper-d2-near"):
        memory.check([PRESETS[name].config], 5000)


def test_a_container_has_what_its_limit_leaves(tmp_path, monkeypatch):
    machine = memory.free()
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    assert memory.free() == pytest.approx(machine, rel=0.5)
    (tmp_path / "memory.current").write_text("100\n", encoding="ascii")
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    assert memory.free() == pytest.approx(machine, rel=0.5)
    (tmp_path / "memory.max").write_text("1100\n", encoding="ascii")
    assert memory.free() == 1000
    (tmp_path / "memory.stat").write_text("anon 30\ninactive_file 70\nactive_file 0\n", encoding="ascii")
    assert memory.free() == 1070  # what was only read makes room
    (tmp_path / "memory.stat").write_text("no such lines", encoding="ascii")
    assert memory.free() == 1000
