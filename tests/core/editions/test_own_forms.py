"""Own data as they are passed on: forms of JSON, folders that are splits, bad files among good ones, and the report."""

import codecs
import io
import json
import os
import zipfile

import pytest

from glassy_core.editions.format import ChoraleError
from glassy_core.editions.own_data import import_own, report_path
from glassy_core.editions.own_files import File, read_path
from tests.core.editions.midi_bytes import meta, midi, notes, track

A, B, C, D = ([[60, 64], [59, 62]], [[57, 60], [55, 59]], [[53, 57], [52, 55]], [[65], [67]])


def song(*pitches, length=480, every=480):
    return midi(track(*notes(pitches, length, every)))


def taken(files, name="forms"):
    """How many pieces of each split, and the report."""
    edition, report = import_own(files, name)
    return {split: len(pieces) for split, pieces in edition.splits.items()}, report


def given(value, name="some.json"):
    return [File(name, value if isinstance(value, bytes) else json.dumps(value).encode())]


def chords_of(value):
    return import_own(given([value]), "forms")[0].splits["train"][0]


def zip_of(*members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return content.getvalue()


def damaged_zip(broken, *members):
    """One whose member of that name has other bytes than its checksum was made of."""
    content = bytearray(zip_of(*members))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        at = archive.getinfo(broken).header_offset + 30 + len(broken)
    content[at + 20] ^= 0xFF
    return bytes(content)


# --- JSON


@pytest.mark.parametrize(
    ("pitch", "rest"), [(67, -1), (67.0, -1.0), (67, None), (67, float("nan")), (67.0, float("nan"))]
)
def test_pitches_may_be_written_with_a_point_and_rests_in_three_ways(pitch, rest):
    assert chords_of([[60, rest, pitch], [rest, rest], [rest, 55, 62]]) == ((60, 67), (), (55, 62))


@pytest.mark.parametrize("rest", [None, float("nan")])
def test_a_whole_chord_may_be_a_rest(rest):
    assert chords_of([[60], rest, [62]]) == ((60,), (), (62,))


@pytest.mark.parametrize(
    ("pitch", "words"),
    [
        ("60", "which is text: write it as a number"),
        ("C4", "which is text"),
        (60.5, "the pitch 60.5: it must be a whole number"),
        (float("inf"), "the pitch inf"),
        (True, "the pitch True"),
        (-2, "the pitch -2"),
        ([60], r"the pitch \[60\]"),
        ({}, "the pitch {}"),
    ],
)
def test_what_is_no_pitch_is_said_as_what_it_is(pitch, words):
    with pytest.raises(ChoraleError, match=f"Chord 0 has .*{words}"):
        chords_of([[pitch], [62]])


@pytest.mark.parametrize("chord", [60, -1, "60", {}, True])
def test_what_is_no_chord_is_refused(chord):
    with pytest.raises(ChoraleError, match="Chord 1 is no list of pitches"):
        chords_of([[62], chord])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(encoding):
    assert taken(given(json.dumps([A, B]).encode(encoding)))[0] == {"train": 2, "valid": 0, "test": 0}


def test_marks_of_encodings_are_json_without_a_name():
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        assert File("a", mark + "[]".encode(encoding)).is_json


def test_another_encoding_is_said():
    with pytest.raises(ChoraleError, match="is not JSON in UTF-8, UTF-16 or UTF-32"):
        import_own(given('{"title": "Gemüt", "train": []}'.encode("latin-1")), "a")


@pytest.mark.parametrize("valid", ["valid", "validation", "val", "dev", "Validation", "VAL"])
@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Training", "testing")])
def test_names_of_the_splits(train, valid, test):
    counts, report = taken(given({train: [A, D], valid: [B], test: [C]}))
    assert counts == {"train": 2, "valid": 1, "test": 1}
    assert (report.unread, report.leaked) == ([], [])
    assert report.split == "Held out is what the file names valid and test."


def test_what_is_not_taken_over_is_said():
    counts, report = taken(given({"title": "songs", "train": [A, B], "test": [], "tempo": 3}))
    assert counts == {"train": 2, "valid": 0, "test": 0}
    assert "Not read, since they name no set of chorales: title, tempo." in report.sentences()


@pytest.mark.parametrize("valid", ["valid_set", "dev ", "JSB-validation"])
def test_words_may_stand_beside_the_name_of_a_split(valid):
    counts, report = taken(given({"train_data": [A, D], valid: [B], "test": None}))
    assert (counts, report.unread) == ({"train": 2, "valid": 1, "test": 0}, [])
    assert taken(given({"train": [A], "test drive": [B]}), "drive")[1].unread == ["test drive"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("jsb-chorales-16th.pkl", "may run code and are not opened, so give the same data as JSON"),
        ("Jsb16thSeparated.npz", "may run code and are not opened, so give the same data as JSON"),
        ("songs.tar.gz", "unpack it"),
        ("bwv1.krn", "save it as MIDI"),
        ("a.pdf", "give MIDI files, one zip of them, or one JSON file"),
    ],
)
def test_other_forms_are_said_as_what_they_are(name, words):
    content = zip_of(("train.npy", b"")) if name.endswith("npz") else b"\x80\x04"
    with pytest.raises(ChoraleError, match=f"{name} cannot be taken: .*{words}"):
        import_own([File(name, content)], "a")
    report = taken([File("a.mid", song(60, 62)), File(name, content)])[1]
    assert words in report.refused[name]


def test_a_split_with_two_names_is_refused():
    with pytest.raises(ChoraleError, match="both 'valid' and 'dev'"):
        import_own(given({"train": [A], "valid": [B], "dev": [C]}), "a")


def test_held_out_pieces_that_are_learned_are_named():
    report = taken(given({"train": [A, B], "test": [B, C]}))[1]
    assert "Held out, though pieces with the same chords are learned: test 0." in report.sentences()


def test_json_in_a_zip_or_folder_is_taken_where_it_is_the_only_music(tmp_path):
    assert taken([File("a.zip", zip_of(("x/a.json", json.dumps([A, B]))))])[0]["train"] == 2
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps([A]), encoding="utf-8")
    assert taken(read_path(folder), "folder")[0]["train"] == 1
    (folder / "b.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ChoraleError, match=r"has 2 JSON files \([ab].json, [ab].json\): give one of them by itself"):
        read_path(folder)
    (folder / "c.mid").write_bytes(song(60, 62))
    report = taken(read_path(folder), "with-midi")[1]
    assert sorted(report.passed_over) == ["a.json", "b.json"]


def test_one_json_file_for_each_split(tmp_path):
    names = {"train.json": [A, B], "jsb_validation.json": [C], "test.json": [D]}
    folder = tmp_path / "split"
    folder.mkdir()
    for name, pieces in names.items():
        (folder / name).write_text(json.dumps(pieces), encoding="utf-8")
    uploaded = [File(name, json.dumps(pieces).encode()) for name, pieces in names.items()]
    zipped = [File("a.zip", zip_of(*((f"x/{name}", json.dumps(pieces)) for name, pieces in names.items())))]
    for files in (read_path(folder), uploaded, zipped):
        assert taken(files)[0] == {"train": 2, "valid": 1, "test": 1}
    whole = File("train.json", json.dumps({"train": [A], "test": [B]}).encode())
    with pytest.raises(ChoraleError, match=r"^train\.json has splits of its own"):
        taken([whole, uploaded[2]])


def test_a_name_that_stands_twice_loses_nothing_in_silence():
    with pytest.raises(ChoraleError, match="has 'train' more than once: join what stands there"):
        taken([File("a.json", b'{"train": [[[60], [62]]], "train": [[[64], [65]]]}')])


# --- folders


def folder_of(path, *names):
    for i, name in enumerate(names):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(song(60 + i, 40 + i))
    return path


@pytest.mark.parametrize("valid", ["valid", "validation", "Dev"])
@pytest.mark.parametrize("zipped", [False, True])
def test_folders_are_the_readers_own_split(tmp_path, valid, zipped):
    names = [f"jsb/{split}/{i}.mid" for split in ("train", valid, "test") for i in range(20 if split == "test" else 3)]
    files = read_path(folder_of(tmp_path, *names))
    if zipped:
        files = [File("a.zip", zip_of(*((name, (tmp_path / name).read_bytes()) for name in names)))]
    counts, report = taken(files)
    assert counts == {"train": 3, "valid": 3, "test": 20}
    assert report.taken["test"] == [f"jsb/test/{i}.mid" for i in range(20)]
    assert report.split == "Held out is what lies in the folders for valid and test."


def test_files_beside_folders_of_a_split(tmp_path):
    counts, report = taken(read_path(folder_of(tmp_path / "a", "train/a.mid", "test/b.mid", "c.mid")), "a")
    assert counts == {"train": 1, "valid": 0, "test": 1}
    assert "none of the folders train, valid and test" in report.refused["c.mid"]
    assert taken(read_path(folder_of(tmp_path / "b", "a.mid", "test/b.mid")), "b")[0]["test"] == 1
    for name in ("train", "test", "songs"):  # nothing to hold out, or nothing else to learn
        assert taken(read_path(folder_of(tmp_path / name, f"{name}/a.mid", f"{name}/b.mid")), name)[0]["train"] == 2


@pytest.mark.parametrize("name", ["test/{}/a.mid", "music\\{}\\a.mid", "{}_midi/a.mid"])
def test_folders_of_a_split_in_others_and_as_windows_writes_them(name):
    members = [(name.format(split), song(60 + i, 62)) for i, split in enumerate(("train", "valid", "test"))]
    assert taken([File("a.zip", zip_of(*members))])[0] == {"train": 1, "valid": 1, "test": 1}


def test_names_too_long_to_be_shown_keep_their_split(tmp_path):
    deep = "/".join(["x" * 50] * 3)
    assert taken(read_path(folder_of(tmp_path, f"train/{deep}/a.mid", f"test/{deep}/a.mid")))[0]["test"] == 1


# --- one bad file


def test_a_bad_member_of_a_zip_is_named_and_the_rest_is_taken():
    content = damaged_zip("b.mid", ("a.mid", song(60, 62)), ("b.mid", song(61, 63)), ("c.mid", song(60, 62)))
    counts, report = taken([File("a.zip", content)])
    assert counts["train"] == 2
    assert list(report.refused) == ["b.mid"]
    assert "damaged in the zip" in report.refused["b.mid"]
    assert "Learned twice, since they have the same chords: c.mid and a.mid." in report.sentences()


def test_an_encrypted_member_is_named():
    content = bytearray(zip_of(("a.mid", song(60, 62)), ("b.mid", song(61, 63))))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        content[archive.getinfo("b.mid").header_offset + 6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    report = taken([File("a.zip", bytes(content))])[1]
    assert report.taken["train"] == ["a.mid"]
    assert "without a password" in report.refused["b.mid"]


def test_a_bad_zip_or_a_text_among_good_files_is_named():
    files = [File("a.mid", song(60, 62)), File("b.zip", b"PK\x03\x04 no more"), File("c.txt", b"words")]
    counts, report = taken([*files, File("d.zip", zip_of(("x.pdf", b"")))])
    assert counts["train"] == 1
    assert "cannot be unpacked" in report.refused["b.zip"]
    assert "It is no MIDI file" in report.refused["c.txt"]
    assert "has no MIDI file" in report.refused["d.zip"]


@pytest.mark.posix
def test_what_cannot_be_read_in_a_folder_is_named_with_what_to_do(tmp_path, monkeypatch):
    folder_of(tmp_path, "a.mid", "closed/b.mid", "locked.mid")
    (tmp_path / "gone.mid").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.mid")
    (tmp_path / "readme.txt").write_text("", encoding="utf-8")
    denied = PermissionError(13, "Permission denied")
    entered, read = os.scandir, open

    def scandir(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return entered(path)

    def opening(path, *rest, **options):
        if str(path).endswith("locked.mid"):
            raise denied
        return read(path, *rest, **options)

    monkeypatch.setattr(os, "scandir", scandir)  # root may read everything, so modes would not do
    monkeypatch.setattr("glassy_core.files.open", opening, raising=False)
    files = read_path(tmp_path)
    monkeypatch.undo()
    counts, report = taken(files)
    assert counts["train"] == 1
    assert sorted(report.refused) == ["closed", "gone.mid", "locked.mid", "pipe.mid"]
    for name in ("closed", "locked.mid"):
        assert report.refused[name] == (
            "It cannot be read (Permission denied): give yourself the right to read it, or leave it out."
        )
    assert "Passed over, neither MIDI nor JSON by their names: readme.txt." in report.sentences()


@pytest.mark.posix
def test_a_place_that_cannot_be_read_at_all_is_one_sentence(tmp_path, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(ChoraleError, match=r"Permission denied\): give yourself the right to read it"):
        read_path(tmp_path)


@pytest.mark.parametrize("name", ["a.kar", "a.KAR", "a.rmi", "a.midi", "a"])
def test_other_endings_and_wrapped_files(tmp_path, name):
    content = song(60, 62)
    wrapped = b"RIFF" + len(content).to_bytes(4, "little") + b"RMIDdata" + len(content).to_bytes(4, "little") + content
    for i, one in enumerate((content, wrapped)):
        assert taken([File(name, one)], f"f{i}")[0]["train"] == 1
    if "." in name:
        (tmp_path / name).write_bytes(wrapped)
        assert taken(read_path(tmp_path), "folder")[0]["train"] == 1


# --- the report


def test_one_is_not_many():
    edition, report = import_own([File("a.mid", song(60, 62))], "one")
    assert report.sentences()[0].startswith("Taken: 1 piece (1 in train")
    assert json.loads(report_path(edition.name).read_text(encoding="utf-8"))["on_grid"]["a.mid"]["notes"] == 2


def test_what_lies_between_the_times_of_the_grid_is_said_and_a_better_grid_offered():
    runs = song(*range(60, 76), length=120, every=120)
    said = import_own([File("a.mid", runs)], "one")[1].sentences()[-1]
    assert said == (
        "12 of 16 notes lie between the times of the grid, and 12 are in no chord. On the sixteenth grid none would."
    )
    said = import_own([File("a.mid", runs), File("b.mid", song(60, 62))], "two")[1].sentences()[-1]
    assert "12 of 18 notes lie between the times of the grid, and 12 are in no chord (most in a.mid: 12 of 16)." in said
    assert len(import_own([File("a.mid", runs)], "three", "sixteenth")[1].sentences()) == 1


def test_grace_notes_that_are_left_out_are_said():
    grace = midi(track(*notes([71], 40, 40), *notes([72, 74], 440)))
    said = import_own([File("a.mid", grace)], "a")[1].sentences()[-1]
    assert said == "In no chord, being shorter than the grid sees: 1 of 3 notes."


def test_no_finer_grid_is_offered_for_triplets():
    said = import_own([File("a.mid", song(*range(60, 72), length=160, every=160))], "a")[1].sentences()[-1]
    assert said.startswith("8 of 12 notes lie between")
    assert said.endswith("A finer grid does no better: they may be triplets, or played freely.")


def test_a_piece_that_the_grid_misses_whole_is_refused_as_that():
    files = [File("a.mid", midi(track((240, b"\x90\x3c\x50"), (60, b"\x80\x3c\x40"), (420, b"\x90\x3e\x50"),
                                      (60, b"\x80\x3e\x40"))))]  # fmt: skip
    with pytest.raises(ChoraleError, match="notes lie between the times of the quarter grid or are too short"):
        import_own(files, "a")
    assert import_own(files, "a", "eighth")[0].splits["train"] == (((60,), (), (62,)),)


def test_drums_and_oddities_are_said():
    drums = midi(track(*notes([60, 62])), track(*notes([36] * 3, channel=9)), counted=9)
    report = import_own([File("a.mid", drums)], "a")[1]
    assert "Left out: 3 notes of drums." in report.sentences()
    assert report.refusals() == ["a.mid: Its header counts 9 tracks, it has 2: all that it has are read."]
    with pytest.raises(ChoraleError, match="It has no note but 3 of drums"):
        import_own([File("a.mid", midi(track(*notes([36] * 3, channel=9))))], "b")


def test_an_upbeat_that_the_file_does_not_state_is_seen_in_the_report():
    late = midi(track((240, meta(6, b"x")), *notes([60, 62, 64])))
    said = import_own([File("a.mid", late)], "a")[1].sentences()[-1]
    assert said == "3 of 3 notes lie between the times of the grid. On the eighth grid none would."
