"""The Chorales page in a real browser: it sounds, the playhead goes along, downloads open, the address is the piece."""

from __future__ import annotations

import io
import re
import shutil
import time
import wave
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import expect

from glassy_core.editions.loading import load_edition
from glassy_core.editions.midi_files import chords_on_grid
from glassy_core.jobs.dispatcher import dispatcher_status
from tests.singers import HELD, add_singer

SOON = 60_000  # ms
TRAIN = load_edition("corpus").splits["train"]
TIME = "audio => audio.currentTime"
# Decoded by the browser itself: [seconds, largest sample, root mean square] of what the audio element plays.
SAMPLES = """async (audio) => {
  const bytes = await (await fetch(audio.src)).arrayBuffer()
  const buffer = await new OfflineAudioContext(2, 1, 44100).decodeAudioData(bytes)
  let [peak, sum, n] = [0, 0, 0]
  for (let c = 0; c < buffer.numberOfChannels; c++) {
    for (const x of buffer.getChannelData(c)) { peak = Math.max(peak, Math.abs(x)); sum += x * x; n++ }
  }
  return [buffer.duration, peak, Math.sqrt(sum / n)]
}"""


@pytest.fixture(scope="module")
def app(shared_app):
    """One app for all tests here: each has a browser session of its own, and nothing is trained."""
    return shared_app


@pytest.fixture(scope="module")
def singer(app):
    """A run whose network holds one chord; at the end the dispatcher is let come up, so that it can be ended."""
    yield add_singer(app.store, strength=3.0)
    deadline = time.monotonic() + 30
    while (app.store.directory / ".dispatcher").exists() and not dispatcher_status(app.store).pid:
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)


@pytest.fixture
def wider(app, singer):
    """A second run that sings, for one test."""
    run = add_singer(app.store, width=6, name="wider")
    yield run
    shutil.rmtree(run.path)


def open_view(page, app, query=""):
    page.goto(f"{app.url}/Chorales?{query}")
    expect(page.locator(".play").first).to_be_enabled(timeout=SOON)


def head(page):
    """Where the playhead is: its x in pixels within the strip, and the chord under it."""
    x, chord = page.locator(".head").first.evaluate(
        "e => [new DOMMatrix(getComputedStyle(e).transform).e, e.dataset.chord]"
    )
    return x, int(chord)


def notes(page):
    """The rectangles of the roll's notes, which are the piece."""
    return page.locator(".roll").first.evaluate(
        "e => [...e.querySelectorAll('rect')].map(r => ['class', 'x', 'y', 'width'].map(n => r.getAttribute(n)).join())"
    )


def samples(page):
    return page.locator("audio").first.evaluate(SAMPLES)


def wait_for_time(page, seconds, nth=0):
    page.wait_for_function(
        "([nth, seconds]) => [...document.querySelectorAll('*')].filter(e => e.shadowRoot?.querySelector('audio'))[nth]"
        "?.shadowRoot.querySelector('audio').currentTime > seconds",
        arg=[nth, seconds],
        timeout=SOON,
    )


def test_it_sounds_and_one_playhead_goes_over_score_and_roll(page, app, singer):
    open_view(page, app, "length=24&tempo=120")
    audio = page.locator("audio").first
    seconds, peak, loud = samples(page)
    assert seconds == pytest.approx(24 * 0.5 + 1.5, abs=0.01)
    assert 0.5 < peak < 1  # neither silent nor clipped
    assert loud > 0.01

    assert page.locator(".score g.notehead").count() == 4 * 24
    expect(page.locator(".score g.note.given")).to_have_count(4 * 4)
    notes_of = page.locator(".score g.note")
    given, own = (notes_of.and_(page.locator(f".{kind}")).first for kind in ("given", "network"))
    fill = "e => getComputedStyle(e).fill"
    assert given.evaluate(fill) != own.evaluate(fill)
    assert page.locator(".roll rect.sure").count() == 23  # nothing foretold the first chord

    before = head(page)
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_time(page, 2.2)
    page.get_by_role("button", name="Pause").click()
    at, (x, chord) = audio.evaluate(TIME), head(page)
    assert (before[1], chord) == (0, int(at / 0.5))
    note = page.locator(f".score g.note[id^='soprano-{chord}-'] g.notehead").first.bounding_box()
    strip = page.locator(".inner").first.bounding_box()
    assert strip["x"] + x >= note["x"]  # at or after the notehead that sounds,
    assert strip["x"] + x < note["x"] + 60  # and before the next
    roll, score, line = (page.locator(f".{name}").first.bounding_box() for name in ("roll", "score", "head"))
    assert line["y"] <= score["y"] + 1
    assert line["y"] + line["height"] >= roll["y"] + roll["height"] - 1

    page.locator(".strip").first.focus()
    page.keyboard.press("ArrowRight")
    assert head(page)[1] == chord + 1
    box = page.locator(".roll rect.network:not(.sure)").nth(8).bounding_box()  # of the soprano
    page.mouse.click(box["x"] + 3, box["y"] + 2)
    assert head(page)[1] == 4 + 8


def test_voices_are_muted_and_the_piece_loops(page, app, singer):
    open_view(page, app, "length=6&tempo=240&ties=yes")
    _, _, all_loud = samples(page)
    page.get_by_role("button", name="solo bass").click()
    page.wait_for_function(f"before => !({_loaded()}) || ({_loaded()}) !== before", arg=_source(page), timeout=SOON)
    _, peak, bass_loud = samples(page)
    assert 0 < bass_loud < 0.9 * all_loud
    assert peak < 1
    page.get_by_role("button", name="mute tenor").click()  # heard again
    page.wait_for_timeout(500)
    assert bass_loud < samples(page)[2] < all_loud
    page.get_by_role("button", name="Loop").click()
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_time(page, 2.0)
    page.wait_for_function(f"({_element()}).currentTime < 1", timeout=SOON)  # begun anew
    assert not page.locator("audio").first.evaluate("e => e.paused")


def _element():
    found = "[...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('audio'))"
    return f"{found}.shadowRoot.querySelector('audio')"


def _loaded():
    return f"{_element()}.src"


def _source(page):
    return page.evaluate(_loaded())


def test_downloads_open_in_the_libraries_of_their_formats(page, app, singer):
    from music21 import converter

    open_view(page, app, "length=16&tempo=100")
    content = {}
    for title in ("MIDI", "WAV", "MusicXML", "Score (SVG)"):
        with page.expect_download(timeout=SOON) as download:
            page.get_by_role("button", name=title, exact=True).click()
        content[title] = download.value.path().read_bytes()
        assert download.value.suggested_filename.startswith("singer.")
    expected = TRAIN[0][:4] + (HELD,) * 12
    assert chords_on_grid(content["MIDI"]) == expected  # pretty_midi reads it
    with wave.open(io.BytesIO(content["WAV"])) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        assert file.getnframes() / file.getframerate() == pytest.approx(16 * 0.6 + 1.5, abs=0.01)
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert 8_000 < np.abs(heard.astype(int)).max() < 32_767
    score = converter.parseData(content["MusicXML"].decode(), format="musicxml")
    sounding = [set() for _ in expected]
    for element in score.flatten().notes:
        sounding[int(element.offset)] |= {pitch.midi for pitch in element.pitches}
    assert tuple(tuple(sorted(chord)) for chord in sounding) == expected
    svg = ElementTree.fromstring(content["Score (SVG)"])
    assert svg.tag.endswith("svg")
    assert content["Score (SVG)"].count(b'class="notehead"') == 4 * 16


def test_the_address_is_the_piece(page, app, singer):
    open_view(page, app, "decode=sample&temperature=2&seed=5&length=20&octave=written&instrument=piano")
    page.get_by_text("What is sung, and how it sounds").click()
    page.get_by_role("spinbutton", name="Seed").fill("6")
    page.get_by_role("spinbutton", name="Seed").press("Enter")
    page.wait_for_url(re.compile("seed=6"))
    expect(page.locator(".play").first).to_be_enabled(timeout=SOON)
    page.wait_for_timeout(1500)
    piece, sound, address = notes(page), samples(page), page.url
    assert f"run={singer.id}" in address
    other = page.context.new_page()
    other.goto(address)
    expect(other.locator(".play").first).to_be_enabled(timeout=SOON)
    other.wait_for_timeout(1500)
    assert notes(other) == piece
    assert samples(other) == sound
    assert other.url == address
    other.goto(address.replace("seed=6", "seed=7"))
    expect(other.locator(".play").first).to_be_enabled(timeout=SOON)
    other.wait_for_timeout(1500)
    assert notes(other) != piece
    other.close()


@pytest.mark.usefixtures("wider")
def test_only_one_player_sounds_at_a_time(page, app, singer):
    open_view(page, app, f"view=transition&run={singer.id}")
    expect(page.locator(".play")).to_have_count(4, timeout=SOON)
    buttons = page.locator(".play")
    paused = "() => [...document.querySelectorAll('*')].filter(e => e.shadowRoot?.querySelector('audio'))"
    paused += ".map(e => e.shadowRoot.querySelector('audio').paused)"
    for nth in (0, 3, 1):
        expect(buttons.nth(nth)).to_be_enabled(timeout=SOON)
        buttons.nth(nth).click()
        wait_for_time(page, 0.3, nth)
        assert page.evaluate(paused) == [i != nth for i in range(4)]


def test_a_chord_is_picked_on_the_keyboard(page, app, singer):
    open_view(page, app, "prime=chord&chord=60-64&length=8")
    page.get_by_text("What is sung, and how it sounds").click()
    page.get_by_role("button", name="G 4", exact=True).click()
    page.wait_for_url(re.compile("chord=60-64-67"))
    expect(page.get_by_text("C4 E4 G4, as the data have it")).to_be_visible()
    page.get_by_role("button", name="E 4", exact=True).click()
    page.wait_for_url(re.compile("chord=60-67"))
    page.reload()
    expect(page.locator(".play").first).to_be_enabled(timeout=SOON)
    page.get_by_text("What is sung, and how it sounds").click()
    expect(page.get_by_role("button", name="G 4", exact=True)).to_have_attribute("aria-pressed", "true")
    assert page.locator(".roll rect.given:not(.sure)").count() == 4  # two pitches in four voices


def test_no_view_is_wider_than_a_phone(page, app, singer):
    page.set_viewport_size({"width": 390, "height": 844})
    for view in ("listen", "transition", "quiz"):
        open_view(page, app, f"view={view}")
        for selector in ("html", "[data-testid=stMain]"):
            wide, shown = page.locator(selector).evaluate("e => [e.scrollWidth, e.clientWidth]")
            assert wide <= shown
