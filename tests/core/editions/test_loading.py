"""Both editions of the chorales: where they come from, what is refused, and what happens without a network."""

import difflib
import hashlib
import importlib.util
import json
import os
import shutil
import socket
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassy_core.editions import loading
from glassy_core.editions.catalogue import DATA, EDITION_SOURCES, PAPER, EditionSource, edition_names
from glassy_core.editions.format import ChoraleError, parse
from glassy_core.editions.install import DOWNLOAD_SECONDS, MAX_BYTES, download, install_file
from glassy_core.editions.loading import Edition, edition_at_hand, load_edition, load_or_fallback, summary
from glassy_core.paper.regimes import regime
from glassy_core.settings import ConfigError, RunConfig

GOOD = {"train": [[[60, 64], [], [96]]], "valid": [[[43]]], "test": [[[50, 51, 52]]]}


def one_sentence(error: Exception) -> str:
    """The message, once it is sure that a reader gets one line and a way out."""
    text = str(error)
    assert "\n" not in text
    assert text.endswith((".", ".json"))
    assert ":" in text
    assert len(text) < 600
    return text


def paper_is(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    """Another entry for the paper edition in the table of sources."""
    monkeypatch.setitem(EDITION_SOURCES, "paper", replace(EDITION_SOURCES["paper"], **changes))


@pytest.fixture
def paper_bytes(paper_path: Path) -> bytes:
    return paper_path.read_bytes()


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with the corpus edition only, and no path of the paper edition set."""
    monkeypatch.delenv(PAPER.variable, raising=False)
    shutil.copy(DATA / "corpus.json", tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def maker():
    """data/make_corpus.py as a module."""
    spec = importlib.util.spec_from_file_location("make_corpus", DATA / "make_corpus.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_corpus"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["make_corpus"]


@pytest.fixture(scope="session")
def remade(maker) -> dict:
    """Of every third source the manifest and the corrections name: chords of the four voices, and of all parts."""
    found = {}
    for source in {*maker.manifest_sources()[::3], *maker.manifest_sources(corrected=False)[::3]}:
        score = maker.expanded(source)
        length = int(score.duration.quarterLength)
        found[source] = maker.chorale(source, score), maker.sampled(score.parts, length, source.transpose_semitones)
    return found


# --- the corpus edition


def test_corpus_edition() -> None:
    edition = load_edition("corpus")
    content = (DATA / "corpus.json").read_bytes()
    assert edition.name == "corpus"
    assert edition.digest == hashlib.sha256(content).hexdigest()
    assert {name: len(split) for name, split in edition.splits.items()} == {"train": 205, "valid": 76, "test": 77}
    assert len(content) < 400_000
    assert edition.splits == parse(content, "corpus.json")


def test_corpus_summary() -> None:
    values = summary(load_edition("corpus"), 80)
    assert (values["transitions"], values["chorales"]) == (4637, 80)
    assert values["pitches"] == {"count": 54, "low": 43, "high": 96}
    assert 0.002 < values["floor_bits"] < 0.003
    assert list(values) == ["transitions", "chorales", "pitches", "floor_bits", "digest", "edition"]
    json.dumps(values, allow_nan=False)


def test_the_corpus_edition_needs_no_network(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", None)
    monkeypatch.setattr(socket, "getaddrinfo", None)
    assert load_edition("corpus", empty).digest == load_edition("corpus").digest


def test_loading_again_costs_nothing() -> None:
    assert load_edition("corpus") is load_edition("corpus")


def test_a_changed_file_is_read_again(empty: Path) -> None:
    before = load_edition("corpus", empty)
    (empty / "corpus.json").write_text(json.dumps(GOOD), encoding="utf-8")
    after = load_edition("corpus", empty)
    assert after.digest != before.digest
    assert after.first(1) == (((60, 64), (), (96,)),)


def test_held_out_chorales_repeat_no_training_chorale(maker) -> None:
    splits = load_edition("corpus").splits
    # A transition is the same at any pitch only if the chorales are in one key, as all are here.
    for held_out, other in (("valid", "train"), ("test", "train"), ("valid", "test")):
        for a in splits[held_out]:
            assert all(maker.in_common(a, b) <= maker.SAME for b in splits[other])


# --- remaking it from music21


def test_training_chorales_are_remade_from_music21(maker, remade) -> None:
    """The same bytes: every third of the committed file's first eighty lines is written anew from the scores."""
    sources = maker.manifest_sources()
    assert len(sources) == 80
    text = maker.as_text({"train": [remade[source][0] for source in sources[::3]]})
    first, *lines = (DATA / "corpus.json").read_text(encoding="utf-8").splitlines()
    again, *written = text.splitlines()
    assert first == again
    assert [line.removesuffix(",") for line in lines[:80:3]] == [line.removesuffix(",") for line in written[:27]]


def test_other_chorales_are_remade_from_music21(maker) -> None:
    """Every thirtieth of the rest: its source, the transposition that the rule gives, and its chords."""
    sources = json.loads((DATA / "corpus-sources.json").read_text(encoding="utf-8"))
    splits = json.loads((DATA / "corpus.json").read_text(encoding="utf-8"))
    assert {name: len(split) for name, split in sources.items()} == {"train": 205, "valid": 76, "test": 77}
    for name in ("train", "valid", "test"):
        for i in range(80 if name == "train" else 0, len(sources[name]), 30):
            source = maker.Source(**sources[name][i])
            score = maker.corpus.parse(source.corpus_file)
            assert source.transpose_semitones == maker.semitones_to_c_or_a(score)
            assert splits[name][i] == [list(chord) for chord in maker.chorale(source)]


def test_the_order_of_the_other_chorales_is_that_of_the_rule(maker) -> None:
    sources = json.loads((DATA / "corpus-sources.json").read_text(encoding="utf-8"))
    files = [source["corpus_file"] for source in sources["valid"] + sources["test"] + sources["train"][80:]]
    assert files == sorted(files, key=lambda name: hashlib.sha256(name.encode()).digest())
    assert len(set(files)) == len(files)
    assert not set(files) & {source.corpus_file for source in maker.manifest_sources()}
    assert sources["train"][:80] == [vars(source) for source in maker.manifest_sources()]


def test_two_chorales_in_common_share(maker) -> None:
    a, b = ((60,), (62,), (64,), (65,)), ((60,), (62,), (64,), (70,), (71,), (72,))
    assert maker.in_common(a, b) == maker.in_common(b, a) == pytest.approx(2 / 3)
    assert maker.in_common(a, a) == 1


def test_sampling_takes_what_sounds_on_each_quarter_note(maker) -> None:
    from music21 import chord, note, stream

    upper, lower = stream.Part(), stream.Part()
    for item in (note.Note(72, quarterLength=1.5), note.Note(74, quarterLength=0.5), note.Rest(quarterLength=1)):
        upper.append(item)
    for item in (note.Note(60, quarterLength=0.5), note.Note(62, quarterLength=1.5), chord.Chord([60, 55])):
        lower.append(item)
    assert maker.sampled([upper, lower], 4, 0) == ((60, 72), (62, 72), (55, 60), ())
    assert maker.sampled([upper, upper], 2, -2) == ((70,), (70,))  # a unison counts once


@pytest.mark.parametrize(
    ("tonic", "semitones"),
    [("C", 12), ("D", 10), ("B-", 14), ("F", 7), ("G", 17), ("E", 8), ("A", 15), ("a", 12), ("e", 17), ("d", 7)],
)
def test_every_key_goes_to_c_major_or_a_minor(maker, tonic: str, semitones: int) -> None:
    from music21 import key, scale, stream

    k = key.Key(tonic)
    notes = (scale.MajorScale if k.mode == "major" else scale.HarmonicMinorScale)(k.tonic).getPitches()
    degrees = [notes[i] for i in (0, 2, 4, 0, 3, 4, 4, 6, 0)]
    score = stream.Score([stream.Part([maker_note(pitch) for pitch in degrees])])
    assert maker.semitones_to_c_or_a(score) == semitones


def maker_note(pitch):
    from music21 import note

    return note.Note(pitch)


# --- the corpus edition beside the paper's


def identical(a, b) -> int:
    """Chords of a found in b in the same order, as difflib aligns them."""
    blocks = difflib.SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def test_the_manifests_own_numbers_come_out(maker, remade, paper_path: Path) -> None:
    """Every third of its 80 entries, from scores with all parts sounding; in all 4001 of 4677 chords."""
    paper = parse(paper_path.read_bytes(), "paper")["train"]
    entries = json.loads((DATA / "music21-manifest.json").read_text(encoding="utf-8"))
    for entry, source in list(zip(entries, maker.manifest_sources(corrected=False), strict=True))[::3]:
        chords = remade[source][1]
        theirs = paper[entry["index"]]
        found = {
            "corpus_chords": len(chords),
            "paper_chords": len(theirs),
            "chords_in_common": identical(chords, theirs),
        }
        assert found == {name: entry[name] for name in found}, entry
    assert sum(entry["chords_in_common"] for entry in entries) == 4001
    assert sum(entry["paper_chords"] for entry in entries) == 4677


def test_the_edition_is_nearer_to_the_paper_than_the_manifest(paper_path: Path) -> None:
    """Four voices and three better matches."""
    paper = parse(paper_path.read_bytes(), "paper")["train"]
    ours = load_edition("corpus").first(80)
    assert sum(identical(a, b) for a, b in zip(ours, paper[:80], strict=True)) == 4326


# --- the paper edition


def test_paper_edition(paper_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PAPER.variable, str(paper_path))
    edition = load_edition("paper")
    assert {name: len(split) for name, split in edition.splits.items()} == {"train": 229, "valid": 76, "test": 77}
    values = summary(edition, 80)
    assert values["transitions"] == 4597
    assert values["pitches"] == {"count": 54, "low": 43, "high": 96}
    assert values["floor_bits"] == pytest.approx(0.00253, abs=5e-6)
    assert values["digest"] == PAPER.sha256
    assert summary(edition, 8)["floor_bits"] == 0


def test_facts_about_the_papers_eighty(paper_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PAPER.variable, str(paper_path))
    first = load_edition("paper").first(80)
    chords = [chord for chorale in first for chord in chorale]
    assert len(chords) == 4677
    assert len({pitch for chord in chords for pitch in chord}) == 49
    assert (min(map(len, first)), max(map(len, first))) == (33, 129)
    assert sum(len(chord) == 3 for chord in chords) == 440
    assert sum(not chord for chord in chords) == 9


def test_the_paper_edition_is_found_in_the_data_folder(empty: Path, paper_bytes: bytes) -> None:
    (empty / PAPER.file).write_bytes(paper_bytes)
    assert load_or_fallback("paper", empty)[1] is None
    assert load_edition("paper", empty).digest == PAPER.sha256


def test_the_environment_variable_goes_first(empty: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.json"
    monkeypatch.setenv(PAPER.variable, str(missing))
    with pytest.raises(ChoraleError, match=r"nowhere\.json cannot be read") as caught:
        load_edition("paper", empty)
    assert PAPER.variable in one_sentence(caught.value)


def test_a_cut_paper_file_is_refused_and_left_alone(empty: Path, paper_bytes: bytes) -> None:
    half = paper_bytes[: len(paper_bytes) // 2]
    (empty / PAPER.file).write_bytes(half)
    with pytest.raises(ChoraleError, match="cut short") as caught:
        load_edition("paper", empty)
    assert PAPER.file in one_sentence(caught.value)
    assert (empty / PAPER.file).read_bytes() == half


@pytest.mark.parametrize("content", [b"", b"{}", json.dumps(GOOD).encode(), b"\xff\xfe\x00"])
def test_another_file_in_its_place_is_refused_and_left_alone(empty: Path, content: bytes) -> None:
    (empty / PAPER.file).write_bytes(content)
    with pytest.raises(ChoraleError, match=PAPER.sha256[:12]) as caught:
        load_edition("paper", empty)
    assert PAPER.url in one_sentence(caught.value)
    assert (empty / PAPER.file).read_bytes() == content
    edition, notice = load_or_fallback("paper", empty)
    assert edition.name == "corpus"
    assert notice is not None
    assert "paper" in notice


# --- uploads


def test_an_upload_is_installed(empty: Path, paper_bytes: bytes) -> None:
    (empty / PAPER.file).write_bytes(paper_bytes[:100])  # a broken one gives way to the right one
    assert install_file(EDITION_SOURCES["paper"], paper_bytes, empty) == empty / PAPER.file
    assert load_edition("paper", empty).digest == PAPER.sha256
    assert sorted(os.listdir(empty)) == ["corpus.json", PAPER.file]
    assert (empty / PAPER.file).stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("content", [b"", b"[]", json.dumps(GOOD).encode(), b"<script>", bytes(6_000_000)])
def test_a_wrong_upload_changes_nothing(empty: Path, content: bytes) -> None:
    with pytest.raises(ChoraleError) as caught:
        install_file(EDITION_SOURCES["paper"], content, empty)
    one_sentence(caught.value)
    assert os.listdir(empty) == ["corpus.json"]


def test_an_upload_that_cannot_be_written_says_so(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"stands for the right bytes"
    paper_is(monkeypatch, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(ChoraleError, match="cannot be written"):
        install_file(EDITION_SOURCES["paper"], content, empty / "missing")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ChoraleError, match="No space left"):
        install_file(EDITION_SOURCES["paper"], content, empty)
    assert os.listdir(empty) == ["corpus.json"]


# --- the network


@contextmanager
def server(reply):
    """A web server here whose answer to GET is what reply(handler) writes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.server.requests += 1
            with suppress(OSError):  # the other side gave up
                reply(self)

        def log_message(self, *_) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads, running.block_on_close, running.requests = True, False, 0
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield running
    finally:
        running.shutdown()
        running.server_close()


def url_of(running) -> str:
    return f"http://127.0.0.1:{running.server_port}/{PAPER.file}"


def send(content: bytes, status: int = 200):
    def reply(handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return reply


def falls_back_in_time(directory: Path) -> str:
    """The notice of a fall-back that leaves nothing behind and waits five seconds at most, or where all is slow longer.

    The servers below keep silent for twenty.
    """
    assert DOWNLOAD_SECONDS < 5
    start = time.perf_counter()
    edition, notice = load_or_fallback("paper", directory)
    assert time.perf_counter() - start < 15
    assert edition.name == "corpus"
    assert os.listdir(directory) == ["corpus.json"]
    assert notice is not None
    assert "by hand or upload it" in notice
    return notice


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.mark.usefixtures("no_proxy")
class TestNetwork:
    def test_download_once(self, empty: Path, paper_bytes: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
        with server(send(paper_bytes)) as running:
            paper_is(monkeypatch, url=url_of(running))
            for _ in range(3):
                edition, notice = load_or_fallback("paper", empty)
                assert (edition.digest, notice) == (PAPER.sha256, None)
            assert running.requests == 1
        assert sorted(os.listdir(empty)) == ["corpus.json", PAPER.file]

    def test_download_of_the_named_bytes(self, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The way down works without the paper's file at hand."""
        content = json.dumps(GOOD).encode()
        paper_is(monkeypatch, sha256=hashlib.sha256(content).hexdigest())
        with server(send(content)) as running:
            paper_is(monkeypatch, url=url_of(running))
            assert load_edition("paper", empty).first(1) == (((60, 64), (), (96,)),)
        assert (empty / PAPER.file).read_bytes() == content

    @pytest.mark.parametrize("reply", [send(b"{}"), send(b"gone", 404), send(b"", 500)], ids=["other", "404", "500"])
    def test_wrong_answers(self, empty: Path, monkeypatch: pytest.MonkeyPatch, reply) -> None:
        with server(reply) as running:
            paper_is(monkeypatch, url=url_of(running))
            assert "download failed" in falls_back_in_time(empty)

    def test_an_answer_cut_short(self, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def reply(handler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "407200")
            handler.end_headers()
            handler.wfile.write(b'{"train"')

        with server(reply) as running:
            paper_is(monkeypatch, url=url_of(running))
            assert "download failed" in falls_back_in_time(empty)

    def test_a_server_that_never_answers(self, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = threading.Event()
        with server(lambda handler: gone.wait(20)) as running:
            paper_is(monkeypatch, url=url_of(running))
            falls_back_in_time(empty)
            gone.set()

    def test_a_server_that_drips(self, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No single wait is long, so only a deadline over everything ends it."""
        gone = threading.Event()

        def reply(handler) -> None:
            handler.send_response(200)
            handler.end_headers()
            while not gone.wait(0.2):
                handler.wfile.write(b" " * 1024)

        with server(reply) as running:
            paper_is(monkeypatch, url=url_of(running))
            assert "not through" in falls_back_in_time(empty)
            gone.set()

    def test_a_refused_connection(self, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            paper_is(monkeypatch, url=f"http://127.0.0.1:{unused.getsockname()[1]}/{PAPER.file}")
            assert "ConnectionError" in falls_back_in_time(empty)

    def test_a_black_hole(self, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        paper_is(monkeypatch, url=f"http://192.0.2.1/{PAPER.file}")  # an address for examples
        falls_back_in_time(empty)

    def test_a_name_server_that_hangs(self, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = threading.Event()

        def hang(*_, **__):
            gone.wait(20)
            raise socket.gaierror("no name server")

        monkeypatch.setattr(socket, "getaddrinfo", hang)
        assert "not through" in falls_back_in_time(empty)
        gone.set()

    def test_pages_do_not_wait_again_at_every_refresh(self, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(loading, "RETRY_SECONDS", 1e9)
        with server(send(b"gone", 404)) as running:
            paper_is(monkeypatch, url=url_of(running))
            for _ in range(5):
                falls_back_in_time(empty)
            assert running.requests == 1

    def test_a_file_put_in_place_after_a_failure_counts_at_once(
        self, empty: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = json.dumps(GOOD).encode()
        paper_is(monkeypatch, sha256=hashlib.sha256(content).hexdigest())
        with server(send(b"gone", 404)) as running:
            paper_is(monkeypatch, url=url_of(running))
            falls_back_in_time(empty)
        install_file(EDITION_SOURCES["paper"], content, empty)
        assert load_or_fallback("paper", empty)[1] is None

    def test_a_page_may_ask_for_the_download(self, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with server(send(b"{}")) as running:
            paper_is(monkeypatch, url=url_of(running))
            with pytest.raises(ChoraleError, match="another file came") as caught:
                download(EDITION_SOURCES["paper"], empty)
        one_sentence(caught.value)


# --- bad input


@pytest.mark.parametrize("name", ["", "Paper", "../corpus", "<script>", "x" * 10_000, None, 3])
def test_there_is_no_other_edition(name) -> None:
    for load in (load_edition, load_or_fallback):
        with pytest.raises(ChoraleError, match="corpus, paper") as caught:
            load(name)
        one_sentence(caught.value)


@pytest.mark.parametrize("n", [0, -1, 206, 10**400, 1.5, "8", True, None])
def test_first_takes_only_what_is_there(n) -> None:
    with pytest.raises(ChoraleError, match="from 1 to 205") as caught:
        load_edition("corpus").first(n)
    one_sentence(caught.value)


def test_first_takes_the_first() -> None:
    edition = load_edition("corpus")
    assert edition.first(8) == edition.splits["train"][:8]
    assert edition.first(205) == edition.splits["train"]


def test_an_edition_can_be_a_key() -> None:
    assert len({load_edition("corpus"), Edition("corpus", "0", {})}) == 2


def with_chord(chord) -> dict:
    return {**GOOD, "valid": [[[60]], [[61], chord]]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (with_chord([42]), ["valid chorale 1, chord 1", "42", "43 to 96"]),
        (with_chord([97]), ["valid chorale 1, chord 1", "97", "43 to 96"]),
        (with_chord([60.0]), ["valid chorale 1, chord 1", "60.0", "whole number"]),
        (with_chord([True]), ["valid chorale 1, chord 1", "True"]),
        (with_chord([10**400]), ["valid chorale 1, chord 1", "1000", "43 to 96"]),
        (with_chord(["60"]), ["valid chorale 1, chord 1", "'60'"]),
        (with_chord([[60]]), ["valid chorale 1, chord 1", "[60]"]),
        (with_chord([62, 60]), ["valid chorale 1, chord 1", "[62, 60]", "ascend"]),
        (with_chord([60, 60]), ["valid chorale 1, chord 1", "[60, 60]", "ascend"]),
        (with_chord(60), ["valid chorale 1, chord 1", "60", "list of MIDI pitches"]),
        (with_chord(None), ["valid chorale 1, chord 1", "None"]),
        ({**GOOD, "test": [[]]}, ["test chorale 0", "[]", "at least one chord"]),
        ({**GOOD, "test": [5]}, ["test chorale 0", "5"]),
        ({**GOOD, "test": []}, ["'test'", "at least one"]),
        ({**GOOD, "test": {"0": []}}, ["'test'", "list"]),
        ({"train": GOOD["train"]}, ["'valid'"]),
        ([GOOD], ["no JSON object", "train, valid, test"]),
        (None, ["no JSON object"]),
    ],
)
def test_a_bad_value_is_named_with_its_place(content, words: list[str]) -> None:
    with pytest.raises(ChoraleError) as caught:
        parse(json.dumps(content).encode(), "some.json")
    message = one_sentence(caught.value)
    assert all(word in message for word in ["some.json", *words])


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"\xff", b"{", b'{"train": ', b"[" * 100_000, b"9" * 10_000, b"NaN", b'{"train": NaN}', b"1e999"],
)
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ChoraleError) as caught:
        parse(content, "some.json")
    one_sentence(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(40, 100) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["train", "valid", "x"]), inner),
    max_leaves=12,
)


def refused_or_sound(content: bytes) -> None:
    """Either every promise about an edition holds, or there is a ChoraleError of one sentence."""
    try:
        splits = parse(content, "some.json")
    except ChoraleError as error:
        one_sentence(error)
        return
    assert list(splits) == ["train", "valid", "test"]
    for chorale in (chorale for split in splits.values() for chorale in split):
        for chord in chorale:
            assert isinstance(chord, tuple)
            assert list(chord) == sorted(set(chord))
            assert all(43 <= pitch <= 96 for pitch in chord)


@given(st.binary(max_size=60))
def test_any_bytes(content: bytes) -> None:
    refused_or_sound(content)


@given(json_values)
def test_any_json(value) -> None:
    refused_or_sound(json.dumps(value).encode())


@given(json_values, json_values, json_values)
def test_any_three_splits(train, valid, test) -> None:
    refused_or_sound(json.dumps({"train": train, "valid": valid, "test": test}).encode())


@given(json_values, st.sampled_from(["train", "valid", "test"]), st.integers(0, 2))
def test_any_value_in_a_sound_file(value, split: str, depth: int) -> None:
    inner = value
    for _ in range(depth):
        inner = [inner]
    refused_or_sound(json.dumps({**GOOD, split: inner}).encode())


@given(st.data())
def test_the_committed_file_cut_short_or_with_a_byte_changed(data) -> None:
    content = json.dumps(GOOD).encode()
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(ChoraleError):
        parse(content[:cut], "some.json")
    flipped = content[:cut] + bytes([data.draw(st.integers(0, 255))]) + content[cut + 1 :]
    refused_or_sound(flipped)


@given(st.lists(st.lists(st.sets(st.integers(43, 96), max_size=6).map(sorted), min_size=1), min_size=1))
def test_every_sound_file_is_taken_as_it_is(some) -> None:
    splits = parse(json.dumps({"train": some, "valid": some, "test": some}).encode(), "some.json")
    assert [[list(chord) for chord in chorale] for chorale in splits["train"]] == some


def test_a_damaged_corpus_file_is_named(empty: Path) -> None:
    path = empty / "corpus.json"
    path.write_bytes(path.read_bytes()[:1000])
    for load in (load_edition, load_or_fallback):
        with pytest.raises(ChoraleError, match="cut short") as caught:
            load("corpus", empty)
        assert str(path) in one_sentence(caught.value)


def test_what_is_no_file_is_named(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty / "corpus.json").unlink()
    with pytest.raises(ChoraleError, match="restore it"):
        load_edition("corpus", empty)
    (empty / "corpus.json").mkdir()
    with pytest.raises(ChoraleError, match="cannot be read"):
        load_edition("corpus", empty)
    (empty / PAPER.file).write_bytes(bytes(MAX_BYTES + 1))
    with pytest.raises(ChoraleError, match="at most 5000000"):
        load_edition("paper", empty)


def test_no_two_of_the_eighty_are_one_harmonisation_twice() -> None:
    """The manifest named two files twice; the corrections leave no chorale there twice."""
    assert all(a != b for a, b in combinations(load_edition("corpus").first(80), 2))


# --- a new edition is an entry in the table


@pytest.fixture
def folk(empty: Path, monkeypatch: pytest.MonkeyPatch) -> EditionSource:
    """An edition of which nothing but its entry is known, and its file."""
    source = EditionSource(
        name="folk", words="the folk songs", file="folk.json", remedy="sing it again", fallback="corpus", complete=False
    )
    monkeypatch.setitem(EDITION_SOURCES, "folk", source)
    (empty / "folk.json").write_text(json.dumps({"train": [[[60], [62], [64]], [[60], [65]]]}), encoding="utf-8")
    return source


def test_a_new_edition_is_loaded_named_and_learned(empty: Path, folk: EditionSource) -> None:
    *others, last = edition_names(empty)
    assert others[:2] == ["corpus", "paper"]
    assert last == "folk"
    edition = load_edition("folk", empty)
    assert edition.first(2) == (((60,), (62,), (64,)), ((60,), (65,)))
    assert summary(edition, 2)["transitions"] == 3
    assert RunConfig(edition="folk", chorales=8).edition == "folk"
    with pytest.raises(ConfigError, match=f"choose one of {', '.join(others)}, folk, or own:NAME for your own data"):
        RunConfig(edition="jazz")
    assert regime(RunConfig(edition="corpus", chorales=8, width=48)) == "over"
    assert regime(RunConfig(edition="folk", chorales=8, width=48)) is None  # nothing is known of its critical width


def test_where_the_file_of_a_new_edition_is_missing_its_fallback_stands_in(empty: Path, folk: EditionSource) -> None:
    assert edition_at_hand("folk", empty).digest == load_edition("folk", empty).digest
    (empty / folk.file).unlink()
    assert edition_at_hand("folk", empty) is None
    with pytest.raises(ChoraleError, match=r"folk\.json cannot be read .* sing it again"):
        load_edition("folk", empty)
    edition, notice = load_or_fallback("folk", empty)
    assert edition.name == "corpus"
    assert "The corpus edition stands in for the folk edition:" in notice


def test_a_new_edition_whose_bytes_are_known_is_downloaded_once_and_can_be_uploaded(
    empty: Path, folk: EditionSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (empty / folk.file).read_bytes()
    (empty / folk.file).unlink()
    monkeypatch.setenv("NO_PROXY", "*")
    with server(send(content)) as running:
        known = replace(folk, url=url_of(running), sha256=hashlib.sha256(content).hexdigest())
        monkeypatch.setitem(EDITION_SOURCES, "folk", known)
        assert [load_edition("folk", empty).digest for _ in range(2)] == [known.sha256] * 2
        assert running.requests == 1
    with pytest.raises(ChoraleError, match="is not the folk's file"):
        install_file(known, b"{}", empty)
    (empty / folk.file).unlink()
    assert install_file(known, content, empty).read_bytes() == content


def test_a_new_family_of_editions_is_an_entry_too(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class_of = EditionSource(
        name="class:", words="a class's data", file="class", remedy="ask the class", complete=False
    )
    shipped = edition_names(empty)
    monkeypatch.setitem(EDITION_SOURCES, "class:", class_of)
    (empty / "class").mkdir()
    for name in ("b", "a", "Not one"):
        (empty / "class" / f"{name}.json").write_text(json.dumps({"train": [[[60], [62]]]}), encoding="utf-8")
    assert edition_names(empty) == (*shipped, "class:a", "class:b")
    assert load_edition("class:a", empty).first(1) == (((60,), (62,)),)
    assert RunConfig(edition="class:gone").edition == "class:gone"  # whether or not its file is here
    listed = ", ".join(shipped)
    with pytest.raises(ChoraleError, match=f"There is no edition 'class:gone': choose one of {listed}, class:a"):
        load_edition("class:gone", empty)
