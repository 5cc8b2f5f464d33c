"""The README's pictures: the class trio on Home, Runs and Learning curves, still and moving.

Only with GLASSY_SCREENSHOTS=1, which puts them into docs/images/: other tests hold the pages that they show.
"""

import io
import os
import time
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.steps import SOON, panel, tick

IMAGES = Path(__file__).resolve().parent.parent.parent / "docs" / "images"
KEEP = os.environ.get("GLASSY_SCREENSHOTS") == "1"
STEPS = 15_000 if KEEP else 1_000
PATIENCE = 540.0  # seconds
COLOURS = 160
FRAMES = 24 if KEEP else 3  # of the moving picture
BETWEEN = 1.2  # seconds between frames


def shoot(page, path, clip_height):
    """A picture of the page's upper part with a palette, which halves its size."""
    page.mouse.move(2, 2)
    page.wait_for_timeout(1500)
    page.screenshot(path=path, clip={"x": 0, "y": 0, "width": 1280, "height": clip_height})
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)


def film(page, path):
    """The live figure of the Learning curves page as a moving picture: frames taken while the networks learn."""
    frames = []
    figure = page.locator(".glassy-figure").first
    for _ in range(FRAMES):
        picture = Image.open(io.BytesIO(figure.screenshot())).convert("RGB")
        frames.append(picture.resize((720, round(720 * picture.height / picture.width))))
        page.wait_for_timeout(1000 * BETWEEN)
    # One palette that covers the curves' colours, which the many greys of the letters would else outnumber.
    palette = frames[-1].quantize(64, method=Image.Quantize.MAXCOVERAGE)
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=220, loop=0, optimize=True)
    return frames


@pytest.mark.skipif(not KEEP, reason="makes the README's pictures where GLASSY_SCREENSHOTS=1 asks for them")
def test_pictures_for_the_readme(page, app, tmp_path):
    folder = IMAGES if KEEP else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    page.goto(app.url)
    page.get_by_text("with the noise of minibatches", exact=True).click()  # which takes so long that it can be filmed
    page.get_by_role("button", name="Start the class trio").click()
    expect(page.get_by_text("Started under, near and over.")).to_be_visible()
    page.goto(f"{app.url}/Learning_curves")
    drawn = "document.querySelector('.glassy-plot')?._fullData?.filter(t => t.meta === 'training' && t.x.length > 20)"
    page.wait_for_function(f"() => {drawn}?.length === 3", timeout=SOON)
    frames = film(page, folder / "learning.gif")
    assert frames[0].convert("RGB").tobytes() != frames[-1].convert("RGB").tobytes()  # it moves
    page.goto(app.url)
    cards = page.locator("[class*='st-key-card-']")
    expect(cards).to_have_count(3, timeout=SOON)
    deadline = time.monotonic() + PATIENCE
    while min(run.state().step for run in app.store.runs()) < STEPS:
        assert time.monotonic() < deadline
        time.sleep(1)
    shoot(page, folder / "home.png", 1000)

    page.goto(f"{app.url}/Runs")
    tick(page)
    expect(panel(page).get_by_text("proper time tau")).to_be_visible()
    shoot(page, folder / "runs.png", 1300)

    page.goto(f"{app.url}/Learning_curves")
    page.wait_for_function(f"() => {drawn}?.length === 3", timeout=SOON)
    shoot(page, folder / "learning-curves.png", 1100)

    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{app.url}/Playground?tau=700")
    expect(page.locator(".sentence")).to_contain_text("Chorale 3", timeout=SOON)
    for fate in ("over", "under", "near"):
        page.locator(f"[data-fate={fate}]").click()
    shoot(page, folder / "playground.png", 720)

    for name in ("home.png", "runs.png", "learning-curves.png", "playground.png"):
        with Image.open(folder / name) as picture:
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 50  # neither blank nor an error's two colours
        assert (folder / name).stat().st_size < 200_000
    assert (folder / "learning.gif").stat().st_size < 1_500_000
