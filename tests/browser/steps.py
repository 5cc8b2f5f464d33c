"""What a reader does on the pages, for the browser tests."""

from __future__ import annotations

from playwright.sync_api import Page, expect

ROW = 35  # pixels, also of the header
SOON = 150_000  # ms: until a run has been taken up, on a busy machine too


def choose_preset(page: Page, title: str) -> None:
    page.get_by_role("combobox", name="Start from").click()
    page.get_by_role("option", name=title).click()


def start(page: Page, name: str) -> None:
    """Click the start button; the run of that name is queued then."""
    page.get_by_role("button", name="Start this run").click()
    expect(page.get_by_text(f"Started {name}.")).to_be_visible()


def tick(page: Page, row: int = 0) -> None:
    """Tick a run in the table, which is drawn on a canvas; the table must have come to rest."""
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    before, box = None, table.bounding_box()
    while box != before:
        page.wait_for_timeout(1000)
        before, box = box, table.bounding_box()
    assert box
    page.mouse.click(box["x"] + 18, box["y"] + ROW * (row + 1.5))
    expect(panel(page)).to_be_visible()


def panel(page: Page):
    """The box about the selected runs."""
    return page.locator(".st-key-panel")


def expect_status(page: Page, status: str) -> None:
    expect(panel(page).locator(".stMarkdownBadge:visible").filter(has_text=status).first).to_be_visible(timeout=SOON)


def metric(page: Page, label: str) -> str:
    """The value that the panel shows under a label."""
    box = panel(page).get_by_test_id("stMetric").filter(has_text=label)
    return box.get_by_test_id("stMetricValue").inner_text()


def press(page: Page, label: str) -> None:
    """Click one of the actions on the selected runs."""
    panel(page).get_by_role("button", name=label, exact=True).click()
