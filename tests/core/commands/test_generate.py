"""The command `generate`: files that open, the same piece for the same words, one line for what cannot be."""

import json
import re

import numpy as np
import pytest
from scipy.io import wavfile

from glassy_core.commands.main import main
from glassy_core.editions.loading import load_edition
from glassy_core.music.decoding import DECODINGS
from glassy_core.runs import checkpoints
from glassy_core.runs.store import GALLERY_VARIABLE, RunStore, gallery_directory, open_store
from tests.made_decoding import Loudest
from tests.midi_chords import chords_on_grid
from tests.singers import HELD, add_singer

TRAIN = load_edition("corpus").splits["train"]


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def generate(store, run, out, *words):
    return main(["generate", run, "--out", str(out), "--runs-dir", str(store.directory), *words])


def test_it_writes_what_it_says_and_the_files_open(store, tmp_path, capsys):
    run, out = add_singer(store), tmp_path / "new" / "out"
    assert generate(store, run.id, out, "--prime", "3", "--chorale", "2", "--length", "10") == 0
    said = capsys.readouterr()
    assert sorted(said.out.split()) == sorted(str(out / f"piece.{kind}") for kind in ("mid", "wav", "musicxml", "json"))
    assert said.err == ""
    expected = TRAIN[2][:3] + (HELD,) * 7
    assert chords_on_grid((out / "piece.mid").read_bytes()) == expected
    values = json.loads((out / "piece.json").read_text(encoding="utf-8"))
    assert tuple(map(tuple, values["chords"])) == expected
    assert (values["origin"]["run"], values["origin"]["step"], values["cycle"]["period"]) == (run.id, 1000, 1)
    rate, samples = wavfile.read(out / "piece.wav")
    assert len(samples) / rate == pytest.approx(10 * 0.75 + 1.5, abs=1e-3)
    assert 8_000 < np.abs(samples.astype(int)).max() < 32_767


def test_the_seed_decides_what_is_sampled(store, tmp_path):
    run, pieces = add_singer(store, strength=0.4), []
    for seed in ("1", "1", "2"):
        words = ("--decode", "sample", "--temperature", "0.8", "--seed", seed, "--length", "12")
        assert generate(store, run.id, tmp_path / "out", *words) == 0
        pieces.append(chords_on_grid((tmp_path / "out" / "piece.mid").read_bytes()))
    assert pieces[0] == pieces[1] != pieces[2]


def test_the_papers_networks_sing_where_its_file_is_not(tmp_path, monkeypatch, capsys):
    """As in a plain clone: with the scaling kept with the run, from the embedded edition's beginnings."""
    monkeypatch.setattr("glassy_core.music.piece.edition_at_hand", lambda name: None)
    monkeypatch.setattr("glassy_core.editions.loading.download", lambda *_: pytest.fail("nothing is downloaded"))
    gallery = RunStore(gallery_directory())
    run = next(
        run for run in gallery.runs()
        if (run.config().edition, run.config().width, run.config().dynamics) == ("paper", 90, "flow")
        and len(checkpoints.steps_in(run.checkpoints)) > 1
    )  # fmt: skip
    monkeypatch.setenv(GALLERY_VARIABLE, str(gallery.directory))
    store = RunStore(tmp_path / "runs")
    assert generate(store, run.id, tmp_path / "out", "--chorale", "4", "--length", "64") == 0
    assert "the corpus edition's chorales" in capsys.readouterr().err
    values = json.loads((tmp_path / "out" / "piece.json").read_text(encoding="utf-8"))
    own = [list(chord) for chord in TRAIN[4][:64]]
    assert values["chords"] == own  # by heart


@pytest.mark.parametrize(
    "words",
    [
        "--prime 0", "--prime 1000", "--chorale 9999", "--length 4", "--length 513", "--seed -1",
        "--decode sample --temperature 0", "--decode sample --temperature nan",
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(store, tmp_path, capsys, words):
    run = add_singer(store)
    assert generate(store, run.id, tmp_path / "out", *words.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"glassy: .*(must be|choose|numbered from).*\n", said.err)
    assert not (tmp_path / "out").exists()


def test_any_checkpoint_sings_and_a_damaged_one_is_not_passed_over_in_silence(store, tmp_path, capsys):
    run = add_singer(store)
    assert generate(store, run.id, tmp_path / "out", "--step", "0", "--length", "8") == 0
    assert chords_on_grid((tmp_path / "out" / "piece.mid").read_bytes()) == TRAIN[0][:4] + ((),) * 4
    assert generate(store, run.id, tmp_path / "none", "--step", "7") == 2
    assert "has no checkpoint of step 7: choose one of 0, 1000." in capsys.readouterr().err
    path = checkpoints.path_of(run.checkpoints, 1000)
    path.write_bytes(path.read_bytes()[:-100])
    assert generate(store, run.id, tmp_path / "none") == 2
    assert "cannot be read as a checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_a_run_without_a_checkpoint_and_no_run_are_one_line(store, tmp_path, capsys):
    add_singer(store, steps=(0,)).checkpoints.joinpath("step-000000000000.safetensors").unlink()
    for run, sentence in ((store.runs()[0].id, "has no checkpoint yet"), ("nobody", "There is no run 'nobody'")):
        assert generate(store, run, tmp_path / "out") == 2
        assert sentence in capsys.readouterr().err


def test_a_run_of_the_gallery_that_came_without_checkpoints_is_not_to_be_trained(tmp_path, monkeypatch, capsys):
    shown = next(run for run in open_store().runs() if run.read_only and not list(run.checkpoints.glob("*")))
    monkeypatch.setenv("GLASSY_GALLERY_DIR", str(gallery_directory()))
    assert generate(RunStore(tmp_path / "runs"), shown.id, tmp_path / "out") == 2
    assert "belongs to the gallery and came without checkpoints: choose another run." in capsys.readouterr().err


def test_another_file_of_the_edition_is_flagged(store, tmp_path, capsys):
    run = add_singer(store, digest="0" * 64)
    assert generate(store, run.id, tmp_path / "out", "--length", "6") == 0
    said = capsys.readouterr()
    assert "learned another file of the corpus edition (000000000000...)" in said.err
    assert len(said.out.split()) == 4


def test_a_new_decoding_rule_is_an_entry_in_the_table(store, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(DECODINGS, "loudest", Loudest())
    run, out = add_singer(store), tmp_path / "out"
    words = ("--decode", "loudest", "--length", "9")
    assert generate(store, run.id, out, *words, "--notes", "3") == 0
    assert chords_on_grid((out / "piece.mid").read_bytes()) == TRAIN[0][:4] + (HELD[:3],) * 5
    values = json.loads((out / "piece.json").read_text(encoding="utf-8"))
    assert values["decoding"].items() >= {"mode": "loudest", "notes": 3.0, "temperature": 1.0}.items()
    assert (values["cycle"]["period"], values["cycle"]["chords"]) == (1, [list(HELD[:3])])
    capsys.readouterr()
    assert generate(store, run.id, tmp_path / "none", *words, "--notes", "9") == 2
    assert capsys.readouterr().err == "glassy: The notes is 9.0: it must be above 0 and at most 8.\n"
    with pytest.raises(SystemExit, match="0"):
        main(["generate", "--help"])
    helped = " ".join(capsys.readouterr().out.split())
    assert f"--decode {{{','.join(DECODINGS)}}}" in helped
    assert "--notes NOTES of the loudest" in helped
