"""Own data: MIDI and JSON come in chord for chord, what cannot be taken is named, and networks learn the rest."""

import io
import itertools
import json
import random
import subprocess
import sys
import time
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassy_core.editions.catalogue import OWN, edition_names
from glassy_core.editions.encoding import floor_bits
from glassy_core.editions.format import ChoraleError
from glassy_core.editions.install import MAX_BYTES
from glassy_core.editions.loading import load_edition, load_or_fallback
from glassy_core.editions.midi_files import MOST_CHORDS, shift_into_range, shifted
from glassy_core.editions.own_data import FEWEST_TO_SPLIT, import_own, report_path
from glassy_core.editions.own_files import MOST_BYTES, MOST_FILES, MOST_MIDI_BYTES, File, read_path
from glassy_core.files import read_lines
from glassy_core.jobs.execution import load_data
from glassy_core.music.likeness import likeness
from glassy_core.music.midi import Sound, to_midi
from glassy_core.music.piece import compose, training_scaling, write_piece
from glassy_core.music.recall import recall
from glassy_core.music.voices import lead
from glassy_core.runs.run import Run
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.training.records import fresh
from tests.midi_chords import chords_on_grid

ROOT = Path(__file__).resolve().parents[3]
TRAIN = load_edition("corpus").splits["train"]
SHIPPED = edition_names(Path("no such folder"))  # those that no reader has made
LISTED = ", ".join(SHIPPED)
SILENT_ENDS = (106, 151, 201)  # training chorales that begin or end with a silent quarter note
# One to eight notes at once, and silence.
chords = st.sets(st.integers(43, 96), max_size=8).map(lambda pitches: tuple(sorted(pitches)))
pieces = st.lists(chords, min_size=2, max_size=12).map(tuple).filter(any)


def midi_of(chorale, **sound):
    return to_midi(lead(chorale), Sound(**sound))


def files_of(chorales, **sound):
    return [File(f"{i}.mid", midi_of(chorale, **sound)) for i, chorale in enumerate(chorales)]


def json_file(value, name="some.json"):
    return File(name, json.dumps(value).encode())


def played(notes, drum=False, resolution=480, tempo=120.0):
    """A MIDI file of (start, end, pitch), times in quarter notes."""
    midi = pretty_midi.PrettyMIDI(resolution=resolution, initial_tempo=tempo)
    track = pretty_midi.Instrument(0, is_drum=drum)
    second = 60 / tempo
    track.notes = [pretty_midi.Note(80, pitch, start * second, end * second) for start, end, pitch in notes]
    midi.instruments.append(track)
    content = io.BytesIO()
    midi.write(content)
    return content.getvalue()


def zip_of(members, compression=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return content.getvalue()


def one_sentence(error):
    text = str(error)
    assert "\n" not in text
    assert text.endswith(".")
    assert len(text) < 600
    return text


# --- MIDI, chord for chord


def test_real_chorales_come_back_chord_for_chord():
    chosen = [TRAIN[i] for i in (*range(15), *SILENT_ENDS)]
    assert not all(chorale[0] and chorale[-1] for chorale in chosen)
    sounds = itertools.cycle([{}, {"tempo": 97.0}, {"ties": True}, {"transpose": -12, "ties": True}, {"tempo": 240}])
    files = [File(f"{i}.mid", midi_of(c, **next(sounds))) for i, c in enumerate(chosen)]
    edition, report = import_own(files, "bach")
    assert edition.splits == {"train": tuple(chosen), "valid": (), "test": ()}
    assert (report.refused, report.transposed) == ({}, {})
    assert load_edition("own:bach") == edition
    assert floor_bits(edition.first(8)) == floor_bits(TRAIN[:8])


@settings(max_examples=30)
@given(pieces, st.booleans(), st.sampled_from([30.0, 80.0, 113.0]))
def test_any_piece_comes_back(piece, ties, tempo):
    content = midi_of(piece, ties=ties, tempo=tempo)
    assert chords_on_grid(content) == piece
    if not ties:
        for grid, n in (("eighth", 2), ("sixteenth", 4)):
            assert chords_on_grid(content, grid) == tuple(chord for chord in piece for _ in range(n))


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(0, 127), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1)), min_size=2, max_size=20),
    st.sampled_from([96, 220, 480]),
)
def test_what_is_played_a_little_early_or_late_is_where_it_is_meant(notes, resolution):
    """A tenth of a quarter note, less than the eighth that is allowed; at the start a note cannot be early."""
    events = [(t + (early if t else abs(early)), t + 1 + late, p) for t, (p, early, late) in enumerate(notes)]
    expected = tuple((pitch,) for pitch, _, _ in notes)
    found = chords_on_grid(played(events, resolution=resolution))
    # The same pitch again before it has ended is one MIDI key pressed twice: only other neighbours are certain.
    certain = [
        t for t in range(len(notes)) if all(notes[t][0] != notes[u][0] for u in (t - 1, t + 1) if 0 <= u < len(notes))
    ]
    assert len(found) in (len(expected), len(expected) - 1)
    assert all(found[t] == expected[t] for t in certain)


def test_the_files_own_tempi_make_no_difference():
    midi = mido.MidiFile(ticks_per_beat=96)
    track = mido.MidiTrack()
    midi.tracks.append(track)
    for t, pitch in enumerate((60, 62, 64, 65)):
        track.append(mido.MetaMessage("set_tempo", tempo=(300_000, 1_500_000, 17, 500_000)[t], time=0))
        track.append(mido.Message("note_on", note=pitch, time=0))
        track.append(mido.Message("note_off", note=pitch, time=96))
    content = io.BytesIO()
    midi.save(file=content)
    assert chords_on_grid(content.getvalue()) == ((60,), (62,), (64,), (65,))


def test_grids_see_what_lies_between():
    content = played([(0, 0.5, 60), (0.5, 1, 62), (1, 1.25, 64), (1.25, 2, 65)])
    assert chords_on_grid(content, "quarter") == ((60,), (64,))
    assert chords_on_grid(content, "eighth") == ((60,), (62,), (64,), (65,))
    assert chords_on_grid(content, "sixteenth") == ((60,), (60,), (62,), (62,), (64,), (65,), (65,), (65,))


def test_silence_before_the_first_note_is_left_out_and_later_silence_is_kept():
    assert chords_on_grid(played([(4, 5, 60), (7, 8, 62)])) == ((60,), (), (), (62,))


def test_drums_are_left_out():
    assert chords_on_grid(played([(0, 4, 36)], drum=True)) == ()


def test_an_endless_piece_is_refused():
    with pytest.raises(ConfigError, match=f"at most {MOST_CHORDS}") as caught:
        chords_on_grid(played([(0, MOST_CHORDS + 1, 60)], resolution=2))
    one_sentence(caught.value)


# --- into range


@given(st.lists(st.sets(st.integers(0, 127), min_size=1, max_size=6), min_size=1, max_size=6))
def test_a_shift_brings_all_into_range_or_there_is_none(some):
    piece = tuple(tuple(sorted(chord)) for chord in some)
    shift = shift_into_range([piece])
    pitches = [pitch for chord in piece for pitch in chord]
    fits = [s for s in range(-127, 128) if min(pitches) + s >= 43 and max(pitches) + s <= 96]
    if shift is None:
        assert not fits
    else:
        octaves = [s for s in fits if s % 12 == 0]
        assert shift in fits
        assert shift in octaves or not octaves
        assert abs(shift) == min(map(abs, octaves or fits))


def test_all_pieces_are_transposed_alike_where_that_is_possible():
    chorales = [shifted(TRAIN[0], -12), shifted(TRAIN[1], -12), ((72, 76), (71, 74))]
    assert min(pitch for chord in chorales[0] for pitch in chord) < 43
    edition, report = import_own([json_file([[list(c) for c in piece] for piece in chorales])], "low")
    assert edition.splits["train"][:2] == TRAIN[:2]
    assert report.transposed == {"train 0": 12, "train 1": 12, "train 2": 12}
    assert "3 pieces, all by +12" in " ".join(report.sentences())


def test_else_each_by_itself_and_what_fits_nowhere_is_refused():
    low, high, wide = [[30, 60], [31]], [[70, 105], [70]], [[30], [90]]
    edition, report = import_own([json_file([low, high, wide, [[60], [61]]])], "mixed")
    assert report.transposed == {"train 0": 24, "train 1": -12}
    assert edition.splits["train"] == (((54, 84), (55,)), ((58, 93), (58,)), ((60,), (61,)))
    assert "from 30 to 90 do not fit into 43 to 96" in report.refused["train 2"]


# --- JSON


def test_a_list_and_an_object_with_a_training_list_are_the_same():
    some = [[[64, 60], [60], []], [[72, 72], [71]]]
    as_list, _ = import_own([json_file(some)], "one")
    as_object, _ = import_own([json_file({"train": some})], "two")
    assert as_list.splits == as_object.splits
    assert as_list.splits["train"] == (((60, 64), (60,), ()), ((72,), (71,)))
    assert as_list.digest == as_object.digest


def test_the_files_own_held_out_sets_are_kept():
    corpus = load_edition("corpus")
    edition, report = import_own(read_path(ROOT / "data" / "corpus.json"), "corpus")
    assert edition.splits == corpus.splits
    assert {split: len(names) for split, names in report.taken.items()} == {"train": 205, "valid": 76, "test": 77}
    assert load_data(RunConfig(edition="own:corpus"), edition)[1].P == load_data(RunConfig(), corpus)[1].P


def test_what_cannot_be_taken_is_named_and_the_rest_is_taken():
    some = [[[60], [62]], [[60]], [[], []], [[60], 5], "x", [[60], [128]], [[60], [True]], [], [[60], [10**400]]]
    edition, report = import_own([json_file(some)], "rest")
    assert edition.splits["train"] == (((60,), (62,)),)
    assert list(report.refused) == [f"train {i}" for i in range(1, 9)]
    for words, why in zip(
        [
            "one chord",
            "no note",
            "Chord 1 is no list",
            "no list of 1",
            "pitch 128",
            "pitch True",
            "no list of 1",
            "pitch 1000",
        ],
        report.refused.values(),
        strict=True,
    ):
        assert words in one_sentence(why)


# --- what is held out


def test_a_tenth_each_is_held_out_of_a_larger_collection_whatever_the_order():
    files = files_of([((60 + i % 12,), (48 + i,)) for i in range(40)])
    edition, report = import_own(files, "forty")
    assert {split: len(c) for split, c in edition.splits.items()} == {"train": 32, "valid": 4, "test": 4}
    assert "a tenth each" in report.split
    shuffled = random.Random(0).sample(files, len(files))
    assert import_own(shuffled, "shuffled")[1].taken == report.taken
    taken = [name for names in report.taken.values() for name in names]
    assert sorted(taken, key=lambda name: int(name[:-4])) == [file.name for file in files]


def test_a_small_collection_is_learned_whole():
    edition, report = import_own(files_of([((60,), (48 + i,)) for i in range(FEWEST_TO_SPLIT - 1)]), "small")
    assert {split: len(c) for split, c in edition.splits.items()} == {"train": 19, "valid": 0, "test": 0}
    assert "no held-out curves" in report.split
    assert load_data(RunConfig(edition="own:small", chorales=8), edition)[1] is None


def test_equal_pieces_are_taken_once_where_some_are_held_out():
    many = [((60 + i % 12,), (48 + i,)) for i in range(FEWEST_TO_SPLIT)]
    report = import_own(files_of([*many, many[0]]), "twice")[1]
    assert report.refused == {f"{FEWEST_TO_SPLIT}.mid": "It has the same chords as 0.mid."}


def test_equal_pieces_are_all_taken_where_all_are_learned_and_that_is_said():
    edition, report = import_own(files_of([TRAIN[0], TRAIN[1], TRAIN[0]]), "twice")
    assert edition.splits["train"] == (TRAIN[0], TRAIN[1], TRAIN[0])
    assert (report.refused, report.equal) == ({}, {"2.mid": "0.mid"})


# --- files


def test_a_folder_and_a_zip_of_it_are_the_same(tmp_path):
    folder = tmp_path / "songs"
    (folder / "deeper").mkdir(parents=True)
    for name, chorale in (("10.MID", TRAIN[2]), ("2.mid", TRAIN[1]), ("deeper/1.midi", TRAIN[0])):
        (folder / name).write_bytes(midi_of(chorale))
    for name in ("readme.txt", "._2.mid", "deeper/notes.pdf"):
        (folder / name).write_bytes(b"no music")
    (tmp_path / "songs.zip").write_bytes(
        zip_of([(str(p.relative_to(folder)), p.read_bytes()) for p in folder.rglob("*") if p.is_file()])
    )
    edition, report = import_own(read_path(folder), "folder")
    assert report.taken["train"] == ["2.mid", "10.MID", "deeper/1.midi"]  # numbers as numbers
    assert edition.splits["train"] == (TRAIN[1], TRAIN[2], TRAIN[0])
    assert import_own(read_path(tmp_path / "songs.zip"), "zip")[0].digest == edition.digest


def test_names_in_a_zip_lead_nowhere(tmp_path, own_directory):
    names = ["../../evil.mid", "/etc/evil.mid", "C:\\evil.mid", "x" * 300 + ".mid", "new\nline.mid"]
    before = set(tmp_path.rglob("*"))
    content = zip_of([(name, midi_of(TRAIN[i])) for i, name in enumerate(names)])
    _, report = import_own([File("z.zip", content)], "safe")
    new = {path.name for path in set(tmp_path.rglob("*")) - before - {own_directory}}
    assert new == {"safe.json", "safe.report.json", ".lock"}
    assert "new?line.mid" in report.taken["train"]
    assert max(map(len, report.taken["train"])) <= 120


def test_a_zip_that_would_fill_the_memory_is_refused():
    zeros = bytes(MOST_MIDI_BYTES)
    content = zip_of([(f"{i}.mid", zeros) for i in range(4 * MOST_BYTES // MOST_MIDI_BYTES)])
    assert len(content) < MOST_BYTES / 100
    tracemalloc.start()
    with pytest.raises(ChoraleError, match="more than 50 MB") as caught:
        import_own([File("bomb.zip", content)], "bomb")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    one_sentence(caught.value)
    assert peak < 1.5 * MOST_BYTES  # of the four times as much that it unpacks to
    long = import_own([File("z.zip", zip_of([("long.mid", bytes(10**8)), ("a.mid", midi_of(TRAIN[0]))]))], "long")[1]
    assert "more than 2000000 bytes" in long.refused["long.mid"]
    many = zip_of([(f"{i}.mid", b"") for i in range(MOST_FILES + 1)], zipfile.ZIP_STORED)
    with pytest.raises(ChoraleError, match="at most 5000"):
        import_own([File("many.zip", many)], "many")


# --- refused


def encrypted():
    content = bytearray(zip_of([("a.mid", b"MThd")]))
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + flags] |= 1
    return bytes(content)


GOOD = midi_of(TRAIN[0])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "give MIDI files, one zip"),
        ([File("a.mid", b"")], "a.mid: This is no MIDI file"),
        ([File("a.mid", b"nonsense")], "a.mid: This is no MIDI file"),
        ([File("a.txt", b"nonsense")], "a.txt cannot be taken"),
        ([File("a.json", b"nonsense")], "a.json is not JSON"),
        ([File("a.json", b"[" * 100_000)], "a.json is not JSON"),
        ([json_file([])], "some.json has no chorales"),
        ([json_file({"valid": [[[60], [61]]]})], "an object with such a list named 'train'"),
        ([json_file(7)], "has no chorales"),
        ([json_file({"train": [[[60], [61]]], "valid": 5})], "'valid' must be a list"),
        ([json_file([[[60]]])], "one chord only, two are the least"),
        ([json_file([[[0], [127]]])], "do not fit into 43 to 96"),
        ([json_file([[[60], [61]]]), json_file([[[60], [61]]])], "one JSON file by itself"),
        ([json_file([[[60], [61]]]), File("a.mid", GOOD)], "some.json cannot be taken"),
        ([File("a.mid", played([(0, 4, 36)], drum=True))], "It has no note"),
        ([File("a.zip", b"PK\x03\x04 and no more")], "a.zip cannot be unpacked"),
        ([File("a.zip", zip_of([("a.txt", b"")]))], "a.zip has no MIDI file"),
        ([File("a.zip", encrypted())], "without a password"),
    ],
)  # fmt: skip
def test_bad_files_are_one_sentence_and_leave_nothing(files, words, own_directory):
    with pytest.raises(ChoraleError) as caught:
        import_own(files, "bad")
    assert words in one_sentence(caught.value)
    assert edition_names() == SHIPPED
    assert not list(own_directory.glob("*.json"))


def test_an_edition_too_large_to_be_read_again_is_refused(own_directory):
    long = [[43, 50, 60, 70]] * MOST_CHORDS
    with pytest.raises(ChoraleError, match=f"at most {MAX_BYTES} are kept") as caught:
        import_own([json_file({"train": [long] * 20, "valid": []})], "large")
    one_sentence(caught.value)
    assert not list(own_directory.glob("*.json"))


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", "a" * 41, "-a", "a.b", "own:", "own:own:a", "a\n", "é", ".."])
def test_bad_names_are_one_sentence(name):
    if name == "a\n":
        assert import_own(files_of(TRAIN[:1]), name)[0].name == "own:a"  # as typed with a stray newline
        return
    with pytest.raises(ChoraleError, match="small letters, digits") as caught:
        import_own(files_of(TRAIN[:1]), name)
    one_sentence(caught.value)
    with pytest.raises(ConfigError, match=f"choose one of {LISTED}, or own:NAME"):
        RunConfig(edition=f"own:{name}")


@pytest.mark.parametrize("name", ["con", "prn", "aux", "nul", "com0", "com1", "com9", "lpt1", "own:lpt9", " nul "])
def test_names_that_windows_keeps_for_devices_are_one_sentence_everywhere(name, own_directory):
    with pytest.raises(ChoraleError, match="Windows keeps con") as caught:
        import_own(files_of(TRAIN[:1]), name)
    one_sentence(caught.value)
    assert not own_directory.exists() or not list(own_directory.iterdir())


@pytest.mark.parametrize("name", ["console", "con-1", "com10", "com", "lpt_1", "null"])
def test_names_that_only_begin_like_a_device_are_taken(name, own_directory):
    assert import_own(files_of(TRAIN[:1]), name)[0].name == f"own:{name}"
    assert (own_directory / f"{name}.json").is_file()


def test_what_is_no_file_is_no_edition_at_hand(own_directory):
    """As on Windows nul.json is none, in any folder: a device that opens and is empty."""
    (own_directory / "nul.json").mkdir(parents=True)
    with pytest.raises(ChoraleError, match=rf"There is no edition 'own:nul': choose one of {LISTED}\.$"):
        load_edition("own:nul")


def test_a_name_is_not_given_to_other_data(own_directory):
    first, _ = import_own(files_of(TRAIN[:2]), "songs")
    assert import_own(files_of(TRAIN[:2]), "own:songs")[0] == first  # the same again is no fault
    with pytest.raises(ChoraleError, match="taken by other data") as caught:
        import_own(files_of(TRAIN[:3]), "songs")
    one_sentence(caught.value)
    assert load_edition("own:songs") == first
    (own_directory / "songs.json").unlink()
    assert import_own(files_of(TRAIN[:3]), "songs")[0].digest != first.digest


def test_only_own_editions_that_are_there_are_offered(own_directory):
    import_own(files_of(TRAIN[:1]), "b")
    import_own(files_of(TRAIN[1:2]), "a")
    (own_directory / "Not a name.json").write_text("{}", encoding="utf-8")
    assert edition_names() == (*SHIPPED, "own:a", "own:b")
    assert json.loads(report_path("own:a").read_text(encoding="utf-8"))["digest"] == load_edition("own:a").digest
    for load in (load_edition, load_or_fallback):
        for name in ("own:c", "own:../a", "own:"):
            with pytest.raises(ChoraleError, match=f"choose one of {LISTED}, own:a, own:b") as caught:
                load(name)
            one_sentence(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        '{"train": []}',
        '{"train": [[[60]]]}',
        '{"train": [[[], []]]}',
        '{"train": [[[60], [61]]], "valid": [[[60]]]}',
        '{"train": [[[1], [2]]]}',
    ],
)
def test_an_own_file_put_there_by_hand_is_checked(own_directory, content):
    own_directory.mkdir()
    (own_directory / "hand.json").write_text(content, encoding="utf-8")
    with pytest.raises(ChoraleError) as caught:
        load_edition("own:hand")
    assert "hand.json" in one_sentence(caught.value)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(OWN.variable, str(tmp_path / "file" / "own"))
    with pytest.raises(ChoraleError, match="cannot be written") as caught:
        import_own(files_of(TRAIN[:1]), "a")
    one_sentence(caught.value)


# --- any bytes


def refused_or_chords(content):
    with suppress(ConfigError):
        assert all(list(chord) == sorted(set(chord)) for chord in chords_on_grid(content, "sixteenth"))


@given(st.binary(max_size=80))
def test_any_bytes_are_refused_or_chords(content):
    refused_or_chords(content)
    refused_or_chords(b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x60MTrk\x00\x00\x00" + bytes([len(content)]) + content)


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_is_refused_or_chords(data):
    small = midi_of(TRAIN[0][:4])
    content = bytearray(small)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    refused_or_chords(bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2]))]))


@settings(max_examples=30)
@given(st.binary(max_size=60), st.sampled_from(["a.mid", "a.zip", "a.json", "a"]), st.booleans())
def test_any_file_is_refused_or_an_edition(content, name, zipped):
    try:
        import_own([File(name, b"PK\x03\x04" + content if zipped else content)], "any")
    except ChoraleError as error:
        one_sentence(error)


@pytest.mark.parametrize("division", [b"\x00\x00", b"\xe7\x28", b"\xff\xff"])
def test_a_file_without_quarter_notes_is_refused(division):
    content = bytearray(GOOD)
    content[12:14] = division
    with pytest.raises(ConfigError):
        chords_on_grid(bytes(content))


def test_a_number_without_end_costs_no_time():
    head = b"MThd\x00\x00\x00\x06\x00\x01\x00\x01\x00\x60MTrk\x00\x1e\x84\x80"
    begun = time.process_time()
    with pytest.raises(ConfigError, match="has no end"):
        chords_on_grid(head + b"\xff" * 1_900_000)
    assert time.process_time() - begun < 10  # read byte by byte it would take minutes


# --- networks on own data


def many_voices():
    """Pieces of one to eight notes at once, with silence."""
    rng = np.random.default_rng(1)
    return [
        tuple(
            tuple(sorted(rng.choice(np.arange(43, 97), n, replace=False).tolist())) for n in (1, 8, 5, 0, 3, 6, 7, 2, 4)
        )
        for _ in range(4)
    ]


def test_chords_of_one_to_eight_notes_are_sung_voiced_and_compared(tmp_path):
    some = many_voices()
    edition, _ = import_own(files_of(some), "voices")
    assert edition.splits["train"] == tuple(some)
    config = RunConfig(edition="own:voices", chorales=4, width=6)
    snapshot = fresh(config)
    piece = compose(snapshot, config, edition, prime=8, length=12)
    assert piece.chords[:8] == some[0][:8]
    assert piece.origin["edition_digest"] == edition.digest
    voices = piece.voices()
    assert voices.chords() == piece.chords  # no note is lost, in whichever part it is
    for t, chord in enumerate(piece.chords):
        # The rule: of more than four notes the voices take the upper two and the lower two, a fifth part the rest.
        if len(chord) > 4:
            assert tuple(voices.pitches[t]) == (chord[-1], chord[-2], chord[1], chord[0])
            assert voices.more[t] == chord[2:-2]
    paths = write_piece(piece, tmp_path / "out")
    assert all(path.stat().st_size > 0 for path in paths.values())
    assert chords_on_grid(paths["mid"].read_bytes()) == piece.chords
    found = recall(snapshot.weights, training_scaling(config, edition), edition.first(4), 4)
    assert found.lengths.tolist() == [5] * 4
    assert likeness(some[2], edition.first(4)).verbatim.length == 9


def command(store, *arguments):
    result = subprocess.run(
        [sys.executable, "-m", "glassy_core", *map(str, arguments), "--runs-dir", str(store)],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    return result.returncode, result.stdout, result.stderr


def test_from_a_folder_to_a_trained_network_that_sings(tmp_path):
    store, folder = tmp_path / "runs", tmp_path / "songs"
    folder.mkdir()
    for i, chorale in enumerate(TRAIN[:5]):
        (folder / f"{i}.mid").write_bytes(midi_of(chorale))
    (folder / "bad.mid").write_bytes(b"MThd")
    status, out, _ = command(store, "data", "--import", folder, "--name", "songs", "--json")
    assert status == 0
    said = json.loads(out)
    report = said.pop("report")
    assert (said["chorales"], said["edition"], list(report["refused"])) == (5, "own:songs", ["bad.mid"])
    assert said["floor_bits"] == pytest.approx(floor_bits(TRAIN[:5]), abs=1e-15)
    assert json.loads(command(store, "data", "--edition", "own:songs", "--json")[1]) == said
    settings = "--depth 1 --width 8 --eta 5e-3 --steps 60 --valid-every 10 --record-every 10".split()
    status, out, err = command(store, "train", "--edition", "own:songs", "--chorales", 5, *settings)
    assert status == 0, err
    run = Run(Path(out.splitlines()[-1]))
    assert run.state().status == "finished"
    assert run.origin()["edition_digest"] == said["digest"]
    records = [record for _, record in read_lines(run.metrics_path)]
    assert records[-1]["nll"] < records[0]["nll"]
    assert all("nll_valid" not in record for record in records)  # nothing is held out, so nothing is drawn
    status, out, err = command(store, "generate", run.id, "--out", tmp_path / "out", "--length", 8)
    assert status == 0, err
    assert chords_on_grid((tmp_path / "out" / "piece.mid").read_bytes())[:4] == TRAIN[0][:4]
    status, _, err = command(store, "train", "--edition", "own:songs", *settings)
    assert (status, err.count("\n")) == (2, 1)
    assert "has 5 training chorales" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["data", "--import", "docs", "--name", "a"], "docs has no MIDI file"),
        (["data", "--import", "nowhere", "--name", "a"], "There is no folder or file nowhere"),
        (["data", "--import", "data"], "add --name"),
        (["data", "--import", "README.md", "--name", "a"], "README.md cannot be taken"),
        (["data", "--import", "data/corpus.json", "--name", "../a"], "The name '../a' cannot be used"),
        (["data", "--import", "data/corpus.json", "--name", "a", "--grid", "third"], "invalid choice: 'third'"),
        (["data", "--edition", "own:../a"], "There is no edition 'own:../a'"),
        (["train", "--edition", "own:a"], f"There is no edition 'own:a': choose one of {LISTED}."),
        (["train", "--edition", "mine"], f"choose one of {LISTED}, or own:NAME"),
    ],
)
def test_bad_commands_are_one_line(tmp_path, arguments, words):
    status, out, err = command(tmp_path, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err
