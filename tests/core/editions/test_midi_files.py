"""The world's MIDI files: what they sound is taken, what does not matter is passed over, what is odd is said."""

import io
import random
import time
from contextlib import suppress

import mido
import pytest

from glassy_core.editions.midi_events import read_midi
from glassy_core.editions.midi_files import MOST_CHORDS, on_grid
from glassy_core.music.midi import Sound, to_midi
from glassy_core.music.voices import lead
from glassy_core.settings import ConfigError
from tests.core.editions.midi_bytes import chunk, header, meta, midi, notes, number, off, on, track
from tests.midi_chords import chords_on_grid

PARTS = ((72, 71, 72, 74), (67, 67, 67, 67), (64, 62, 64, 65), (48, 55, 60, 53))
TRACKS = [track(*notes(pitches, channel=i)) for i, pitches in enumerate(PARTS)]
PLAIN = midi(*TRACKS)
CHORDS = ((48, 64, 67, 72), (55, 62, 67, 71), (60, 64, 67, 72), (53, 65, 67, 74))


def beside(*events):
    """The plain piece after a track of other events."""
    return midi(track(*events), *TRACKS)


def refused(content, words):
    with pytest.raises(ConfigError, match=words) as caught:
        chords_on_grid(content)
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 300


# --- which notes sound when


def test_the_plain_piece():
    assert chords_on_grid(PLAIN) == CHORDS


def test_two_notes_of_one_key_end_first_in_first_out():
    both = midi(track((0, on(60)), (0, on(60)), (480, off(60)), (0, on(62)), (480, off(62)), (0, off(60)),
                      *notes([64], 960)))  # fmt: skip
    assert chords_on_grid(both) == ((60,), (60, 62), (64,), (64,))
    legato = midi(track((0, on(66)), (480, on(66)), (20, off(66)), (460, off(66)), *notes([67])), kind=0)
    assert chords_on_grid(legato) == ((66,), (66,), (67,))
    assert chords_on_grid(legato, "eighth") == ((66,),) * 4 + ((67,),) * 2
    assert [note[:3] for note in read_midi(legato).notes] == [(0, 500, 66), (480, 960, 66), (960, 1440, 67)]


def test_a_release_ends_the_key_of_its_own_channel_and_track():
    content = midi(
        track((0, on(60, 0)), (0, on(60, 1)), (480, off(60, 1)), (480, off(60, 0))), track((0, on(60)), (1440, off(60)))
    )
    assert sorted(note.end for note in read_midi(content).notes) == [480, 960, 1440]


@pytest.mark.parametrize(
    "event",
    [meta(0x0A, b"x"), meta(0x60, b"abc"), b"\xf0" + number(3) + b"ab\xf7", b"\xf7" + number(1) + b"a", b"\xf8"],
)
def test_the_time_of_every_event_counts(event):
    content = midi(track((0, on(60)), (480, off(60)), (0, on(62)), (240, event), (240, off(62)), *notes([64])), kind=0)
    assert chords_on_grid(content, "eighth") == ((60,),) * 2 + ((62,),) * 2 + ((64,),) * 2


def test_a_status_need_not_be_repeated_not_even_after_other_events():
    first = number(0) + on(60) + number(480) + bytes([60, 0])  # a note-on without force ends a note
    content = header(1) + chunk(first + number(0) + meta(0x01, b"x") + number(0) + bytes([62, 9, 0x83, 0x60, 62, 0]))
    assert chords_on_grid(content) == ((60,), (62,))


@pytest.mark.parametrize("counted", [0, 1, 2, 6, 65535])
def test_the_tracks_are_those_that_are_there_whatever_the_header_counts(counted):
    grid = on_grid(midi(*TRACKS, counted=counted), "quarter")
    assert grid.chords == CHORDS
    assert grid.remarks == (f"Its header counts {counted} tracks, it has 4: all that it has are read.",)


def test_patterns_of_type_2_are_refused_by_name_unless_there_is_one():
    one, other = track(*notes([60, 62, 64])), track(*notes([72, 74, 76]))
    refused(midi(one, other, kind=2), "of type 2: its 2 tracks are patterns")
    assert chords_on_grid(midi(one, kind=2)) == ((60,), (62,), (64,))


def test_a_note_that_is_never_let_go_is_held_to_the_end_of_its_track_and_that_is_said():
    content = midi(track(*notes([60, 62]), (0, on(64)), (960, meta(0x06, b"fine"))), track(*notes([72])))
    grid = on_grid(content, "quarter")
    assert grid.chords == ((60, 72), (62,), (64,), (64,))
    assert grid.remarks == ("Notes that are never let go: 1, held to the end of their track.",)
    assert chords_on_grid(midi(track(*notes([60, 62]), (0, on(64)), end=None))) == ((60,), (62,), (64,))


def test_one_release_too_few_ends_both():
    content = midi(track((0, on(60)), (0, on(60)), (480, off(60)), *notes([62, 64])))
    assert chords_on_grid(content) == ((60,), (62,), (64,))


@pytest.mark.parametrize("controller", [120, 123])
def test_all_notes_off_ends_the_notes_of_its_channel(controller):
    content = midi(
        track((0, on(60)), (0, on(64, 1)), (480, bytes([0xB0, controller, 0])), *notes([62]), (0, off(64, 1)))
    )
    grid = on_grid(content, "quarter")
    assert (grid.chords, grid.remarks) == (((60, 64), (62, 64)), ())


# --- what does not matter


@pytest.mark.parametrize(
    "event",
    [
        *(meta(0x59, key) for key in (b"\xee\x01", b"\x08\x00", b"\x00", b"", b"\x00\x07", b"\x80\x80\x80")),
        *(meta(0x51, tempo) for tempo in (b"\x00\x00\x00", b"\x07\xa1", b"", b"\xff" * 3)),
        *(meta(0x58, time) for time in (b"\x00\x02\x18\x08", b"\x04\x02", b"\x04", b"", b"\x04\xff\x18\x08")),
        *(meta(0x54, offset) for offset in (b"\x00", b"", b"\xff" * 5)),
        *(meta(0x01, text) for text in ("青青子衿".encode() * 400, "悠悠我心".encode("gb18030"), b"\xff", b"end", b"")),
        meta(0x7F, b"\x43" * 5000),
        meta(0x20, b"\x09"),
        b"\xf0" + number(20000) + b"\x7f" * 20000,
    ],
)  # fmt: skip
def test_odd_events_beside_the_notes_change_nothing(event):
    grid = on_grid(beside((0, event)), "quarter")
    assert (grid.chords, grid.remarks) == (CHORDS, ())


@pytest.mark.parametrize(
    "content",
    [
        midi(track(), *TRACKS, track()),
        midi(chunk(b""), *TRACKS, counted=5),
        midi(*TRACKS[:2], chunk(b"abcd", b"XFIH"), *TRACKS[2:], counted=4),
        midi(*TRACKS, chunk(b"MTrk and more", b"XFKM"), counted=4),
        PLAIN + b"\x00" * 7,
        PLAIN + b"\x1a" * 200,
        b"MThd" + (10).to_bytes(4, "big") + PLAIN[8:14] + b"more" + PLAIN[14:],  # a longer header
        midi(*(track(*notes(pitches, channel=i), end=None) for i, pitches in enumerate(PARTS))),
    ],
    ids="empty nothing between after padded dos header endless".split(),
)
def test_chunks_of_others_and_the_bytes_around_change_nothing(content):
    assert chords_on_grid(content) == CHORDS
    assert on_grid(content, "quarter").remarks == ()


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("more", [-30, -3, -1, 1, 5, 300])
def test_a_length_that_is_wrong_is_mended_where_the_track_says_itself_where_it_ends(place, more):
    tracks = list(TRACKS)
    tracks[place] = tracks[place][:4] + (len(tracks[place]) - 8 + more).to_bytes(4, "big") + tracks[place][8:]
    assert chords_on_grid(midi(*tracks)) == CHORDS


def test_a_length_that_ends_in_a_text_is_wrong_too():
    """Four characters of a text are no name of a chunk: the track was silently cut there."""
    content = track((0, meta(0x01, b"Copyright 1999 by somebody, all rights reserved")), *notes(PARTS[0]))
    for announced in range(1, 50):
        cut = content[:4] + announced.to_bytes(4, "big") + content[8:]
        assert chords_on_grid(midi(cut, *TRACKS[1:])) == CHORDS


@pytest.mark.parametrize("length", [0, 5, 7, 0xFF07])
def test_a_headers_length_that_is_wrong_loses_no_track(length):
    grid = on_grid(PLAIN[:4] + length.to_bytes(4, "big") + PLAIN[8:], "quarter")
    assert (grid.chords, grid.remarks) == (CHORDS, ())


@pytest.mark.parametrize("left", [20, 50, 100, 150, len(PLAIN) - 4, len(PLAIN) - 1])
def test_a_file_that_is_cut_is_refused(left):
    refused(PLAIN[:left], "it is cut|no track")


def test_a_file_that_is_cut_between_two_tracks_says_so():
    grid = on_grid(PLAIN[: -len(TRACKS[-1])], "quarter")
    assert grid.remarks == ("Its header counts 4 tracks, it has 3: all that it has are read.",)


@pytest.mark.parametrize("before", [b"RIFF" + bytes(4) + b"RMIDdata" + bytes(4), b"\x00" * 128])
def test_files_that_are_wrapped(before):
    assert chords_on_grid(before + PLAIN) == CHORDS


def test_very_many_ticks_a_quarter_make_no_difference():
    most = 32767
    content = midi(track((0, on(60)), (most, off(60)), (0, on(62)), (310 * most, off(62)), *notes([64], most)),
                   kind=0, division=most)  # fmt: skip
    assert chords_on_grid(content) == ((60,), *((62,),) * 310, (64,))
    long = midi(track(*notes([60] * (MOST_CHORDS // 1000), 1000 * most)), division=most)
    assert chords_on_grid(long) == ((60,),) * MOST_CHORDS
    grid = on_grid(midi(track(*notes([60, 62], 10_000 * most)), division=most), "quarter")
    assert len(grid.chords) == MOST_CHORDS
    assert list(grid.between) == ["quarter"]  # the others would be too long


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (PLAIN[:12] + b"\xe7\x28" + PLAIN[14:], "counts seconds, not quarter notes"),
        (PLAIN[:12] + b"\x00\x00" + PLAIN[14:], "no ticks"),
        (b"no music", "does not begin with MThd"),
        (PLAIN[:9], "its header is cut"),
        (midi(*TRACKS, kind=256), "it is of type 256, and there are 0, 1 and 2"),
        (header(0), "it has no track"),
        (midi(chunk(b"\x00\x3c\x50" + b"\x00" * 9)), "track 1 is damaged"),
        (midi(track((0, b"\x90\xbc\x50"))), "track 1 is damaged"),
        (midi(*TRACKS[:1], chunk(b"\xff" * 9)), "track 2 has no end"),
        (midi(chunk(number(0) + on(60) + b"\x00\xf0\x83\x60" + b"ab" * 9)), "track 1 is wrong"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(content, words):
    refused(content, words)


def test_files_as_a_library_writes_them_are_read_note_for_note():
    """A random piece through mido's writer: the notes, tick by tick."""
    rng = random.Random(3)
    for _ in range(30):
        expected, file = [], mido.MidiFile(ticks_per_beat=rng.choice([96, 480]))
        for number_of_track in range(1, rng.randint(2, 5)):
            at = 0
            events = mido.MidiTrack()
            file.tracks.append(events)
            for _ in range(20):
                pitch, channel = rng.randrange(128), rng.randrange(9)
                wait, length = rng.randrange(500), rng.randrange(1, 9999)
                events.append(mido.Message("note_on", note=pitch, channel=channel, velocity=9, time=wait))
                events.append(mido.Message("control_change", control=64, value=3, channel=channel, time=length))
                events.append(mido.Message("note_off", note=pitch, channel=channel, time=0))
                expected.append((at + wait, at + wait + length, pitch, (number_of_track, channel)))
                at += wait + length
        content = io.BytesIO()
        file.save(file=content)
        assert sorted(read_midi(content.getvalue()).notes) == sorted(expected)


# --- what the grid leaves out


def test_notes_between_the_times_are_counted_for_each_grid():
    grid = on_grid(midi(track(*notes(range(60, 76), 120, 120))), "quarter")
    assert grid.chords == ((60,), (64,), (68,), (72,))
    assert (grid.notes, grid.unheard) == (16, 12)
    assert grid.between == {"quarter": 12, "eighth": 8, "sixteenth": 0}


def test_notes_between_the_times_that_are_held_are_heard():
    grid = on_grid(midi(track((240, on(60)), (480, off(60)), *notes([62], 720))), "quarter")
    assert grid.chords == ((60,), (62,))
    assert (grid.between["quarter"], grid.unheard) == (2, 0)


def test_short_notes_at_a_time_are_heard():
    staccato = midi(*(track(*notes(pitches, 48, channel=i)) for i, pitches in enumerate(PARTS)))
    assert chords_on_grid(staccato) == CHORDS
    hands, wait = [], 0
    for first, *rest in CHORDS:  # pressed one after the other, as hands do
        hands += [
            (wait, on(first)),
            *((3, on(pitch)) for pitch in rest),
            (39, off(first)),
            *((0, off(p)) for p in rest),
        ]
        wait = 432
    assert chords_on_grid(midi(track(*hands))) == CHORDS
    over_bass = midi(track((0, on(48)), *notes([72, 74, 76], 30), (450, off(48))))
    grid = on_grid(over_bass, "quarter")
    assert (grid.chords, grid.unheard) == (((48, 72), (48, 74), (48, 76)), 0)


@pytest.mark.parametrize("held_over", [0, 10])
def test_grace_notes_are_not_heard_and_that_is_said(held_over):
    grace = midi(track((0, on(71)), (40, on(72)), (held_over, off(71)), (440 - held_over, off(72)), *notes([74])))
    grid = on_grid(grace, "quarter")
    assert (grid.chords, grid.unheard, grid.between["quarter"]) == (((72,), (74,)), 1, 0)
    two = on_grid(midi(track(*notes([70, 71], 20, 20), *notes([72, 74], 440, 480))), "quarter")
    assert (two.chords, two.unheard) == (((72,), (74,)), 2)


def test_drums_are_counted_and_not_heard():
    grid = on_grid(midi(*TRACKS, track(*notes([36] * 7, channel=9))), "quarter")
    assert (grid.chords, grid.drums, grid.notes) == (CHORDS, 7, 16)


def test_the_grid_follows_the_bar_where_the_file_states_one():
    """An upbeat of an eighth, then bars of four quarters."""
    bars = track((0, meta(0x58, b"\x01\x03\x18\x08")), (240, meta(0x58, b"\x04\x02\x18\x08")))
    grid = on_grid(midi(bars, track(*notes([59], 240, 240), *notes([60, 62, 64]))), "quarter")
    assert grid.chords == ((59,), (60,), (62,), (64,))
    assert (grid.between["quarter"], grid.unheard) == (0, 0)
    unsaid = on_grid(midi(track(*notes([59], 240, 240), *notes([60, 62, 64]))), "quarter")
    assert unsaid.between == {"quarter": 3, "eighth": 0, "sixteenth": 0}


@pytest.mark.parametrize("at", [1, 10, 1919, 1921])
def test_a_bar_that_is_stated_a_tick_off_adds_no_chord(at):
    content = midi(track((at, meta(0x58, b"\x04\x02\x18\x08"))), track(*notes([60, 62, 64, 65, 67, 69])))
    assert chords_on_grid(content) == ((60,), (62,), (64,), (65,), (67,), (69,))


# --- what glassy wrote, and what only looks like it

PIECE = ((), (60, 64), (60,), ())


def test_a_text_that_others_write_too_does_not_end_or_transpose_a_piece():
    words = track((0, meta(1, b"intro")), (960, meta(1, b"end")), (0, meta(1, b"transposed by 2 semitones")))
    foreign = midi(words, track((960, on(60)), (480, off(60)), *notes([62, 64, 65])))
    assert chords_on_grid(foreign) == ((60,), (62,), (64,), (65,))
    assert chords_on_grid(midi(track(*notes([60, 62]), (960, meta(1, b"end"))))) == ((60,), (62,))


def test_files_that_glassy_wrote_come_back_those_of_before_too():
    for transpose in (0, -12):
        content = to_midi(lead(PIECE), Sound(transpose=transpose))
        assert chords_on_grid(content) == PIECE
        mark = b"end of the piece, written by glassy"
        assert content.count(mark) == 1
        former = content.replace(bytes([len(mark)]) + mark, b"\x03end")
        assert chords_on_grid(former) == PIECE


# --- time and memory


def test_two_million_bytes_of_events_take_seconds():
    begun = time.process_time()
    many = on(60) + b"".join(bytes([0, 60 + i % 9, 80 * (i % 2)]) for i in range(640_000))
    refused_or_read = [
        midi(chunk(number(0) + many)),
        midi(chunk(number(0) + on(60) + b"\x00\xb0\x7b\x00" * 480_000)),
        header(1) + chunk(b"", announced=9) * 240_000,
        midi(track((0, on(60)), end=None, announced=2**31)) * 40_000,
    ]
    for content in refused_or_read:
        with suppress(ConfigError):
            chords_on_grid(content)
    assert time.process_time() - begun < 20


def test_two_files_that_were_joined_do_not_sound_together():
    refused(PLAIN + midi(track(*notes([60, 62]))), "several MIDI files, one after the other")
