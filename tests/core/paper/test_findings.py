"""The paper's statements beside runs whose answers are known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.paper.aging import breaks_down
from glassy_core.paper.critical_width import _of_all
from glassy_core.paper.evidence import Evidence
from glassy_core.paper.figures import findings
from glassy_core.paper.findings import TOO_UNCERTAIN, Statement, judge, weigh, weigh_alone
from glassy_core.paper.growth import late
from glassy_core.paper.learning_curves import worth_drawing
from glassy_core.paper.numbers import CURVES, PAPER_EXPONENT, PAPER_ORIGIN
from glassy_core.paper.text import text
from glassy_core.physics.aging.aging import aging
from glassy_core.physics.aging.fluctuations import DeltaCurve
from glassy_core.physics.estimate import Estimate
from glassy_core.physics.learning_curves.power_law import PowerLawFit
from glassy_core.presets import PRESETS
from glassy_core.runs.groups import readable
from glassy_core.runs.measured import trajectory
from glassy_core.runs.records import COLUMNS, Series, best_speed
from glassy_core.runs.run import ARCHIVED, RunError
from glassy_core.runs.store import RunStore
from tests.made_runs import EXPONENT, W_C, write_aging, write_run, write_sweep


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def found(store, figure, world="paper"):
    return {
        str(finding.what): finding
        for finding in findings(Evidence.of(readable(store.runs())))
        if finding.figure == figure and finding.world == world
    }


def write_law(store, preset, nll_inf, exponent, last, status="stopped"):
    """A run that follows a power law up to tau = last, with the relative noise of SGD."""
    config = PRESETS[preset].config
    tau = np.geomspace(0.01, last, 600)
    noise = np.exp(0.001 * np.random.default_rng(7).normal(size=tau.size))
    return write_run(store, config, tau, np.minimum(1, (nll_inf + 0.6 * tau**-exponent) * noise), status)


def test_a_value_agrees_where_the_intervals_meet():
    ours = Estimate(0.5, 0.45, 0.55)
    assert judge(ours, 0.52, 0.0) == "agrees"
    assert judge(ours, 0.6, 0.05) == "agrees"
    assert judge(ours, 0.6, 0.04) == "differs"
    assert judge(ours, 0.4, 0.04) == "differs"


def test_a_wide_interval_leaves_open_unless_it_has_no_value_of_the_papers():
    assert weigh(Estimate(1.04, 0.48, 1.61), 0.7, 0.1) == ("open", TOO_UNCERTAIN)
    assert weigh(Estimate(1.16, 0.815, 1.50), 0.7, 0.1) == ("differs", "")
    assert weigh(Estimate(0.7, 0.45, 0.95), 0.7, 0.1) == ("agrees", "")
    assert weigh(Estimate(1.2, 1.0, 1.4), 0.7, 0.1) == ("differs", "")


def test_what_holds_a_trivial_value_or_has_no_stated_error():
    assert weigh(Estimate(0.9, 0.75, 1.05), 0.7, 0.1, trivial=1.0)[0] == "open"
    assert "holds 1, too" in weigh(Estimate(0.9, 0.75, 1.05), 0.7, 0.1, trivial=1.0)[1]
    assert weigh(Estimate(0.8, 0.65, 0.95), 0.7, 0.1, trivial=1.0) == ("agrees", "")
    assert weigh(Estimate(1.1, 0.9, 1.3), 0.7, 0.1, trivial=1.0) == ("differs", "")
    assert weigh_alone(Estimate(0.65, 0.54, 0.76), 0.66, 0.005) == ("agrees", "")
    assert weigh_alone(Estimate(0.65, 0.45, 0.85), 0.66, 0.005) == ("open", TOO_UNCERTAIN)
    assert weigh_alone(Estimate(0.55, 0.45, 0.65), 0.66, 0.005) == ("differs", "")


def test_a_run_with_another_learning_rate_does_not_stand_for_the_papers(store):
    write_law(store, "paper-d2-under", 0.1265, 0.52, 500)
    config = replace(PRESETS["paper-d2-under"].config, eta=0.04)
    diverged = write_run(store, config, np.geomspace(0.1, 5000, 300), np.full(300, 0.9))
    assert Evidence.of(readable(store.runs())).network(2, 30).config.eta == 4e-4
    alone = RunStore(store.directory / "alone")
    write_run(alone, diverged.config(), np.geomspace(0.1, 5000, 300), np.full(300, 0.9))
    assert Evidence.of(readable(alone.runs())).network(2, 30).config.eta == 0.04


@pytest.mark.parametrize(("width", "preset"), [(30, "paper-d2-under"), (90, "paper-d2-over")])
def test_the_papers_own_law_agrees_and_another_differs(store, width, preset):
    law = CURVES[2, width]
    write_law(store, preset, law.nll_inf, law.exponent, 5000)
    ours = found(store, 3)
    assert ours[f"exponent a, d = 2, w = {width}"].verdict == "agrees"
    assert ours[f"NLL_inf, d = 2, w = {width}"].verdict == "agrees"
    other = RunStore(store.directory / "other")
    write_law(other, preset, law.nll_inf, law.exponent + 0.4, 5000)
    assert found(other, 3)[f"exponent a, d = 2, w = {width}"].verdict == "differs"


def test_a_short_run_is_open_and_says_how_long_it_takes(store):
    run = write_law(store, "paper-d2-under", 0.1265, 0.52, 500)
    steps = [record["step"] for _, record in run.metrics()]
    lines = [json.dumps({"step": step, "seconds": step / 1000}) + "\n" for step in steps]  # 1000 steps a second
    run.timing_path.write_text("".join(lines), encoding="utf-8")
    ours = found(store, 3)["exponent a, d = 2, w = 30"]
    assert ours.verdict == "open"
    assert str(ours.ours) == "-"
    missing = "2\u202f800\u202f000 steps missing, about 46 minutes at its best speed"  # 1100 / 4e-4 steps
    assert missing in str(ours.words)
    assert ours.sources[0].run == run.id
    assert ours.command.endswith("paper --figure 3")


def test_what_a_copy_cannot_do_begins_anew(store):
    run = write_law(store, "paper-d2-under", 0.1265, 0.52, 500)
    values = json.loads((run.path / "config.json").read_text(encoding="utf-8"))
    (run.path / "config.json").write_text(json.dumps(values | {ARCHIVED: True}), encoding="utf-8")
    words = str(found(store, 3)["exponent a, d = 2, w = 30"].words)
    assert "this run ends at 500" in words
    assert "train --preset paper-d2-under --steps 4000000`" in words


def test_a_level_not_reached_yet_has_hours_along_the_papers_law(store):
    write_law(store, "paper-d5", 0.0, 1.57, 5)
    words = str(found(store, 3)["exponent a, d = 5, w = 70, NLL 0.02 to 0.1"].words)
    needed = float(words.split("it needs tau = ")[1].split(";")[0])
    assert needed == pytest.approx((0.6 / 0.02) ** (1 / 1.57), rel=0.03)


def empty():
    return Series(**{name: np.empty(0) for name in COLUMNS})


def test_the_speed_is_that_of_quick_stretches():
    seconds = np.cumsum([0.0] + 80 * [10.0] + 20 * [2.0])  # most of the time the machine had other work
    series = replace(empty(), step=np.arange(101) * 1000, seconds=seconds)
    assert best_speed(series) == pytest.approx(500)
    assert best_speed(replace(series, seconds=np.nan * seconds)) is None


def test_pure_power_laws_are_judged_between_two_levels(store):
    write_law(store, "paper-d5", 0.0, 1.57, 100)
    assert found(store, 3)["exponent a, d = 5, w = 70, NLL 0.02 to 0.1"].verdict == "agrees"
    high = RunStore(store.directory / "high")
    write_law(high, "paper-d5", 0.0, 1.57, 5)  # NLL 0.05
    ours = found(high, 3)["exponent a, d = 5, w = 70, NLL 0.02 to 0.1"]
    assert ours.verdict == "open"
    assert "must come down to 0.02" in str(ours.words)


def test_a_sweep_of_known_widths_agrees_and_one_turned_round_differs(store):
    write_sweep(store)
    ours = found(store, 5, "class")["the deeper the network, the smaller w_c"]
    assert W_C[2] < W_C[1]
    assert found(store, 6, "class")["w_c falls with NLL*"].verdict == "open"  # it does not
    assert ours.verdict == "agrees"
    turned = RunStore(store.directory / "turned")
    for run in write_sweep(turned):
        config = run.config()
        values = (run.path / "config.json").read_text(encoding="utf-8")
        (run.path / "config.json").write_text(
            values.replace(f'"depth": {config.depth}', f'"depth": {3 - config.depth}'), encoding="utf-8"
        )
    assert found(turned, 5, "class")["the deeper the network, the smaller w_c"].verdict == "differs"


def test_made_aging_has_its_exponent_and_its_collapse(store):
    run = write_aging(store, "paper-d2-under", origin=PAPER_ORIGIN)
    ours = found(store, 9)["exponent of Delta, tau / tau_w from 1 to 6, tau_w = 80"]
    assert abs(EXPONENT - PAPER_EXPONENT) < 0.01
    assert ours.verdict == "agrees"
    assert run.id in ours.command
    plainly, flat = RunStore(store.directory / "plainly"), RunStore(store.directory / "flat")
    write_aging(flat, "paper-d2-under", origin=-30)
    assert found(flat, 9)["exponent of Delta, tau / tau_w from 1 to 6, tau_w = 80"].verdict == "differs"
    write_aging(plainly, "paper-d2-under")
    assert found(plainly, 7)["d = 2, w = 30: all waiting times on one curve of tau / tau_w"].verdict == "agrees"
    still = RunStore(store.directory / "still")
    write_aging(still, "paper-d2-under", mu=0.0)
    assert found(still, 7)["d = 2, w = 30: all waiting times on one curve of tau / tau_w"].verdict == "differs"


@pytest.mark.parametrize("times", [1, 5])
def test_an_exponent_is_said_to_fall_only_between_waiting_times(store, times):
    run = write_aging(store, "paper-d2-under")
    kept = sorted({json.loads(line)["tau_w_step"] for line in run.aging_path.read_text(encoding="utf-8").splitlines()})[
        :times
    ]
    records = [json.loads(line) for line in run.aging_path.read_text(encoding="utf-8").splitlines()]
    for record in records:
        x, k = record["tau"] / record["tau_w"], np.log2(record["tau_w_step"] / kept[0])
        D = 1e-4 * x ** (1.1 - 0.1 * k) * np.exp(np.sin(np.log(x)))
        record |= {name: D for name in record if name.startswith("D")}
    lines = [json.dumps(record) + "\n" for record in records if record["tau_w_step"] in kept]
    run.aging_path.write_text("".join(lines), encoding="utf-8")
    ours = found(store, 7)["short-time exponent alpha, d = 2, w = 30"]
    assert ours.verdict == "open"
    assert ("It still falls" in str(ours.words)) is (times > 1)


@pytest.mark.parametrize(("grows", "verdict"), [(lambda x: 2 + np.log(x), "agrees"), (lambda x: x**0.66, "differs")])
def test_late_growth_is_a_logarithm_or_not(grows, verdict):
    x = np.geomspace(0.01, 20, 200)
    delta = grows(np.maximum(x, 0.2))
    first = DeltaCurve(0, 80.0, 80.0 * x, delta, x * np.nan, x * np.nan, 1)
    found = late([first])
    assert found.verdict == verdict
    assert str(found.ours).startswith("B = ")
    assert "records up to x = 20" in str(found.words)
    few = replace(first, tau=first.tau[3::4], delta=first.delta[3::4], low=first.low[3::4], high=first.high[3::4])
    found = late([few])
    assert found.verdict == "open"
    assert "records up to" in str(found.words)
    assert "would tell more" in str(found.words)


def test_without_its_gamma_a_run_says_nothing_of_delta(store):
    run = write_aging(store, "paper-d2-under", origin=PAPER_ORIGIN)
    lines = run.metrics_path.read_text(encoding="utf-8").splitlines(keepends=True)
    run.metrics_path.write_text("".join(lines[:2]), encoding="utf-8")  # as a disk that lost the rest would leave it
    for figure in (7, 9):
        for finding in found(store, figure).values():
            assert finding.verdict == "open"
    with pytest.raises(RunError, match=r"Gamma is known up to tau = .* only: metrics.jsonl lacks lines"):
        trajectory(run)


def test_depths_agree_only_with_most_intervals_apart():
    assert [_of_all(*counts) for counts in ((5, 3, 5), (5, 2, 5), (4, 4, 5), (0, 0, 5), (0, 0, 0))] == [
        "agrees", "open", "open", "differs", "open",
    ]  # fmt: skip


def curves(*factors, last=20):
    """Delta = x^0.66 up to x = last, of one waiting time each, times exp(factor(x))."""
    x = np.geomspace(0.01, last, 200)
    return [
        DeltaCurve(k, 50.0 * 2**k, 50.0 * 2**k * x, x**0.66 * np.exp(factor(x)), x * np.nan, x * np.nan, 1)
        for k, factor in enumerate(factors)
    ]


def still(x):
    return 0 * x


def leaves(x):
    return np.where(x > 0.5, 0.6, 0)


@pytest.mark.parametrize(
    ("factors", "last", "verdict", "words"),
    [
        ((still, still, still, leaves), 20, "agrees", "tau_w = 400 is apart from x = 0."),
        ((still, still, still, leaves, leaves), 3.5, "agrees", "tau_w = 800 is apart from x = 0."),
        ((leaves, still, still, still), 20, "differs", "tau_w = 400 stays with the others, to x = 20"),
        ((leaves, still, still, still), 20, "differs", "Others are apart at some x, which is not judged: tau_w = 50"),
        ((still, still, still, lambda x: np.where((x > 1) & (x < 2), 0.6, 0)), 20, "differs", "stays with the others"),
        ((still, still, still, still), 2, "open", "followed for less than 3 waiting times"),
    ],
)
def test_a_collapse_breaks_down_where_the_largest_waiting_time_leaves_for_good(factors, last, verdict, words):
    ours = replace(aging([]), curves=curves(*factors, last=last))
    found = breaks_down(Statement(7, text(), text()), ours, [])
    assert found.verdict == verdict
    assert words in str(found.ours) + str(found.words)


@pytest.mark.parametrize(("power", "verdict"), [(0.5, "agrees"), (-0.5, "differs"), (0.0, "open")])
def test_gamma_is_said_to_do_what_it_does(store, power, verdict):
    tau = np.geomspace(1, 400, 400)
    run = write_run(store, PRESETS["paper-d2-under"].config, tau, 0.2 + 0 * tau, gamma=0.0)
    records = [json.loads(line) for line in run.metrics_path.read_text(encoding="utf-8").splitlines()]
    lines = [json.dumps(record | {"gamma": 0.001 * record["tau"] ** power}) + "\n" for record in records]
    run.metrics_path.write_text("".join(lines), encoding="utf-8")
    assert found(store, 8)["Gamma grows with tau, d = 2, w = 30"].verdict == verdict
    assert found(store, 8)["Gamma is largest near the critical width"].verdict == "open"
    cut = [record for record in records if record["tau"] < 200]  # not four waiting times yet
    run.metrics_path.write_text(
        "".join(line for line, record in zip(lines, records, strict=True) if record in cut), encoding="utf-8"
    )
    assert found(store, 8)["Gamma grows with tau, d = 2, w = 30"].verdict == "open"


def test_the_noisiest_network_is_named(store):
    for last, verdict in ((200, "open"), (5200, "agrees")):
        later = RunStore(store.directory / str(last))
        tau = np.geomspace(1, last, 600)
        write_noise(later, tau)
        ours = found(later, 8)["Gamma is largest near the critical width"]
        assert ours.verdict == verdict
        assert "w = 68: 0.002 nats²" in str(ours.ours)


def write_noise(store, tau):
    for preset, gamma in (("paper-d2-under", 1e-3), ("paper-d2-near", 2e-3), ("paper-d2-over", 1.5e-3)):
        write_run(store, PRESETS[preset].config, tau, 0.2 + 0 * tau, gamma=gamma)


def test_a_power_law_is_drawn_over_a_decade_and_a_half_beyond_a_hundred():
    for window, drawn in (((10, 400), True), ((16, 159.5), False), ((0.1, 50), False), (None, False)):
        assert worth_drawing(PowerLawFit(None, None, None, window, None, True, None)) is drawn


def test_runs_of_other_data_are_not_taken_for_the_papers(store):
    config = replace(PRESETS["paper-d2-under"].config, edition="corpus")
    tau = np.geomspace(0.01, 5000, 300)
    write_run(store, config, tau, 0.1265 + 0.6 * tau**-0.52)
    evidence = Evidence.of(readable(store.runs()))
    assert evidence.paper == ()
    assert all(finding.verdict == "open" for finding in findings(evidence) if finding.figure > 1)
