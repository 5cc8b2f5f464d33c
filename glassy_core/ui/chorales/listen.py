"""The views Listen and Continue Bach: one piece in full, and a piece beside Bach's own continuation."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from glassy_core.editions.editions import Edition
from glassy_core.editions.encoding import Chorale
from glassy_core.figures import palette
from glassy_core.figures.music import profiles
from glassy_core.music.counterpoint import Portrait, distance, portrait
from glassy_core.music.generation import MAX_LENGTH
from glassy_core.music.likeness import Likeness, likeness
from glassy_core.music.midi import to_midi
from glassy_core.music.piece import OWN, Piece, score_marks
from glassy_core.music.score import engrave, to_musicxml
from glassy_core.ui.chorales import singers, songs
from glassy_core.ui.chorales.player import NETWORK_LEGEND, player
from glassy_core.ui.chorales.settings import ORIGINAL, SPLIT_NAMES, TAKES, Wish
from glassy_core.ui.chorales.songs import Song, chord_words
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.shell.address import get
from glassy_core.ui.shell.frame import plain, prose
from glassy_core.ui.shell.words import number, whole

ALIKE = 3  # chords before two places of a chorale that make them look alike
HELD_OUT = 12  # chorales that were composed and the network never saw, to compare with
MUSIC_XML = "application/vnd.recordare.musicxml+xml"


def listen(wish: Wish) -> None:
    """The piece: player, what became of it, downloads, likeness."""
    piece = _piece(wish, wish.length)
    st.subheader(plain(wish.name), anchor=False)
    prose(_in_words(wish, piece))
    player(Song.of(piece), wish.sound, "piece", _alt(wish, piece), legend=NETWORK_LEGEND)
    prose(
        "Bars are four quarter notes long because a score needs bars; the data know neither metre nor fermata. "
        "A chord's probability is that of all its 54 pitches together, sounding and silent ones. "
        "Point at a chord to read it, click to go there."
    )
    _downloads(wish, piece)
    with st.expander(f"How much of it is {wish.composer}'s?", icon=":material/compare:", expanded=True):
        _likeness(wish, piece)


def _piece(wish: Wish, length: int) -> Piece:
    """What the network sings of so many chords; where it is drawn, the take that was asked for."""
    if wish.decoding.rule.deterministic:
        return singers.sing(wish.source, wish.edition, [wish.prime], length, wish.decoding)[0]
    pieces = singers.sing(wish.source, wish.edition, [wish.prime] * TAKES, length, wish.decoding)
    return pieces[get("take") - 1]


def _in_words(wish: Wish, piece: Piece) -> str:
    """Who sings what, and where it leads."""
    tau = number(wish.source.tau)
    at = f"After {whole(wish.source.step)} steps (τ = {tau}) the network sings on from {_given(wish)}."
    if wish.decoding.rule.deterministic:
        return f"{at} {songs.ending(piece)}"
    return f"{at} Each chord is drawn by lot, so the next seed or take gives another piece."


def _given(wish: Wish) -> str:
    if wish.chorale is None:
        return f"the chord {plain(chord_words(wish.prime[0]))}"
    chords = "chord" if len(wish.prime) == 1 else f"{len(wish.prime)} chords"
    return f"the first {chords} of {SPLIT_NAMES[get('split')]} chorale {get('chorale')}"


def _alt(wish: Wish, piece: Piece) -> str:
    return f"{wish.name}: {len(piece.chords)} chords, of which {piece.prime} are given"


def _downloads(wish: Wish, piece: Piece) -> None:
    """MIDI, WAV, MusicXML and the engraved score; made when asked for."""
    voices, sound = songs.voices(piece.chords), wish.sound
    piece = replace(piece, origin=piece.origin | {"name": wish.row.name})  # as the reader calls it now
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in wish.row.name)[:40] or "piece"

    def musicxml() -> str:
        return to_musicxml(voices, sound.ties, score_marks(piece, sound))

    kinds = {
        "MIDI": ("mid", "audio/midi", lambda: to_midi(voices, sound, [(piece.prime, OWN)])),
        "WAV": ("wav", "audio/wav", lambda: songs.mix(piece.chords, sound)),
        "MusicXML": ("musicxml", MUSIC_XML, lambda: musicxml().encode()),
        "Score (SVG)": ("svg", "image/svg+xml", lambda: engrave(musicxml()).encode()),
    }
    with st.container(horizontal=True, gap="small", key="downloads"):
        for title, (suffix, mime, make) in kinds.items():
            st.download_button(
                title,
                make,
                f"{stem}.{suffix}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"get_{suffix}",
            )


@st.cache_data(show_spinner=False, max_entries=64)
def _like(chords: Chorale, learned: Sequence[Chorale]) -> Likeness:
    return likeness(chords, learned)


@st.cache_data(show_spinner=False, max_entries=64)
def _portrait(pieces: Sequence[Chorale]) -> Portrait:
    return portrait(pieces)


def _likeness(wish: Wish, piece: Piece) -> None:
    learned = singers.trained(wish.source.config, wish.edition)
    held_out = _held_out(wish.edition)
    with st.spinner("Looking for it in the chorales", show_time=True):
        rows = _likeness_rows(piece, learned, held_out, wish.composer)
    st.table(rows, hide_index=True)
    new = (
        f"the held-out ones are the first {len(held_out)} of the validation set, which it never saw"
        if held_out
        else "this edition holds none out"
    )
    prose(
        f"The network learned {len(learned)} chorales; {new}. A memory sings long stretches verbatim; what has "
        f"understood something keeps {wish.composer}'s profiles in phrases of its own. Voices that move beyond their "
        "neighbour's last note, and parallel fifths and octaves, are what a teacher of harmony marks red; a few are in "
        f"{wish.composer}, too. Chords do not tell who sings which note, so voices that cross inside a chord cannot be "
        "counted."
    )
    colour = palette.colour(wish.source.config)
    live_figure(
        profiles(_portrait([piece.own]), _portrait(learned), colour, wish.composer), "profiles",
        "Shares of pitch classes, intervals above the bass and moves of the voices, the network's beside "
        f"{wish.composer}'s.",
        height=720, filename="profiles",
    )  # fmt: skip


def _held_out(edition: Edition) -> tuple[Chorale, ...]:
    return edition.splits["valid"][:HELD_OUT]


def _likeness_rows(
    piece: Piece, learned: Sequence[Chorale], held_out: Sequence[Chorale], composer: str
) -> list[dict[str, str]]:
    """The table: a quantity a row, the network beside the composer; without held-out chorales no column for them."""
    mine, there = _like(piece.own, learned), slice(piece.prime, len(piece.chords))
    theirs = [_like(chorale[there], learned) for chorale in held_out if len(chorale) > piece.prime]
    portraits = [_portrait([piece.own]), _portrait(learned), *([_portrait(held_out)] if held_out else [])]
    author = composer.capitalize()

    def row(what: str, own: str, learned: str = "–", new: str = "–") -> dict[str, str]:
        cells = {"": what, "network": own, f"{author}, learned": learned}
        return cells | {f"{author}, held out": new} if held_out else cells

    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known else None

    def stretch(like: Likeness, transposed: bool) -> int:
        found = like.transposed if transposed else like.verbatim
        return found.length if found else 0

    out = []
    for transposed, name in (
        (False, "Longest stretch found in a learned chorale (chords)"),
        (True, "the same, transposed"),
    ):
        found = mine.transposed if transposed else mine.verbatim
        where = f", chorale {found.chorale}" if found else ""
        out.append(row(name, f"{stretch(mine, transposed)} of {len(piece.own)}{where}", "all",
                       f"{mean([stretch(like, transposed) for like in theirs]) or 0:.1f}"))  # fmt: skip
    for name, field in (
        ("Phrases of 4 chords found there", "phrases_verbatim"),
        ("the same, transposed", "phrases_transposed"),
        ("Steps found in the nearest chorale", "nearest_share"),
    ):
        near = f" (chorale {mine.nearest})" if field == "nearest_share" and mine.nearest is not None else ""
        new = mean([getattr(like, field) for like in theirs])
        out.append(row(name, _percent(getattr(mine, field)) + near, "100 %", _percent(new)))
    for name, field in (
        ("Pitch classes", "pitch_classes"),
        ("Intervals above the bass", "harmonies"),
        ("Moves", "moves"),
    ):
        far = [f"{distance(getattr(one, field), getattr(portraits[1], field)):.2f}" for one in portraits]
        out.append(row(f"{name}: distance to the learned chorales (0 to 1)", *far))
    for name, field in (
        ("Voice overlaps", "overlaps"), ("Parallel fifths", "parallel_fifths"), ("Parallel octaves", "parallel_octaves")
    ):  # fmt: skip
        counts = [one.per_hundred_steps(getattr(one, field)) for one in portraits]
        out.append(row(f"{name} in 100 steps", *("–" if count is None else f"{count:.1f}" for count in counts)))
    return out


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def continue_bach(wish: Wish) -> None:
    """The network's continuation beside Bach's."""
    if wish.chorale is None:
        st.info("Begin with a chorale rather than a chord: then there is one to compare with.", icon=":material/info:")
        return
    k, length = len(wish.prime), min(len(wish.chorale), MAX_LENGTH)
    if length <= k:
        st.info(f"All {k} chords of this chorale are given: choose a smaller k.", icon=":material/info:")
        return
    piece, written = _piece(wish, length), wish.chorale[:length]
    wrong = next((t for t in range(k, length) if piece.chords[t] != written[t]), None)
    right = sum(ours == his for ours, his in itertools.islice(zip(piece.chords, written, strict=True), k, None))
    known = get("split") == "train" and get("chorale") < wish.source.config.chorales
    which = (
        f"{SPLIT_NAMES[get('split')]} chorale {get('chorale')}, which the network {'learned' if known else 'never saw'}"
    )
    parting = _parting(wish.composer, wrong, k, length, right)
    prose(f"Both begin with the same {k} chords of {which}. {parting} {_crossroads(written, wrong)}")
    for name, song, legend in (
        (wish.composer.capitalize(), Song(written, length, k), ()),
        (
            wish.name,
            Song.of(piece, wrong or 0),
            (*NETWORK_LEGEND, *((("parting", f"leaves {wish.composer}"),) if wrong else ())),
        ),
    ):
        st.subheader(plain(name), anchor=False)
        key = "continued_by_bach" if legend == () else "continued_by_network"
        player(song, wish.sound, key, f"{name}: {length} chords, {k} of them given", legend=legend)
    prose(
        "A narrow network is soon lost; one that has learned the chorale sings it to the end."
        if wrong is None
        else "The network hears its own wrong chord as it hears all others, and one may lead it far away."
    )


def _crossroads(written: Chorale, wrong: int | None) -> str:
    """Where the same chords sound once more and go on in another way, such as at the end of a repeat; else empty."""
    if wrong is None or wrong < ALIKE:
        return ""
    heard = written[wrong - ALIKE : wrong]
    for t in range(ALIKE, len(written)):
        if written[t - ALIKE : t] == heard and written[t] != written[wrong]:
            return (
                f"The {ALIKE} chords before it sound before chord {t + 1}, too, where the chorale goes on in another "
                "way: only what sounded long before tells the two apart."
            )
    return ""


def _parting(composer: str, wrong: int | None, k: int, length: int, right: int) -> str:
    if wrong is None:
        return f"The network sings **all {length - k}** chords that follow as {composer} has them."
    him = "it" if composer == ORIGINAL else "him"
    return (
        f"The network follows {composer} for **{wrong - k} of {length - k}** chords and leaves {him} at chord "
        f"{wrong + 1}; in all {right} of its chords are the ones {composer} has there."
    )
