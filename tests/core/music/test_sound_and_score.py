"""Chords to voices, MIDI, sound and score, and back."""

import io
import json
import time
import wave
from itertools import product
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassy_core.editions.encoding import HIGHEST_PITCH, LOWEST_PITCH
from glassy_core.editions.loading import load_edition
from glassy_core.music.audio import PEAK, RATE, TAIL, render, wav_bytes
from glassy_core.music.counterpoint import portrait
from glassy_core.music.generation import MAX_LENGTH
from glassy_core.music.midi import INSTRUMENTS, Sound, to_midi
from glassy_core.music.piece import compose, score_marks, write_piece
from glassy_core.music.recorded_notes import instrument_file
from glassy_core.music.score import LINE, PAGE, Marks, engrave, key_fifths, note_id, spelled, to_musicxml
from glassy_core.music.soundfont import SoundFont, SoundFontError, general_midi
from glassy_core.music.voices import NAMES, REST, lead
from glassy_core.network.equations import initial_weights
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.training.records import Snapshot
from tests.core.at_hand import edition_at_hand
from tests.midi_chords import chords_on_grid

pitches = st.integers(LOWEST_PITCH, HIGHEST_PITCH)
chords = st.sets(pitches, max_size=7).map(lambda chord: tuple(sorted(chord)))
pieces = st.lists(chords, min_size=1, max_size=12).map(tuple)
sounds = st.builds(
    Sound,
    tempo=st.floats(30, 240),
    instrument=st.sampled_from(sorted(INSTRUMENTS)),
    ties=st.booleans(),
    transpose=st.integers(-24, 12),
)


# --- voices


@pytest.mark.parametrize("name", ["corpus", "paper"])
def test_every_second_chorale_survives_voices_and_midi(name):
    number = 0
    for chorales in edition_at_hand(name).splits.values():
        for chorale in chorales[::2]:
            voices = lead(chorale)
            assert voices.chords() == chorale
            assert voices.names == NAMES  # four voices are enough for Bach
            sung = (voices.pitches != REST).all(axis=1)
            assert sung.tolist() == [bool(chord) for chord in chorale]  # all sing, or all rest
            number += 1
            sound = Sound(tempo=60 + number % 90, ties=number % 2 == 0, transpose=(-12, 0, 5)[number % 3])
            assert chords_on_grid(to_midi(voices, sound)) == chorale
    assert number > 150


@given(pieces, sounds)
def test_any_chords_survive_voices_and_midi(piece, sound):
    voices = lead(piece)
    assert voices.chords() == piece
    assert chords_on_grid(to_midi(voices, sound, [(len(piece) // 2, "network")])) == piece


@given(pieces)
def test_voices_do_not_cross_and_share_notes_only_where_they_must(piece):
    voices = lead(piece)
    for chord, row, more in zip(piece, voices.pitches, voices.more, strict=True):
        assert (np.diff(row) <= 0).all()
        assert len({*row} - {REST}) == min(len(chord), 4)
        assert set(more) == set(chord) - set(row.tolist())


@given(st.lists(chords.filter(lambda chord: 0 < len(chord) <= 4), min_size=1, max_size=5))
def test_the_voices_move_least(piece):
    """Against every way there is to sing the piece, one voice crossing another or not."""

    def ways(chord):
        return [np.array(way) for way in product(chord, repeat=4) if set(way) == set(chord)]

    least = {tuple(way): 0 for way in ways(piece[0])}
    for chord in piece[1:]:
        least = {
            tuple(way): min(cost + np.abs(way - np.array(before)).sum() for before, cost in least.items())
            for way in ways(chord)
        }
    moved = np.abs(np.diff(lead(piece).pitches, axis=0)).sum()
    assert moved == min(least.values())


def test_the_voice_that_shares_is_the_one_that_moves_least():
    assert lead([(48, 55, 60, 64), (48, 55, 62), (48, 55, 60, 64)]).pitches[1].tolist() == [62, 62, 55, 48]
    assert lead([(48, 50, 60, 64), (49, 60, 64), (48, 50, 60, 64)]).pitches[1].tolist() == [64, 60, 49, 49]
    # Looking ahead: from the silence on only what follows counts, and across it what came before.
    assert lead([(), (48, 60, 64), (48, 60, 63, 64)]).pitches[1].tolist() == [64, 64, 60, 48]
    assert lead([(48, 60, 63, 64), (), (48, 60, 64)]).pitches[2].tolist() == [64, 64, 60, 48]


def test_voices_are_mostly_the_ones_bach_wrote():
    """Against the parts of the scores the corpus edition was made of; chance would share notes right in 1 of 3."""
    from music21 import corpus

    right, threes, right_threes, n = 0, 0, 0, 0
    for name in ("bach/bwv386.mxl", "bach/bwv348.mxl", "bach/bwv94.8.mxl", "bach/bwv267.mxl"):
        score = corpus.parse(name)
        parts = [score.parts[voice] for voice in ("Soprano", "Alto", "Tenor", "Bass")]
        sampled = np.zeros((int(score.duration.quarterLength), 4), dtype=int)
        for v, part in enumerate(parts):
            for note in part.flatten().notes:
                first, last = (int(np.ceil(x)) for x in (note.offset, note.offset + note.quarterLength))
                sampled[first:last, v] = note.pitches[-1].midi
        sampled = sampled[(sampled > 0).all(axis=1)]
        piece = [tuple(sorted({int(p) for p in row})) for row in sampled]
        same = (lead(piece).pitches == sampled).all(axis=1)
        three = np.array([len(chord) == 3 for chord in piece])
        right, n = right + same.sum(), n + len(same)
        right_threes, threes = right_threes + same[three].sum(), threes + three.sum()
    assert right / n > 0.93
    assert right_threes / threes > 0.7


def test_ties_join_repeated_pitches_up_to_a_break():
    voices = lead([(60,), (60,), (60,), (), (60,)])
    assert [(n.onset, n.length) for n in voices.notes("bass", ties=True)] == [(0, 3), (4, 1)]
    assert [(n.onset, n.length) for n in voices.notes("bass", ties=True, breaks=[2])] == [(0, 2), (2, 1), (4, 1)]
    assert [n.length for n in voices.notes("bass")] == [1, 1, 1, 1]


# --- MIDI


def test_midi_has_a_named_track_a_voice_and_the_tempo():
    import pretty_midi

    content = to_midi(lead([(48, 60, 64, 67), (48, 60, 64)]), Sound(tempo=90, instrument="piano"))
    midi = pretty_midi.PrettyMIDI(io.BytesIO(content))
    assert [track.name for track in midi.instruments] == list(NAMES)
    assert {track.program for track in midi.instruments} == {0}
    assert [len(track.notes) for track in midi.instruments] == [2, 2, 2, 2]  # unisons are sung by both
    assert midi.get_tempo_changes()[1][0] == pytest.approx(90, rel=1e-4)
    assert midi.get_end_time() == pytest.approx(2 * 60 / 90, rel=1e-3)


def test_more_than_four_notes_get_a_track_of_their_own():
    import pretty_midi

    piece = ((48, 52, 55, 60, 64, 67), (48,))
    midi = pretty_midi.PrettyMIDI(io.BytesIO(to_midi(lead(piece), Sound())))
    assert [track.name for track in midi.instruments] == [*NAMES, "more"]
    assert sorted(note.pitch for note in midi.instruments[-1].notes) == [55, 60]


@pytest.mark.parametrize("content", [b"", b"MThd", b"RIFF1234", b"\x00" * 100])
def test_what_is_no_midi_file_is_refused(content):
    with pytest.raises(ConfigError, match="no MIDI file"):
        chords_on_grid(content)


@pytest.mark.parametrize(
    "settings",
    [
        *({"tempo": tempo} for tempo in (0, float("nan"), "fast", 1000)),
        *({"transpose": semitones} for semitones in (1.5, 99, None)),
        {"instrument": "kazoo"},
    ],
)
def test_bad_sounds_are_refused(settings):
    with pytest.raises(ConfigError, match=r"must be|choose"):
        Sound(**settings)


# --- sound


def spectrum(samples, rate=RATE):
    size = 1 << 18
    return np.fft.rfftfreq(size, 1 / rate), np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size))


def strength(frequency, frequencies, spectrum, cents=60):
    near = np.abs(1200 * np.log2(np.maximum(frequencies, 1) / frequency)) < cents
    return spectrum[near].max()


def frequency_of(pitch):
    return 440 * 2 ** ((pitch - 69) / 12)


@pytest.mark.parametrize("instrument", sorted(INSTRUMENTS))
def test_every_note_is_in_tune(instrument):
    for pitch in range(LOWEST_PITCH, HIGHEST_PITCH + 1, 3):
        audio = render(lead([(pitch,)]), Sound(tempo=40, instrument=instrument))
        held = audio[int(0.15 * RATE) : int(1.45 * RATE)].sum(axis=1)
        frequencies, levels = spectrum(held)
        wanted = frequency_of(pitch)
        near = np.abs(np.log2(np.maximum(frequencies, 1) / wanted)) < 0.6 / 12
        found = frequencies[near][levels[near].argmax()]
        assert abs(1200 * np.log2(found / wanted)) < 20, (instrument, pitch, found)
        # The fundamental stands out, and what sounds besides it are its overtones (and an organ's 16 foot stop).
        assert levels[near].max() > 0.2 * levels.max(), (instrument, pitch)
        multiple = frequencies / (wanted / 2)
        harmonic = np.abs(multiple - np.round(multiple)) < 0.12
        assert (levels[harmonic] ** 2).sum() > 0.85 * (levels**2).sum(), (instrument, pitch)


@pytest.mark.parametrize("instrument", sorted(INSTRUMENTS))
def test_each_chord_sounds_when_it_is_due(instrument):
    piece = ((48, 55, 64, 72), (53, 57, 65, 72), (), (43, 59, 62, 67))
    sound = Sound(tempo=60, instrument=instrument)
    audio = render(lead(piece), sound)
    assert len(audio) == round((len(piece) * sound.seconds + TAIL) * RATE)
    for t, chord in enumerate(piece):
        part = audio[int((t + 0.2) * RATE) : int((t + 0.95) * RATE)].sum(axis=1)
        frequencies, levels = spectrum(part)
        for pitch in chord:
            here = strength(frequency_of(pitch), frequencies, levels)
            # Far louder than the silence between its neighbours' overtones: a quarter tone off.
            assert here > 3 * strength(frequency_of(pitch + 0.5), frequencies, levels, cents=10)
    rms = [float(np.sqrt((audio[int((t + 0.5) * RATE) : int((t + 0.9) * RATE)] ** 2).mean())) for t in range(4)]
    assert rms[2] < 0.2 * min(rms[0], rms[1], rms[3])  # the rest, with what still dies away
    assert np.abs(audio[-10:]).max() < 1e-3  # no click at the end


@given(pieces, sounds)
def test_sound_never_clips_and_is_silent_only_for_silence(piece, sound):
    audio = render(lead(piece), sound, rate=8_000)
    peak = np.abs(audio).max()
    assert np.isfinite(audio).all()
    assert peak == (pytest.approx(PEAK, rel=1e-5) if any(piece) else 0)
    assert len(audio) / 8_000 == pytest.approx(len(piece) * sound.seconds + TAIL, abs=1e-3)


def test_a_transposed_note_is_lower():
    part = slice(int(0.2 * RATE), int(0.9 * RATE))
    down = render(lead([(72,)] * 2), Sound(tempo=60, instrument="piano", transpose=-12))
    frequencies, levels = spectrum(down[part].sum(axis=1))
    lower = strength(frequency_of(60), frequencies, levels)
    assert lower > 0.3 * levels.max()
    assert levels[frequencies < 250].max() < 0.1 * lower  # nothing lies below it


def test_repeated_notes_are_heard_as_repeated_unless_tied():
    def dip(ties):
        audio = render(lead([(60,)] * 2), Sound(tempo=60, ties=ties, instrument="choir"))
        level = np.abs(audio[:, 0]).reshape(-1, RATE // 50).max(axis=1)  # 20 ms each
        return level[46:51].min() / level[30:40].mean()

    assert dip(ties=True) > 0.9
    assert dip(ties=False) < 0.7


def test_wav_is_what_was_rendered():
    audio = render(lead([(60, 64, 67)]), Sound())
    with wave.open(io.BytesIO(wav_bytes(audio))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        read = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    np.testing.assert_allclose(read / 32767, audio, atol=1 / 32767)
    assert np.abs(read.astype(int)).max() < 32767


def test_a_soundfont_honours_key_ranges_and_refuses_other_files(tmp_path):
    font = general_midi()
    low, high = (font.zones(0, key, 90)[0] for key in (43, 96))
    assert not np.array_equal(low.samples[:100], high.samples[:100])
    assert font.zones(0, 60, 127)[0].gain == pytest.approx(4 * font.zones(0, 60, 63)[0].gain, rel=0.05)
    (tmp_path / "x.sf2").write_bytes(b"RIFF\x04\x00\x00\x00WAVE")
    with pytest.raises(SoundFontError, match=r"x\.sf2"):
        SoundFont(tmp_path / "x.sf2")
    with pytest.raises(SoundFontError, match="cannot be read"):
        SoundFont(tmp_path / "missing.sf2")


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_an_instruments_file_has_all_that_its_keys_play(name):
    content = instrument_file(name)
    assert len(content) < 1_500_000
    end = 4 + int.from_bytes(content[:4], "little")
    head, samples = json.loads(content[4:end]), np.frombuffer(content[end:], "<i2") / 32768
    for key in range(LOWEST_PITCH - 12, HIGHEST_PITCH + 1):
        zones = general_midi().zones(INSTRUMENTS[name], key, 90)
        assert len(head["keys"][str(key)]) == len(zones)
        for (number, step), zone in zip(head["keys"][str(key)], zones, strict=True):
            recording, begin, stop, gain, pan, cutoff, *envelope = head["zones"][number]
            assert (begin, stop) == (zone.loop or (0, 0))
            assert (step, gain, pan, cutoff) == pytest.approx((zone.step, zone.gain, zone.pan, zone.cutoff), rel=2e-3)
            assert envelope == pytest.approx(zone.envelope, abs=1e-5)
            first, n = head["recordings"][recording]
            assert n > stop
            np.testing.assert_allclose(samples[first : first + n], zone.samples[:n], atol=1e-4)


# --- score


@pytest.mark.parametrize(
    ("pitch", "fifths", "spelling"),
    [
        (60, 0, ("C", 0, 4)),
        (66, 0, ("F", 1, 4)),
        (70, 0, ("B", -1, 4)),
        (68, 0, ("G", 1, 4)),
        (63, 0, ("E", -1, 4)),
        (59, -6, ("C", -1, 4)),
        (60, 5, ("B", 1, 3)),
        (61, -4, ("D", -1, 4)),
        (73, 4, ("C", 1, 5)),
    ],
)
def test_spelling(pitch, fifths, spelling):
    assert spelled(pitch, fifths) == spelling


@pytest.mark.parametrize("fifths", range(-6, 6))
def test_keys_are_found_and_their_scales_need_no_accidentals(fifths):
    scale = [60 + (degree + 7 * fifths) % 12 for degree in (0, 2, 4, 5, 7, 9, 11)]
    assert key_fifths(scale) == fifths
    xml = to_musicxml(lead([(p,) for p in scale]))
    assert f"<fifths>{fifths}</fifths>" in xml
    assert "<accidental>" not in xml
    for step, alter, octave in (spelled(p, fifths) for p in range(40, 100)):
        assert -2 <= alter <= 2
        assert "CDEFGAB".index(step) + octave >= 0


def read_back(xml):
    """Chords of a MusicXML text, read by music21, and whether its bars are full."""
    from music21 import converter

    score = converter.parse(xml, format="musicxml")
    end = int(score.duration.quarterLength)
    found = [set() for _ in range(end)]
    for element in score.flatten().notes:
        for t in range(int(element.offset), int(element.offset + element.quarterLength)):
            found[t] |= {pitch.midi for pitch in element.pitches}
    return tuple(tuple(sorted(chord)) for chord in found)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("which", [0, 7, 11])
def test_a_chorale_survives_the_score(ties, which):
    chorale = load_edition("corpus").splits["train"][which]
    marks = Marks("A <chorale> & more", ["#777777"] * 5 + ["#000000"] * (len(chorale) - 5), [(5, "network")], 80)
    assert read_back(to_musicxml(lead(chorale), ties, marks)) == chorale


@given(pieces, st.booleans(), st.sampled_from([PAGE, LINE]))
def test_any_piece_is_engraved_with_all_its_notes(piece, ties, layout):
    voices = lead(piece)
    drawn = engrave(to_musicxml(voices, ties), layout)
    for name in voices.names:
        for note in voices.notes(name, ties):
            assert f'id="{note_id(name, note.onset, note.pitch)}"' in drawn


@pytest.mark.parametrize("layout", [PAGE, LINE])
def test_the_longest_piece_is_one_picture(layout):
    piece = tuple((48, 52, 55, 60, 64 + t % 12, 79) for t in range(MAX_LENGTH))
    voices = lead(piece)
    drawn = engrave(to_musicxml(voices, marks=Marks("Long", tempo=80)), layout)
    assert drawn.count('class="notehead"') == 6 * MAX_LENGTH
    assert ElementTree.fromstring(drawn).tag.endswith("svg")


def test_accidentals_are_shown_once_a_bar_and_cancelled():
    around = [(60, 65, 69, 72)] * 3  # F, so that the key is C major
    piece = [(48, 60, 64, 66), (48, 60, 64, 66), (48, 60, 64, 65), (48, 60, 64, 67), (48, 60, 64, 66), *around]
    root = ElementTree.fromstring(to_musicxml(lead(piece)).split('dtd">')[1].strip())
    shown = [
        (note.get("id"), note.findtext("accidental"))
        for note in root.iter("note")
        if note.find("accidental") is not None
    ]
    assert shown == [("soprano-0-66", "sharp"), ("soprano-2-65", "natural"), ("soprano-4-66", "sharp")]


# --- a piece as files


def untrained(width=16):
    config = RunConfig(width=width, chorales=8)
    rng = np.random.default_rng(0)
    weights = initial_weights(config.depth, width, rng)
    weights["W"] = rng.normal(0, 0.3, weights["W"].shape)
    weights["h0"] -= 3  # chords of a few notes
    return Snapshot(0, 0, config.eta, (0, 0.0), {}, {}, weights, None), config


def test_files_of_a_piece(tmp_path):
    snapshot, config = untrained()
    edition = load_edition("corpus")
    piece = compose(snapshot, config, edition, prime=6, length=24)
    paths = write_piece(piece, tmp_path / "new" / "folder", Sound(tempo=100, transpose=-12))
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "piece.json",
        "piece.mid",
        "piece.musicxml",
        "piece.wav",
    ]
    assert chords_on_grid(paths["mid"].read_bytes()) == piece.chords
    assert read_back(paths["musicxml"].read_text(encoding="utf-8")) == piece.chords
    values = json.loads(paths["json"].read_text(encoding="utf-8"))
    assert tuple(map(tuple, values["chords"])) == piece.chords
    assert (values["prime"], values["length"]) == (6, 24)
    assert values["probabilities"][0] == [None] * 54
    np.testing.assert_allclose(values["probabilities"][9], piece.probabilities[9], atol=1e-6)
    assert values["sound"]["tempo"] == 100
    assert (np.array(values["voices"]) == piece.voices().pitches).all()
    with wave.open(str(paths["wav"])) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(24 * 0.6 + TAIL, abs=1e-3)


def test_sixty_four_chords_take_less_than_two_seconds():
    snapshot, config = untrained(width=68)
    edition = load_edition("corpus")

    def made():
        piece = compose(snapshot, config, edition, length=68)
        voices, sound = piece.voices(), Sound()
        audio = render(voices, sound)
        wav_bytes(audio)
        to_midi(voices, sound)
        engrave(to_musicxml(voices, marks=score_marks(piece, sound)))

    made()  # compiled and loaded once
    start = time.process_time()  # not the time that other programs take
    made()
    assert time.process_time() - start < 2


# --- counterpoint


def test_parallels_and_overlaps_are_counted():
    fifths = portrait([((48, 55, 64, 72), (50, 57, 65, 71))])  # bass and tenor in fifths
    assert (fifths.steps, fifths.parallel_fifths, fifths.parallel_octaves, fifths.overlaps) == (1, 1, 0, 0)
    octaves = portrait([((48, 55, 64, 72), (50, 57, 65, 74))])  # and bass and soprano in octaves
    assert (octaves.parallel_fifths, octaves.parallel_octaves) == (1 + 0, 1)
    contrary = portrait([((48, 55, 64, 72), (46, 53 + 12, 67, 74))])
    assert contrary.parallel_fifths == 0
    held = portrait([((48, 55, 64, 72), (48, 55, 62, 71))])  # nobody moves in the fifth
    assert held.parallel_fifths == 0
    leap = portrait([((48, 55, 64, 72), (57, 60, 64, 72))])  # the bass goes above where the tenor was
    assert leap.overlaps == 1


def test_profiles():
    found = portrait([((60, 64, 67, 72), (62, 65, 67, 71)), ((), (60,))])
    assert found.pitch_classes.sum() == pytest.approx(1)
    assert found.pitch_classes[0] == pytest.approx(3 / 9)
    assert found.steps == 1
    expected = np.zeros(25)
    for move in (2, 1, 0, -1):
        expected[12 + move] = 1 / 4
    np.testing.assert_allclose(found.moves, expected)
    assert found.harmonies[[4, 7, 0]].tolist() == pytest.approx([1 / 6] * 3)
    silent = portrait([((), ())])
    assert silent.steps == 0
    assert silent.moves.sum() == 0
    assert silent.per_hundred_steps(silent.overlaps) is None
