"""The notes of a standard MIDI file, in its own ticks. What has no bearing on them may be as odd as it likes.

Read here and by no library, since those that there are were tried on the world's files: pretty_midi ends two notes of
one key at once and loses the time of events that it does not know; symusic drops a note that is never let go, sounds
the patterns of type 2 together, and its releases either refuse wrong lengths or end the process at damaged bytes.
"""

from __future__ import annotations

import struct
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from glassy_core.settings import ConfigError

HEADER, TRACK = b"MThd", b"MTrk"
MOST_BEFORE = 1024  # bytes that may stand before the header: some systems and archives wrap the file
DRUMS = 9  # the channel of General MIDI's percussion, counted from 0
MOST_FOREIGN = 8  # chunks of other programs that are followed to the next track; more are believed
NUMBER_BYTES = 5  # a number in a track has no more; the standard says 4, long rests have been written with 5
NOTE_OFF, NOTE_ON, CONTROL, PROGRAM, PRESSURE = 0x80, 0x90, 0xB0, 0xC0, 0xD0  # kinds of channel messages
EXCLUSIVE, ESCAPE, META = 0xF0, 0xF7, 0xFF
SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # data bytes of system messages, which do not belong in a file
TEXT, NAME, END_OF_TRACK, TIME_SIGNATURE = 0x01, 0x03, 0x2F, 0x58  # kinds of meta events
RELEASES = frozenset({120, 123})  # controllers: all sound off, all notes off
LONGEST_TEXT = 200  # bytes; longer ones are of no account here
TORN = 3  # bytes of an event without its end that a track may end with


class MidiNote(NamedTuple):
    """One note: ticks at which it begins and ends, MIDI pitch, and (track, channel), which a part has to itself."""

    start: int
    end: int
    pitch: int
    part: tuple[int, int]


@dataclass(frozen=True)
class MidiMusic:
    """A MIDI file's music.

    quarter: ticks of a quarter note
    notes:   all but drums
    drums:   how many notes of drums there are besides
    bars:    ticks at which a time signature stands, ascending: a bar begins there
    texts:   (tick, text), those of at most LONGEST_TEXT bytes, any encoding read as Latin-1
    names:   of the tracks that have notes
    remarks: sentences on what was odd in a way that bears on the notes
    """

    quarter: int
    notes: tuple[MidiNote, ...]
    drums: int
    bars: tuple[int, ...]
    texts: tuple[tuple[int, str], ...]
    names: frozenset[str]
    remarks: tuple[str, ...]


def unreadable(why: str) -> ConfigError:
    """The error for bytes that are no MIDI file, or a damaged one; why is a part of a sentence."""
    return ConfigError(f"This is no MIDI file that can be read ({why}): choose another.")


def read_midi(content: bytes) -> MidiMusic:
    """The music in a MIDI file of type 0 or 1, also where it is wrapped as RIFF files are; else ConfigError.

    Note-offs end the notes of their key first in, first out. A note that none ends is held to its track's end.
    """
    start = content.find(HEADER, 0, len(content) if content.startswith(b"RIFF") else MOST_BEFORE)
    if start < 0:
        raise unreadable("it does not begin with MThd")
    try:
        size, kind, counted, division = struct.unpack_from(">IHHh", content, start + len(HEADER))
    except struct.error:
        raise unreadable("its header is cut") from None
    if division < 0:
        raise ConfigError("This MIDI file counts seconds, not quarter notes: choose one that has a tempo.")
    if not division:
        raise unreadable("its quarter note has no ticks")
    first = start + 8 + size
    if not _is_chunk(content, first):  # the header's length is wrong
        first = content.find(TRACK, start)
    tracks = [_Track(data, i + 1).read(whole) for i, (data, whole) in enumerate(_tracks(content, first))]
    if not tracks:
        raise unreadable("it has no track")
    if kind > 2:
        raise unreadable(f"it is of type {kind}, and there are 0, 1 and 2")
    if kind > 1 and len(tracks) > 1:
        raise ConfigError(
            f"This MIDI file is of type {kind}: its {len(tracks)} tracks are patterns that do not sound together. Save "
            "each as a file of its own, or the piece as type 0 or 1."
        )
    return _music(division, tracks, counted)


def _music(quarter: int, tracks: list[_Track], counted: int) -> MidiMusic:
    """The tracks together; counted is how many there are by the header."""
    held = sum(track.held for track in tracks)
    remarks = []
    if counted != len(tracks):
        remarks.append(f"Its header counts {counted} tracks, it has {len(tracks)}: all that it has are read.")
    if held:
        remarks.append(f"Notes that are never let go: {held}, held to the end of their track.")
    return MidiMusic(
        quarter,
        tuple(note for track in tracks for note in track.notes),
        sum(track.drums for track in tracks),
        tuple(sorted({tick for track in tracks for tick in track.bars})),
        tuple(sorted((text for track in tracks for text in track.texts), key=lambda text: text[0])),
        frozenset(track.name for track in tracks if track.notes),
        tuple(remarks),
    )


def _tracks(content: bytes, at: int) -> Iterator[tuple[memoryview, bool]]:
    """The bytes of each track, and whether they are certain to be whole.

    They go by the lengths that the file states, as long as each leads to another chunk or the file's end. One that
    does not is wrong, or the file is cut: the track then lasts until the next begins. ConfigError where another MIDI
    file follows.
    """
    view = memoryview(content)
    while 0 <= at <= len(content) - 8:
        if content[at : at + 4] == HEADER:
            raise ConfigError("This holds several MIDI files, one after the other: make each a file of its own.")
        begin = at + 8
        end = begin + int.from_bytes(content[at + 4 : begin], "big")
        right = end == len(content) or _is_chunk(content, end)
        if not right:
            following = content.find(TRACK, begin)
            end = following if following >= 0 else len(content)
        if content[at : at + 4] == TRACK:
            yield view[begin:end], right
        at = end


def _is_chunk(content: bytes, at: int) -> bool:
    """Whether a chunk begins there: a track, or a name of four ASCII characters and a length that leads on to such.

    A text in a track has four such characters, too, but no length after them.
    """
    for _ in range(MOST_FOREIGN):
        name = content[at : at + 4]
        if at + 8 > len(content) or not all(0x20 <= byte < 0x7F for byte in name):
            return False
        at += 8 + int.from_bytes(content[at + 4 : at + 8], "big")
        if name == TRACK or at == len(content):
            return True
    return True


@dataclass
class _Track:
    """One track while it is read.

    data, number:   its bytes, and which track of the file it is, from 1
    at, tick:       the byte and the time that have been reached
    running:        the status of the last channel message, which the next need not repeat; 0 before the first
    ended:          its end mark has been read
    pressed:        by channel and pitch, the ticks at which notes began that have not ended; no pitch without
    released:       by (channel, pitch), the tick of its last note-off
    held:           how many notes were never let go
    """

    data: memoryview
    number: int
    at: int = 0
    tick: int = 0
    running: int = 0
    ended: bool = False
    pressed: dict[int, dict[int, deque[int]]] = field(default_factory=lambda: defaultdict(dict))
    released: dict[tuple[int, int], int] = field(default_factory=dict)
    held: int = 0
    notes: list[MidiNote] = field(default_factory=list)
    drums: int = 0
    bars: list[int] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)
    name: str = ""

    def read(self, whole: bool) -> _Track:
        """Itself, read to the end; ConfigError where it is damaged, or has no end and is not known to be whole."""
        begun = 0
        try:
            while self.at < len(self.data) and not self.ended:
                begun = self.at
                self._event()
        except IndexError:
            if not whole or len(self.data) - begun > TORN:
                raise self._cut() from None
        if not self.ended and not whole:
            raise self._cut()
        self._hold()
        return self

    def _cut(self) -> ConfigError:
        return unreadable(f"it is cut, or the length of its track {self.number} is wrong")

    def _damaged(self) -> ConfigError:
        return unreadable(f"its track {self.number} is damaged at byte {self.at}")

    def _number(self) -> int:
        """The number of up to NUMBER_BYTES bytes, seven bits each, that stands here."""
        value = 0
        for _ in range(NUMBER_BYTES):
            byte = self.data[self.at]
            self.at += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise unreadable(f"a number in its track {self.number} has no end")

    def _skipped(self, size: int) -> memoryview:
        """The next bytes; IndexError where there are fewer."""
        if self.at + size > len(self.data):
            raise IndexError
        self.at += size
        return self.data[self.at - size : self.at]

    def _event(self) -> None:
        self.tick += self._number()
        status = self.data[self.at]
        if status >= 0x80:
            self.at += 1
        elif self.running:
            status = self.running
        else:
            raise self._damaged()
        if status < EXCLUSIVE:
            self.running = status
            self._channel_message(status & 0xF0, status & 0x0F)
        elif status == META:
            self._meta()
        elif status in (EXCLUSIVE, ESCAPE):
            self._skipped(self._number())
        else:
            self._skipped(SYSTEM_BYTES.get(status, 0))

    def _channel_message(self, kind: int, channel: int) -> None:
        if kind in (PROGRAM, PRESSURE):
            self._skipped(1)
            return
        first, second = self._skipped(2)
        if kind in (NOTE_ON, NOTE_OFF) and first > 0x7F:
            raise self._damaged()
        if kind == NOTE_ON and second:
            self.pressed[channel].setdefault(first, deque()).append(self.tick)
        elif kind in (NOTE_ON, NOTE_OFF):
            self._release(channel, first)
        elif kind == CONTROL and first in RELEASES:
            for pitch in list(self.pressed[channel]):
                while pitch in self.pressed[channel]:
                    self._release(channel, pitch)

    def _release(self, channel: int, pitch: int) -> None:
        """A note-off: it ends the note of its key that began first; without one it does nothing."""
        self.released[channel, pitch] = self.tick
        starts = self.pressed[channel].get(pitch)
        if starts:
            self._add(channel, pitch, starts.popleft(), self.tick)
            if not starts:
                del self.pressed[channel][pitch]

    def _add(self, channel: int, pitch: int, start: int, end: int) -> None:
        if channel == DRUMS:
            self.drums += 1
        else:
            self.notes.append(MidiNote(start, end, pitch, (self.number, channel)))

    def _hold(self) -> None:
        """End what is still pressed: at the last note-off of its key, or else at the track's end."""
        for channel, keys in self.pressed.items():
            for pitch, starts in keys.items():
                released = self.released.get((channel, pitch), -1)
                for start in starts:
                    self._add(channel, pitch, start, released if released > start else self.tick)
                    self.held += channel != DRUMS and released <= start

    def _meta(self) -> None:
        kind = self.data[self.at]
        self.at += 1
        content = self._skipped(self._number())
        if kind == END_OF_TRACK:
            self.ended = True
        elif kind == TIME_SIGNATURE and len(content) > 1 and content[0]:
            self.bars.append(self.tick)
        elif kind == TEXT and len(content) <= LONGEST_TEXT:
            self.texts.append((self.tick, bytes(content).decode("latin-1")))
        elif kind == NAME and not self.name:
            self.name = bytes(content[:LONGEST_TEXT]).decode("latin-1")
