"""Makes the corpus edition, corpus.json and corpus-sources.json, from the chorales in music21's corpus.

    python data/make_corpus.py

Needs music21 (requirements-dev.txt) and no network; takes a minute or two. data/README.md tells the rules.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from music21 import corpus, stream

HERE = Path(__file__).resolve().parent
MANIFEST = HERE / "music21-manifest.json"
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
LOWEST_PITCH, HIGHEST_PITCH = 43, 96  # MIDI
N_VALID, N_TEST = 76, 77  # as many as the paper edition has
SAME = 0.5  # two chorales with more of their transitions in common are one harmonisation

Chord = tuple[int, ...]
Chorale = tuple[Chord, ...]


@dataclass(frozen=True)
class Source:
    """Where one chorale comes from: a file of music21's corpus, and what is done to it."""

    corpus_file: str
    expand_repeats: bool
    transpose_semitones: int


# The manifest matched chorales with every instrument sounding. Where brass or a violin plays along it took
# another setting instead; with the four voices alone these have 59 of 61, 64 of 65 and 43 of 45 chords in
# common with the paper's, in place of 28, 19 and 4. The manifest's own 42 would reach pitch 98.
CORRECTIONS = {
    30: Source("bach/bwv95.7.mxl", True, 17),
    42: Source("bach/bwv128.5.mxl", True, 17),
    47: Source("bach/bwv31.9.mxl", True, 12),
}


def manifest_sources(corrected: bool = True) -> list[Source]:
    """The 80 training chorales in the paper's order, with or without the corrections."""
    fields = ("corpus_file", "expand_repeats", "transpose_semitones")
    entries = json.loads(MANIFEST.read_text(encoding="utf-8"))
    given = [Source(*(entry[field] for field in fields)) for entry in entries]
    return [CORRECTIONS.get(i, source) if corrected else source for i, source in enumerate(given)]


def four_voices(score: stream.Score) -> list[stream.Part]:
    """The parts named Soprano, Alto, Tenor and Bass; instruments that play along are left out."""
    return [part for part in score.parts if part.partName in VOICES]


def sampled(parts: Iterable[stream.Part], n_chords: int, semitones: int) -> Chorale:
    """What sounds at quarter notes 0 .. n_chords - 1: distinct transposed MIDI pitches, ascending."""
    sounding: list[set[int]] = [set() for _ in range(n_chords)]
    for part in parts:
        for note in part.flatten().notes:
            first = math.ceil(note.offset)
            last = math.ceil(note.offset + note.quarterLength)
            for t in range(first, min(last, n_chords)):
                sounding[t] |= {pitch.midi + semitones for pitch in note.pitches}
    return tuple(tuple(sorted(pitches)) for pitches in sounding)


def expanded(source: Source) -> stream.Score:
    """The source's score, with its repeats written out where wanted."""
    score = corpus.parse(source.corpus_file)
    return score.expandRepeats() if source.expand_repeats else score


def chorale(source: Source, score: stream.Score | None = None) -> Chorale:
    """The chords of a source's four voices; score is its expanded one, where it is at hand."""
    score = score or expanded(source)
    return sampled(four_voices(score), math.floor(score.duration.quarterLength), source.transpose_semitones)


def semitones_to_c_or_a(score: stream.Score) -> int:
    """7 .. 18 semitones up, to the C major or A minor nearest to one octave up; music21 finds the key."""
    key = score.analyze("key")
    above_c = key.tonic.pitchClass - (9 if key.mode == "minor" else 0)
    return 12 + (5 - above_c) % 12 - 5


def in_common(a: Chorale, b: Chorale) -> float:
    """Share of the distinct transitions of the one with fewer that the other has too."""
    of_a, of_b = set(itertools.pairwise(a)), set(itertools.pairwise(b))
    return len(of_a & of_b) / min(len(of_a), len(of_b))


def other_sources(taken: Iterable[Source]) -> list[Source]:
    """All further scores of exactly the four voices, by file name."""
    known = {source.corpus_file for source in taken}
    names = sorted({f"bach/{path.name}" for path in corpus.getComposer("bach") if path.suffix in (".mxl", ".xml")})
    sources = []
    for name in names:
        if name not in known:
            score = corpus.parse(name)
            if sorted(str(part.partName) for part in score.parts) == sorted(VOICES):
                sources.append(Source(name, True, semitones_to_c_or_a(score)))
    return sources


def usable(chords: Chorale) -> bool:
    """Whether every pitch is one of the 54."""
    return all(LOWEST_PITCH <= pitch <= HIGHEST_PITCH for chord in chords for pitch in chord)


def further_chorales(training: list[tuple[Source, Chorale]]) -> list[tuple[Source, Chorale]]:
    """The chorales beyond the 80 that repeat none of them and none of one another, in a fixed shuffled order."""
    kept = list(training)
    for source in other_sources(source for source, _ in training):
        chords = chorale(source)
        if usable(chords) and all(in_common(chords, other) <= SAME for _, other in kept):
            kept.append((source, chords))
    # By digest of the file name: as good as shuffled, and the same on every machine.
    return sorted(kept[len(training) :], key=lambda item: hashlib.sha256(item[0].corpus_file.encode()).digest())


def make() -> dict[str, list[tuple[Source, Chorale]]]:
    """The three splits. train: the paper's 80 in its order, then what the held-out sets leave over."""
    training = [(source, chorale(source)) for source in manifest_sources()]
    further = further_chorales(training)
    held_out = N_VALID + N_TEST
    return {
        "train": training + further[held_out:],
        "valid": further[:N_VALID],
        "test": further[N_VALID:held_out],
    }


def as_text(splits: dict[str, list]) -> str:
    """Compact JSON with one item a line."""
    blocks = [
        f'"{name}":[\n' + ",\n".join(json.dumps(item, separators=(",", ":")) for item in items) + "\n]"
        for name, items in splits.items()
    ]
    return "{" + ",\n".join(blocks) + "}\n"


def main() -> None:
    splits = make()
    chords = {name: [item[1] for item in items] for name, items in splits.items()}
    sources = {name: [vars(item[0]) for item in items] for name, items in splits.items()}
    for filename, content in (("corpus.json", chords), ("corpus-sources.json", sources)):
        (HERE / filename).write_bytes(as_text(content).encode())
    print(", ".join(f"{name}: {len(items)} chorales" for name, items in splits.items()))


if __name__ == "__main__":
    main()
