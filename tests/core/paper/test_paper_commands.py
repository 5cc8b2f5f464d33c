"""Every number that the Paper page says of the gallery is printed by the command that the page shows for it."""

import json
import re
import shlex
import shutil
from decimal import Decimal

import numpy as np
import pytest

from glassy_core.commands.main import main
from glassy_core.figures.network import counts
from glassy_core.files import ROOT
from glassy_core.network.equations import parameter_count
from glassy_core.paper.evidence import Evidence
from glassy_core.paper.figures import findings, of_figure
from glassy_core.runs import probes
from glassy_core.runs.groups import readable
from glassy_core.runs.store import DEFAULT_DIRECTORY, GALLERY, GALLERY_VARIABLE, RunStore, open_store

README = (ROOT / "README.md").read_text(encoding="utf-8")

NUMBER = r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?"
NAMES = r"\b(?:d|w|tau_w) = [\d.]+"  # of networks and curves, not results


def numbers(text):
    return [float(number) for number in re.findall(NUMBER, text)]


def missing(text, printed):
    """Numbers of a text that are not among the printed ones, to the digit that the text gives."""
    found = re.findall(NUMBER, re.sub(NAMES, "", text.replace("\u202f", "")))
    unit = {number: 10.0 ** Decimal(number).as_tuple().exponent for number in found}
    return [number for number in found if not any(abs(float(number) - x) <= 0.5001 * unit[number] for x in printed)]


def printed_by(command, capsys, *more):
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "glassy_core"]
    assert main([*words[3:], *more]) == 0
    return capsys.readouterr().out


OF_DEFAULT_STORE = ("--runs-dir", str(DEFAULT_DIRECTORY))


@pytest.fixture(scope="module")
def known():
    return findings(Evidence.of(readable(open_store(DEFAULT_DIRECTORY).runs())))


def test_the_reading_of_numbers_finds_what_is_missing():
    assert missing("d = 1: 18.2 [12.7, 2.1e-05]; tau_w = 80 from x = 3", [18.22, 12.74, 2.13e-05, 3.0]) == []
    assert missing("18.2 [-12.7]", [18.31, 12.7]) == ["18.2", "-12.7"]


def test_what_no_run_could_have_shown_otherwise_is_no_agreement(known):
    assert [finding.verdict for finding in known if finding.figure in (1, 6)] == 2 * ["by construction"]


@pytest.mark.parametrize("figure", range(1, 10))
def test_a_figures_command_prints_all_that_its_table_says(known, figure, capsys):
    of_this = [finding for finding in known if finding.figure == figure]
    assert of_this
    printed = printed_by(of_figure(figure), capsys, *OF_DEFAULT_STORE)
    for finding in of_this:
        for part in (finding.what, finding.paper, finding.ours, finding.words):
            assert str(part) in printed
    assert sum(line.startswith("Fig. ") for line in printed.splitlines()) == len(of_this)


def test_the_measurements_commands_print_their_numbers(known, capsys):
    of_runs = {}
    for finding in known:
        if finding.command not in (of_figure(finding.figure), "") and " probe " not in finding.command:
            of_runs.setdefault(finding.command, []).append(finding)
    assert len(of_runs) > 5
    for command, found in of_runs.items():
        printed = numbers(printed_by(command, capsys, *OF_DEFAULT_STORE))
        for finding in found:
            assert (str(finding.what), missing(str(finding.ours), printed)) == (str(finding.what), [])


@pytest.mark.usefixtures("paper_path")
def test_the_noise_probe_is_measured_again_from_the_gallery(known, tmp_path, capsys):
    (finding,) = (one for one in known if one.figure == 4)
    (source,) = finding.sources
    run = open_store(DEFAULT_DIRECTORY).get(source.run)
    (kept,) = (probes.load(path) for path in probes.kept(run))
    printed = numbers(printed_by(of_figure(4), capsys, *OF_DEFAULT_STORE))
    assert missing(str(finding.ours), printed) == []
    shutil.copytree(run.path, tmp_path / run.id)
    shutil.rmtree(tmp_path / run.id / "probes")
    printed_by(finding.command, capsys, "--steps", "60", "--runs-dir", str(tmp_path))  # of the probe's 1000
    (path,) = probes.kept(RunStore(tmp_path).get(run.id))
    for again, before in zip(probes.load(path).traces, kept.traces, strict=True):
        # Arithmetic of other processors differs in the last digits.
        np.testing.assert_allclose(again.nll, before.nll[:60], rtol=1e-5)


def test_a_networks_size_is_printed(capsys):
    sizes = json.loads(printed_by("python -m glassy_core network --depth 3 --width 20 --json", capsys))
    assert sizes == {"weights": counts(3, 20), "free_parameters": round(parameter_count(3, 20))}
    assert main(["network", "--depth", "0"]) == 2
    assert "it must be from 1" in capsys.readouterr().err


def test_the_written_reproduction_is_what_the_gallerys_runs_say(tmp_path, monkeypatch, capsys):
    """Else: python -m glassy_core paper --markdown > docs/reproduction.md, in a clone without runs of its own."""
    monkeypatch.setenv(GALLERY_VARIABLE, str(GALLERY))
    printed = printed_by("python -m glassy_core paper --markdown", capsys, "--runs-dir", str(tmp_path))
    assert printed == (ROOT / "docs" / "reproduction.md").read_text(encoding="utf-8")


def test_the_readmes_numbers_are_those_of_the_reproduction():
    reproduction = (ROOT / "docs" / "reproduction.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", README, re.MULTILINE)
    rows = [row for row in table if row[3] in ("agrees", "differs", "open")]
    assert len(rows) >= 5
    for what, paper, ours, verdict in rows:
        assert re.search(rf"{re.escape(f'{what} | {paper} | {ours} |')} .* \| {verdict} \|", reproduction), what


def test_each_waiting_times_alpha_is_what_its_command_says(known, capsys):
    (ours,) = (finding for finding in known if str(finding.what) == "short-time exponent alpha, d = 2, w = 30")
    words = str(ours.words)
    times, values = (
        re.search(rf"{before} ([\d., ]+)\.", words).group(1).split(", ") for before in ("tau_w =", "by itself:")
    )
    assert len(times) == len(values) >= 5
    for tau_w, value in zip(times, values, strict=True):
        alone = json.loads(printed_by(f"{ours.command} --tau-w {tau_w}", capsys, *OF_DEFAULT_STORE))
        assert f"{alone['alpha']['value']:.2f}" == value


def test_aging_is_asked_for_one_waiting_time(capsys):
    (run,) = GALLERY.glob("*-d2-w30-s0-4af5")
    assert main(["aging", run.name, "--tau-w", "70", *OF_DEFAULT_STORE]) == 2
    assert "No waiting time is 70 in proper time: there are 80, 160" in capsys.readouterr().err
    alone = json.loads(printed_by(f"python -m glassy_core aging {run.name} --tau-w 80 --json", capsys))
    assert alone["mu"] is None
    assert "mu: One waiting time alone has nothing to collapse on" in alone["why"]
    assert main(["aging", run.name, "--origin", "-1", *OF_DEFAULT_STORE]) == 2
    assert "--origin is -1: give tau/tau_w from 0 to below 1" in capsys.readouterr().err
    assert main(["aging", run.name, "--tau-w", "0", *OF_DEFAULT_STORE]) == 2
    assert "--tau-w is 0: give a waiting time in proper time, above 0." in capsys.readouterr().err
