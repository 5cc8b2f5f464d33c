"""New music: what its chords are, where its phrases end, and that the default piece is as clean as Bach."""

import numpy as np
import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.music.composition import COPIED, compose_best
from glassy_core.music.decoding import DecodingConfig
from glassy_core.music.harmony import harmony, is_cluster, is_named, key_of, phrase_end
from glassy_core.music.piece import Piece, compose_batch, heard_with
from glassy_core.music.shelf import ShelfError, shelf, write
from glassy_core.runs import checkpoints
from glassy_core.runs.scaling import kept
from glassy_core.runs.store import GALLERY, RunStore
from glassy_core.ui.chorales.settings import COMPOSE, DRAWS, address_settings

C, F, G7, AM = (48, 55, 64, 72), (53, 60, 69, 72), (43, 53, 59, 74), (45, 52, 60, 69)


@pytest.mark.parametrize(
    ("chord", "named", "cluster"),
    [
        (C, True, False),
        (G7, True, False),
        ((48, 60), True, False),
        ((60, 61, 62), False, True),
        ((48, 60, 62, 64), False, True),
        ((48, 53, 58), False, False),
        ((47, 50, 53, 56), True, False),
    ],
)
def test_triads_and_sevenths_are_named_and_clusters_told(chord, named, cluster):
    assert (is_named(chord), is_cluster(chord)) == (named, cluster)
    # So in all keys.
    assert is_named(tuple(pitch + 5 for pitch in chord)) == named


def test_harmony_counts():
    heard = harmony((C, G7, (60, 61, 62), ()))
    assert (heard.named, heard.clusters, heard.rests) == pytest.approx((2 / 3, 1 / 3, 1 / 4))
    assert harmony(((), ())) == harmony(((),))


def test_a_phrase_ends_with_its_cadence():
    chords = (C, F, G7, C, F, AM, F, C, F, AM, F, F)
    assert phrase_end(chords, 2, len(chords)) == 4  # the only dominant and tonic
    assert phrase_end(chords, 6, 6) == 6
    assert key_of(chords[:4]) == "C major"
    assert key_of((C, F, G7, AM)) == "A minor"


def piece(continuation):
    n = len(continuation) + 1
    return Piece((C, *continuation), 1, np.zeros((n, 54)), np.zeros(n), DecodingConfig("sample"), None)


def test_the_cleanest_is_taken_and_no_copy():
    plain = (F, AM) * 9 + (G7, C)  # whose phrase ends with it
    dense = tuple((60, 61, 62, 63) if t % 5 == 3 else chord for t, chord in enumerate(plain))
    length = len(plain) + 1
    assert compose_best([piece(dense), piece(plain)], [(G7,)], length).piece.continuation == plain
    best = compose_best([piece(plain), piece(dense)], [plain], length)
    assert best.harmony.clusters > 0
    assert best.copied == 4 < COPIED
    assert compose_best([piece(plain)], [plain], length).copied == len(plain)  # there is no other


def test_the_shelf_holds_what_it_says(tmp_path):
    pieces = shelf()
    assert len({piece.title for piece in pieces}) == len(pieces) == 10
    sung_by = {run.id: run.config() for run in RunStore(GALLERY).runs()}
    for piece in pieces:
        assert f"{sung_by[piece.run].width} units" in piece.words
        heard = harmony(piece.chords[piece.prime :])
        if "New music" in piece.words:
            assert f"{heard.named:.0%} triads" in piece.words
            assert heard.named > 0.95
            assert heard.clusters == heard.rests == 0
        else:
            assert piece.chords in load_edition("corpus").splits["train"]
    write(pieces, tmp_path / "shelf.json")
    assert shelf(tmp_path / "shelf.json") == pieces
    assert shelf(tmp_path / "none.json") == ()


@pytest.mark.parametrize("content", ["", '[{"title": "A", "wor', "3", "[3]", '[{"title": "A"}]', '{"a": 1}'])
def test_a_torn_shelf_is_one_sentence(tmp_path, content):
    (tmp_path / "shelf.json").write_text(content, encoding="utf-8")
    with pytest.raises(ShelfError, match=r"holds no shelf .*: restore it"):
        shelf(tmp_path / "shelf.json")


def defaults(door):
    return {name: setting.default for name, setting in address_settings(door).items()}


def test_the_default_piece_is_as_clean_as_held_out_bach():
    """Of the network that the page composes with at first, and of the nine that follow."""
    run = max(
        (run for run in RunStore(GALLERY).runs() if checkpoints.steps_in(run.checkpoints)),
        key=lambda run: (run.config().chorales, run.config().depth, run.config().width, -run.state().nll),
    )
    config, at = run.config(), defaults(COMPOSE)
    edition, _ = heard_with(config, run.origin()["edition_digest"], kept(run))
    step = checkpoints.steps_in(run.checkpoints)[-1]
    snapshot = checkpoints.read(checkpoints.path_of(run.checkpoints, step), config.depth, config.width)
    decoding = DecodingConfig(at["decode"], {"temperature": at["temperature"]}, at["four"], at["seed"])
    held_out, learned = edition.splits[at["split"]], edition.first(config.chorales)
    theirs = harmony(tuple(chord for chorale in held_out for chord in chorale[at["k"] :]))
    made = []
    for number in range(at["chorale"], at["chorale"] + 10):
        primes = [held_out[number][: at["k"]]] * DRAWS
        sung = compose_batch(
            snapshot, config, edition, primes, length=at["length"] + 8, decoding=decoding, scaling=kept(run)
        )
        made.append(compose_best(sung, learned, at["length"]))
    first = made[0]
    assert first.harmony.named >= theirs.named
    assert first.harmony.clusters == first.harmony.rests == 0
    assert np.mean([one.harmony.named for one in made]) >= theirs.named - 0.02
    assert np.mean([one.harmony.clusters for one in made]) <= 0.01
    assert max(one.copied for one in made) < COPIED
