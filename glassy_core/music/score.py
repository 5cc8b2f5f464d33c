"""Voices as a score: MusicXML that any notation program reads, and its engraving as SVG."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from glassy_core.music.voices import MORE, NAMES, Note, Voices

BEATS = 4  # quarter notes a bar: the data know no metre, this one is the reader's
STEPS = "FCGDAEB"  # along the line of fifths, from F = -1
NATURAL = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
MAJOR = (0, 2, 4, 5, 7, 9, 11)
ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
TYPES = {1: ("quarter", 0), 2: ("half", 0), 3: ("half", 1), 4: ("whole", 0)}  # with dots, by length
HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
# Lengths in verovio's units. Both layouts are cut to what is drawn, so that every score is one picture.
LARGEST = 100_000  # the largest page there is; 512 chords with a third staff take a fifth of it
PAGE = {"breaks": "auto", "pageWidth": 2000, "pageHeight": 60_000, "scale": 40}
LINE = {"breaks": "none", "pageWidth": LARGEST, "adjustPageWidth": True, "scale": 48, "header": "none"}
LINE |= {"pageMarginLeft": 20, "pageMarginRight": 20, "pageMarginTop": 30, "pageMarginBottom": 20}


@dataclass(frozen=True)
class Staff:
    """One staff: its voices, stems up first, and its clef, an octave above the usual one as the data are."""

    voices: tuple[str, ...]
    sign: str
    line: int


UPPER, LOWER, THIRD = Staff(NAMES[:2], "G", 2), Staff(NAMES[2:], "F", 4), Staff((MORE,), "G", 2)


@dataclass(frozen=True)
class Marks:
    """What the score says beyond the notes.

    title:  above it
    colors: one CSS colour a chord, or none at all; the notes of a chord are drawn in it
    texts:  words above the staff, by chord
    tempo:  quarter notes a minute, or None
    """

    title: str = ""
    colors: Sequence[str] = ()
    texts: Sequence[tuple[int, str]] = ()
    tempo: float | None = None


def note_id(voice: str, t: int, pitch: int) -> str:
    """The id of a note that begins with chord t, in the MusicXML and in the SVG."""
    return f"{voice}-{t}-{pitch}"


def key_fifths(pitches: Sequence[int]) -> int:
    """The key signature, -6 flats .. 5 sharps, whose scale holds most of the pitches; the simplest of equals."""
    counts = [0] * 12
    for pitch in pitches:
        counts[pitch % 12] += 1

    def inside(fifths: int) -> int:
        return sum(counts[(degree + 7 * fifths) % 12] for degree in MAJOR)

    return max(range(-6, 6), key=lambda fifths: (inside(fifths), -abs(fifths)))


def spelled(pitch: int, fifths: int) -> tuple[str, int, int]:
    """(step, alteration, octave) of a MIDI pitch: from three fifths below the key's tonic to eight above."""
    lowest = fifths - 3
    place = lowest + (7 * pitch - lowest) % 12
    alter, index = divmod(place + 1, 7)
    step = STEPS[index]
    return step, alter, (pitch - alter - NATURAL[step]) // 12 - 1


def to_musicxml(voices: Voices, ties: bool = False, marks: Marks | None = None) -> str:
    """MusicXML of soprano and alto over tenor and bass, in bars of four."""
    marks = marks or Marks()
    fifths = key_fifths([int(p) for row in voices.pitches for p in row if p])
    root = Element("score-partwise", version="4.0")
    if marks.title:
        SubElement(SubElement(root, "work"), "work-title").text = marks.title
    staves = (UPPER, LOWER, THIRD) if MORE in voices.names else (UPPER, LOWER)
    names = SubElement(root, "part-list")
    for i, staff in enumerate(staves, 1):
        part = SubElement(names, "score-part", id=f"P{i}")
        SubElement(part, "part-name").text = ", ".join(staff.voices).capitalize()
    for i, staff in enumerate(staves, 1):
        _add_part(SubElement(root, "part", id=f"P{i}"), staff, voices, ties, fifths, marks)
    return HEADER + ElementTree.tostring(root, encoding="unicode") + "\n"


def engrave(musicxml: str, layout: dict[str, Any] = PAGE) -> str:
    """A score as one SVG, drawn by verovio; a note's element has the id that `note_id` gives.

    layout: PAGE, systems of bars below each other, or LINE, one system that is as long as the piece. Raises
    ValueError for what is no MusicXML.
    """
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    # By itself it knows its fonts only in the thread that imported it first.
    verovio.setDefaultResourcePath(str(files("verovio") / "data"))
    toolkit = verovio.toolkit()
    toolkit.setOptions(layout | {"adjustPageHeight": True, "footer": "none", "svgViewBox": True})
    if not toolkit.loadData(musicxml):
        raise ValueError("verovio cannot read this MusicXML.")
    return str(toolkit.renderToSVG(1))


def one_line(voices: Voices, ties: bool = False, colors: Sequence[str] = ()) -> str:
    """The score as one long line, an SVG without the parts' names, which would scroll away; colors: see Marks."""
    musicxml = to_musicxml(voices, ties, Marks(colors=colors))
    return engrave(re.sub(r"<part-name>[^<]*</part-name>", "<part-name/>", musicxml), LINE)


def _add_part(part: Element, staff: Staff, voices: Voices, ties: bool, fifths: int, marks: Marks) -> None:
    T = len(voices)
    sung = {name: list(voices.notes(name, ties, _breaks(marks.colors))) for name in staff.voices}
    for begin in range(0, T, BEATS):
        end = min(begin + BEATS, T)
        bar = SubElement(part, "measure", number=str(begin // BEATS + 1))
        if begin == 0:
            _add_attributes(bar, staff, fifths)
        if staff is UPPER:
            _add_texts(bar, begin, end, marks)
        altered: dict[tuple[str, int], int] = {}  # accidentals in force, by step and octave
        for number, name in enumerate(staff.voices, 1):
            if number > 1:
                SubElement(SubElement(bar, "backup"), "duration").text = str(end - begin)
            stem = "" if len(staff.voices) == 1 else ("up" if number == 1 else "down")
            for element in _sung_in_bar(sung[name], begin, end, number, stem, fifths, altered, marks.colors):
                bar.append(element)
        if end == T:
            SubElement(SubElement(bar, "barline", location="right"), "bar-style").text = "light-heavy"


def _breaks(colors: Sequence[str]) -> tuple[int, ...]:
    """Where the colour changes: a note has one colour, so none is held across."""
    return tuple(t for t in range(1, len(colors)) if colors[t] != colors[t - 1])


def _sung_in_bar(
    notes: Sequence[Note],
    begin: int,
    end: int,
    number: int,
    stem: str,
    fifths: int,
    altered: dict[tuple[str, int], int],
    colors: Sequence[str],
) -> list[Element]:
    """The note and rest elements of one voice from quarter note begin to end."""
    out, t = [], begin
    while t < end:
        here = [note for note in notes if note.onset <= t < note.onset + note.length]
        # Held notes of a chord may end at different times: all are drawn to the first end or the bar's.
        length = min([note.onset + note.length for note in here] + [end]) - t if here else 1
        upcoming = [note.onset - t for note in notes if t < note.onset < t + length]
        length = min([length, *upcoming])
        if not here:
            out.append(_note_element(None, length, number))
        for i, note in enumerate(here):
            element = _note_element(spelled(note.pitch, fifths), length, number, stem, chord=i > 0)
            element.set("id", note_id(note.voice, t, note.pitch))
            if colors:
                element.set("color", colors[note.onset])
            _add_tie(element, from_before=note.onset < t, onwards=note.onset + note.length > t + length)
            if note.onset == t:
                _add_accidental(element, spelled(note.pitch, fifths), fifths, altered)
            out.append(element)
        t += length
    return out


def _note_element(
    spelling: tuple[str, int, int] | None, length: int, number: int, stem: str = "", chord: bool = False
) -> Element:
    """A note, or a rest where there is no spelling, of 1 .. 4 quarter notes."""
    element = Element("note")
    if chord:
        SubElement(element, "chord")
    if spelling is None:
        SubElement(element, "rest")
    else:
        step, alter, octave = spelling
        pitch = SubElement(element, "pitch")
        SubElement(pitch, "step").text = step
        if alter:
            SubElement(pitch, "alter").text = str(alter)
        SubElement(pitch, "octave").text = str(octave)
    SubElement(element, "duration").text = str(length)
    SubElement(element, "voice").text = str(number)
    name, dots = TYPES[length]
    SubElement(element, "type").text = name
    for _ in range(dots):
        SubElement(element, "dot")
    if stem and spelling is not None:
        SubElement(element, "stem").text = stem
    return element


def _add_tie(element: Element, from_before: bool, onwards: bool) -> None:
    kinds = ["stop"] * from_before + ["start"] * onwards
    if kinds:
        after_duration = [child.tag for child in element].index("duration") + 1
        for i, kind in enumerate(kinds):
            element.insert(after_duration + i, Element("tie", type=kind))
        notations = SubElement(element, "notations")
        for kind in kinds:
            SubElement(notations, "tied", type=kind)


def _add_accidental(
    element: Element, spelling: tuple[str, int, int], fifths: int, altered: dict[tuple[str, int], int]
) -> None:
    """An accidental where the note differs from what the key, or one earlier in the bar, says."""
    step, alter, octave = spelling
    place = STEPS.index(step) - 1
    in_key = (fifths + 5 - place) // 7  # the alteration whose place lies within the key's seven fifths
    if altered.get((step, octave), in_key) != alter:
        altered[step, octave] = alter
        tags = [child.tag for child in element]
        at = max(i for i, tag in enumerate(tags) if tag in ("type", "dot")) + 1
        accidental = Element("accidental")
        accidental.text = ACCIDENTALS[alter]
        element.insert(at, accidental)


def _add_attributes(bar: Element, staff: Staff, fifths: int) -> None:
    attributes = SubElement(bar, "attributes")
    SubElement(attributes, "divisions").text = "1"
    SubElement(SubElement(attributes, "key"), "fifths").text = str(fifths)
    time = SubElement(attributes, "time")
    SubElement(time, "beats").text = str(BEATS)
    SubElement(time, "beat-type").text = "4"
    clef = SubElement(attributes, "clef")
    SubElement(clef, "sign").text = staff.sign
    SubElement(clef, "line").text = str(staff.line)
    SubElement(clef, "clef-octave-change").text = "1"


def _add_texts(bar: Element, begin: int, end: int, marks: Marks) -> None:
    if begin == 0 and marks.tempo is not None:
        direction = SubElement(bar, "direction", placement="above")
        metronome = SubElement(SubElement(direction, "direction-type"), "metronome")
        SubElement(metronome, "beat-unit").text = "quarter"
        SubElement(metronome, "per-minute").text = f"{marks.tempo:g}"
        SubElement(direction, "sound", tempo=f"{marks.tempo:g}")
    for t, text in marks.texts:
        if begin <= t < end:
            direction = SubElement(bar, "direction", placement="above")
            SubElement(SubElement(direction, "direction-type"), "words").text = text
            if t > begin:
                SubElement(direction, "offset").text = str(t - begin)
