"""The atlas: what is written is read, its making goes on where it was ended."""

import json
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.commands.main import main
from glassy_core.editions.loading import load_edition
from glassy_core.music.atlas import files, grid, learning, making
from glassy_core.music.atlas.files import Atlas, AtlasError
from glassy_core.music.atlas.grid import SEEDS, SONG_PLACES, TAUS, Coordinates
from glassy_core.music.recall import PRIMED

EDITION = load_edition("corpus")
EARLY = 0.5  # tau; cheap
SMALL = [Coordinates(1, 1, 4, 0), Coordinates(2, 3, 4, SEEDS[-1]), Coordinates(2, 2, 6, 0)]


@pytest.fixture(scope="module")
def learned():
    """Three small networks, learned anew for a short while."""
    return {place: learning.learn(place, EDITION, EARLY) for place in SMALL}


def same(one, other):
    return one.songs == other.songs and np.array_equal(one.counts, other.counts) and one.nll == pytest.approx(other.nll)


def test_what_is_written_is_read(learned, tmp_path):
    files.write(Atlas("corpus", EDITION.digest, learned), EDITION, tmp_path)
    read = files.load(tmp_path)
    assert (read.edition, read.digest) == ("corpus", EDITION.digest)
    assert read.networks.keys() == learned.keys()
    for place, network in learned.items():
        assert network.nll == pytest.approx(read.networks[place].nll, rel=2e-4)
        assert same(replace(network, nll=read.networks[place].nll), read.networks[place])
    assert not files.load(tmp_path, songs=False).networks[SMALL[0]].songs


def test_songs_begin_as_they_were_given_and_are_counted_as_recall_does(learned):
    for place, network in learned.items():
        assert len(network.nll) == len(network.counts) == sum(tau <= EARLY for tau in TAUS)
        assert len(network.songs) == sum(TAUS[k] <= EARLY for k in SONG_PLACES)
        for k, moment in zip(SONG_PLACES, network.songs, strict=False):
            for chorale, song, count in zip(EDITION.first(place.chorales), moment, network.counts[k], strict=True):
                agrees = [a == b for a, b in zip(song, chorale, strict=False)]
                first_wrong = agrees.index(False) if False in agrees else len(agrees)
                assert first_wrong == PRIMED + min(count, len(song) - PRIMED)


def test_the_making_goes_on_where_it_was_ended(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(making, "whole_grid", lambda: iter(SMALL))
    made = []

    def learn(place, edition):
        made.append(place)
        if len(made) == 2:
            raise KeyboardInterrupt
        return learning.learn(place, edition, 0.02)

    monkeypatch.setattr(making, "learn", learn)
    work, target = tmp_path / "work", tmp_path / "atlas"
    with pytest.raises(KeyboardInterrupt):
        making.make(work, lambda made, of: None, target)
    assert not target.exists()
    assert main(["atlas", "plan", "--work", str(work)]) == 0
    assert "1 of 3 networks are made" in capsys.readouterr().out
    seen = []
    making.make(work, lambda made, of: seen.append((made, of)), target)
    assert made == [SMALL[0], SMALL[1], SMALL[1], SMALL[2]]
    assert seen[-1] == (3, 3)
    assert set(files.load(target).networks) == set(SMALL)
    assert making.standing(work).left == 0


def test_another_editions_networks_are_made_anew(monkeypatch, tmp_path):
    monkeypatch.setattr(making, "whole_grid", lambda: iter(SMALL))
    values = {"digest": "another", "seconds": 1.0, "nll": [], "counts": [], "songs": []}
    (tmp_path / f"{SMALL[0].name}.json").write_text(json.dumps(values), encoding="utf-8")
    assert making.standing(tmp_path).made == 0


def test_a_damaged_atlas_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(AtlasError, match="restore it from the project"):
        files.load(tmp_path)
    (tmp_path / files.CURVES).write_bytes(b"no gzip")
    with pytest.raises(AtlasError, match="restore it from the project"):
        files.load(tmp_path)


def test_every_pitch_has_a_letter():
    chorale = (tuple(range(43, 97)), (), (43,), (60, 96))
    assert files.from_text(files.as_text(chorale)) == chorale


def test_networks_differ_and_end_where_their_curves_do():
    places = list(grid.whole_grid())
    assert len(set(places)) == len(places) == len({place.name for place in places})
    assert all(place.config.until == TAUS[-1] for place in places)


@pytest.fixture(scope="module")
def atlas():
    return files.load()


def test_the_atlas_is_whole_and_of_this_edition(atlas):
    assert set(atlas.networks) == set(grid.whole_grid())
    assert (atlas.edition, atlas.digest) == ("corpus", EDITION.digest)
    for place, network in atlas.networks.items():
        done = network.nll[-1] <= grid.LEARNED
        assert done or len(network.nll) == len(TAUS)
        assert network.counts.shape == (len(network.nll), place.chorales)
        assert len(network.songs) == sum(k < len(network.nll) for k in SONG_PLACES)
        assert np.all(np.diff(network.nll) < 0)  # along a flow the loss never rises
    assert sum(path.stat().st_size for path in files.DIRECTORY.iterdir()) < 6e6


def test_its_networks_are_made_again(learned, atlas):
    """To the digits that another processor gives otherwise, and their songs chord by chord."""
    for place, network in learned.items():
        kept = atlas.networks[place]
        n, sung = len(network.nll), len(network.songs)
        assert network.nll == pytest.approx(kept.nll[:n], rel=1e-3)
        assert np.array_equal(network.counts, kept.counts[:n])
        assert network.songs == kept.songs[:sung]


def test_one_song_is_read_alone(atlas):
    at = SONG_PLACES.index(next(place for place in SONG_PLACES if TAUS[place] > 100))
    place = Coordinates(8, 2, 48, 0)
    assert files.song(place, TAUS[SONG_PLACES[at]] + 1, 6) == atlas.networks[place].songs[at][6]
    with pytest.raises(AtlasError, match="no song of"):
        files.song(place, 1.0, 9)
