"""The controls of the Chorales page, and the selection that they make."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from glassy_core.editions.format import SPLITS
from glassy_core.editions.loading import Edition
from glassy_core.editions.midi_files import OCTAVE
from glassy_core.music.decoding import DECODINGS, DecodingConfig
from glassy_core.music.decodings.rule import Option
from glassy_core.music.generation import MAX_LENGTH
from glassy_core.music.midi import Sound
from glassy_core.runs.checkpoints import CheckpointError
from glassy_core.ui.chorales import singers
from glassy_core.ui.chorales.settings import COMPOSE, LATEST, SPLIT_NAMES, TAKES, TELLING, Prime, Selection
from glassy_core.ui.chorales.singers import Checkpoint
from glassy_core.ui.chorales.songs import chord_words
from glassy_core.ui.chorales.sound_bar import sound_bar
from glassy_core.ui.components.keyboard import keyboard
from glassy_core.ui.results.curves import label_of, unique_names
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.address import complain, get, keep_within, key, put
from glassy_core.ui.shell.frame import plain
from glassy_core.ui.shell.words import number, whole


def open_with_telling() -> None:
    """Take over the chorale that a view is to open with; before the field of it is drawn."""
    for name, value in st.session_state.pop(TELLING, {}).items():
        put(name, value)


def _choose_run(rows: Sequence[Row]) -> Row:
    """Whose network: at first the one that has learned best, or most and deepest where new music is asked for."""
    names = unique_names(rows)
    if get("run") not in names:
        if get("run"):
            complain(f"There is no run {get('run')[:60]!r} with a checkpoint here: another one sings.")
        put("run", (max(rows, key=_composes) if get("view") == COMPOSE else min(rows, key=_loss)).id)
    labels = {row.id: label_of(names[row.id], row.config) for row in rows if row.config}
    chosen = st.selectbox(
        "Run", list(labels), format_func=lambda run_id: labels.get(run_id, run_id), key=key("run"),
        on_change=lambda: put("step", LATEST),
    )  # fmt: skip
    return next(row for row in rows if row.id == chosen)


def _loss(row: Row) -> float:
    return row.state.nll if row.state.nll is not None else float("inf")


def _composes(row: Row) -> tuple[int, int, int, float]:
    assert row.config is not None
    return row.config.chorales, row.config.depth, row.config.width, -_loss(row)


def _choose_checkpoint(row: Row) -> Checkpoint:
    """Which of the run's checkpoints, along tau."""
    steps = singers.steps(row)
    asked = get("step")
    if asked not in steps:
        if asked != LATEST:
            listed = ", ".join(map(str, steps))
            complain(f"step = {asked} is no checkpoint of this run: it has {listed}; the last is used.")
        put("step", steps[-1])
    if len(steps) == 1:
        st.caption(f"One checkpoint so far: step {whole(steps[0])}.")
        return singers.checkpoint(row, steps[0])

    def words(step: int) -> str:
        try:
            return f"step {whole(step)}, τ = {number(singers.checkpoint(row, step).tau)}"
        except CheckpointError:
            return f"step {whole(step)}, damaged"

    step = st.select_slider("Checkpoint, along proper time τ = Σ η", steps, format_func=words, key=key("step"))
    return singers.checkpoint(row, step)


def singing() -> tuple[Checkpoint, Edition]:
    """Whose checkpoint sings, and the edition beside it, as the settings stand when a button is pressed.

    CheckpointError where that run has gone. A step that is none of the run's stands for its last, as on the page.
    """
    row = next((row for row in singers.runs_with_checkpoint() if row.id == get("run")), None)
    if row is None:
        raise CheckpointError("The run that sang has gone: choose another one.")
    steps, asked = singers.steps(row), get("step")
    return singers.checkpoint(row, asked if asked in steps else steps[-1]), singers.edition_of(row)[0]


def _choose_prime(edition: Edition) -> Prime:
    """What the network is given to begin with."""
    st.radio(
        "Begin with", ["chorale", "chord"], horizontal=True, key=key("prime"),
        format_func={"chorale": "a chorale", "chord": "a chord"}.get,
    )  # fmt: skip
    return _prime_chord() if get("prime") == "chord" else _beginning_of_chorale(edition)


def _beginning_of_chorale(edition: Edition) -> Prime:
    splits = [name for name in SPLITS if edition.splits[name]]
    if get("split") not in splits:
        if "split" in st.query_params:
            complain(f"split = {get('split')}: this edition holds nothing out; its training chorales are used.")
        put("split", "train")
    with st.container(horizontal=True, gap="small"):
        split = st.selectbox("Set", splits, key=key("split"), format_func=lambda name: SPLIT_NAMES[name], width=130)
        last = len(edition.splits[split]) - 1
        if "chorale" not in st.query_params:
            put("chorale", min(get("chorale"), last))  # a door's default, which no one asked for
        keep_within("chorale", 0, last, f"{SPLIT_NAMES[split]} chorale")
        which = st.number_input("Chorale (from 0)", 0, last, key=key("chorale"), width=130)
        chorale = edition.splits[split][which]
        longest = min(len(chorale), MAX_LENGTH - 1)
        keep_within("k", 1, longest, "number of chords that it has")
        k = st.number_input(
            "Chords given, k", 1, longest, key=key("k"), width=130,
            help="The network hears these as they were written; from then on it hears only itself.",
        )  # fmt: skip
    return Prime(chorale[:k], chorale, split, which)


def _prime_chord() -> Prime:
    def press(chord: tuple[int, ...]) -> None:
        put("chord", chord)

    chord = get("chord")
    keyboard(chord, "keys", press)
    st.caption(f"{plain(chord_words(chord))}, as the data have it: an octave above a choir.")
    return Prime((tuple(chord),))


def _choose_decoding(k: int) -> tuple[DecodingConfig, int]:
    """How chords are chosen from probabilities, and how many in all."""
    st.radio(
        "Choose each chord by", list(DECODINGS), horizontal=True, key=key("decode"),
        format_func=lambda name: DECODINGS[name].label,
        help=" ".join(f"{rule.label.capitalize()}: {rule.meaning}" for rule in DECODINGS.values()),
    )  # fmt: skip
    rule = DECODINGS[get("decode")]
    for option in rule.options:
        _slider(option)
    if not rule.deterministic:
        with st.container(horizontal=True, gap="small"):
            st.number_input("Seed", 0, 10**9, key=key("seed"), width=130)
            if get("view") != COMPOSE:
                takes = range(1, TAKES + 1)
                st.segmented_control("Take", takes, key=key("take"), required=True, help="All drawn at once.")
    keep_within("length", k + 1, MAX_LENGTH, "length for this prime")
    length = st.slider("Length (chords, the given ones included)", 2, MAX_LENGTH, key=key("length"))
    st.toggle("At most four voices", key=key("four"))
    options = {option.name: float(get(option.name)) for option in rule.options}
    return DecodingConfig(get("decode"), options, get("four"), 0 if rule.deterministic else get("seed")), length


def _slider(option: Option) -> None:
    """A number that a decoding rule goes by."""
    most = option.usual if get(option.name) <= option.usual else option.most
    st.slider(option.name.capitalize(), option.least, most, key=key(option.name), step=option.step, help=option.help)


def _choose_sound() -> None:
    """Ties and octave."""
    st.toggle("Tie repeated notes", key=key("ties"))
    st.radio(
        "Octave", ["choir", "written"], key=key("octave"), horizontal=True,
        format_func={"choir": "of a choir", "written": "of the data"}.get,
        help="Bach's chorales lie an octave above a choir in the data; the score shows all as they are.",
    )  # fmt: skip


def _sound() -> Sound:
    """How it sounds, as the address has it."""
    octave = -OCTAVE if get("octave") == "choir" else 0
    return Sound(float(get("tempo")), get("instrument"), get("ties"), octave)


def choose_sound() -> None:
    """Tempo and instrument, beside what plays."""

    def take_over(tempo: int, instrument: str) -> None:
        put("tempo", tempo)
        put("instrument", instrument)

    sound_bar(get("tempo"), get("instrument"), take_over)


def choose(rows: Sequence[Row]) -> Selection:
    """All settings of the page."""
    with st.container(border=True, key="settings"):
        left, right = st.columns([2, 3], gap="medium")
        with left:
            row = _choose_run(rows)
        with right:
            checkpoint = _choose_checkpoint(row)
        edition, notice = singers.edition_of(row)
        if notice:
            stands_in = edition.name != (row.config and row.config.edition)
            (st.info if stands_in else st.warning)(
                plain(notice), icon=":material/info:" if stands_in else ":material/warning:"
            )
        with st.expander("What is sung, and how it sounds", icon=":material/tune:", key="chorale_settings"):
            what, how, heard = st.columns(3, gap="large")
            with what:
                prime = _choose_prime(edition)
            with how:
                decoding, length = _choose_decoding(len(prime.chords))
            with heard:
                _choose_sound()
    return Selection(row, checkpoint, edition, prime, decoding, get("take"), length, _sound())
