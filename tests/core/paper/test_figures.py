"""The rows of the paper's figures, on the terminal."""

import json

import pytest

from glassy_core.commands.main import main
from glassy_core.paper import figures
from glassy_core.paper.evidence import Evidence
from glassy_core.paper.figures import FIGURES, PaperFigure, findings
from glassy_core.paper.findings import Statement
from glassy_core.paper.text import NLL_INF, Quantity, text
from glassy_core.physics.estimate import Estimate
from glassy_core.presets import PRESETS
from glassy_core.runs.groups import readable
from glassy_core.runs.store import RunStore
from tests.made_runs import write_run

MADE_UP = Estimate(0.25, 0.2, 0.3)
NUMBER = 99  # of a figure made up


def made_up_findings(evidence):
    statement = Statement(NUMBER, text("floor of the floors, ", NLL_INF), text(Quantity(0.24, digits=6)))
    yield statement.judged(text(Quantity(MADE_UP, "bits")), "agrees", text("Made up."), evidence.classroom)


@pytest.fixture
def made_up(monkeypatch):
    """One figure more."""
    row = PaperFigure(NUMBER, "a figure made up", made_up_findings)
    monkeypatch.setattr(figures, "FIGURES", (*FIGURES, row))
    return row


def test_every_row_gives_statements_of_its_own_figure(tmp_path):
    evidence = Evidence.of(readable(RunStore(tmp_path / "runs").runs()))
    numbers = [row.number for row in FIGURES]
    assert numbers[:9] == list(range(1, 10))
    assert numbers == sorted(set(numbers))
    for row in FIGURES:
        assert {finding.figure for finding in row.findings(evidence)} <= {row.number}
        assert findings(evidence, [row]) == [one for one in findings(evidence) if one.figure == row.number]


@pytest.mark.usefixtures("made_up")
def test_a_new_row_is_printed_and_counted(tmp_path, capsys):
    run = write_run(RunStore(tmp_path), PRESETS["class-under"].config, [1.0, 2.0], [0.5, 0.4])
    assert main(["paper", "--runs-dir", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert f"Fig. {NUMBER}  agrees   floor of the floors, NLL_inf (paper)" in printed
    assert "paper: 0.24; here: 0.25 [0.2, 0.3] bits. Made up." in printed
    assert "Fig. 1  by construction free parameters" in printed
    assert "On the paper's own task: 1 agree, 0 differ" in printed  # Fig. 1 is not counted
    assert main(["paper", "--runs-dir", str(tmp_path), "--figure", str(NUMBER), "--json"]) == 0
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["what"], finding["ours"]) == ("floor of the floors, NLL_inf", "0.25 [0.2, 0.3] bits")
    assert finding["command"] == f"python -m glassy_core paper --figure {NUMBER}"
    assert [source["run"] for source in finding["sources"]] == [run.id]
    assert list(finding) == "figure what paper ours verdict words world sources command".split()


def test_a_figure_that_is_none_is_refused(tmp_path, capsys):
    assert main(["paper", "--runs-dir", str(tmp_path), "--figure", "98"]) == 2
    numbers = ", ".join(str(row.number) for row in FIGURES)
    assert f"There is no figure 98 on the Paper page: choose one of {numbers}." in capsys.readouterr().err


def test_findings_carry_their_numbers_with_units(tmp_path):
    store = RunStore(tmp_path)
    write_run(store, PRESETS["paper-d2-under"].config, [1.0, 2.0, 3.0], [0.5, 0.4, 0.4])
    (level, *_) = findings(Evidence.of(readable(store.runs())), [FIGURES[1]])
    bits, tau = (part for part in level.ours.parts if isinstance(part, Quantity))
    assert (bits.unit, bits.value) == ("bits", pytest.approx(0.4))
    assert tau.value == pytest.approx(3.0)
