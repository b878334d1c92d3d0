"""Every screen as people see it: nothing wrong by axe-core, nothing wider than the window; pictures for docs/screens.

The pictures are written only where FILLRATE_SCREENS names a folder, so that a test run changes no file by itself.
"""

import io
import os
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.slow

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
SCREENS = {
    "today": "/ui/today",
    "products": "/ui/products",
    "product": "/ui/products/one?sku=SKU-07",
    "sign_in": "/ui/sign-in",
    "problem": "/ui/nowhere",
}
LOOKS = {
    "1920_light_en": {"width": 1920, "height": 1080, "color_scheme": "light", "locale": "en-GB"},
    "1920_dark_zh": {"width": 1920, "height": 1080, "color_scheme": "dark", "locale": "zh-CN"},
    "360_light_zh": {"width": 360, "height": 740, "color_scheme": "light", "locale": "zh-CN"},
    "360_dark_en": {"width": 360, "height": 740, "color_scheme": "dark", "locale": "en-GB"},
}
PICTURED = ("today", "products", "product")
TALLEST = 1_800
COLOURS = 160
"""Enough for flat surfaces, and a third of the bytes."""


@pytest.fixture(params=sorted(LOOKS))
def look(request, browser, served):
    facts = dict(LOOKS[request.param])
    viewport = {"width": facts.pop("width"), "height": facts.pop("height")}
    profile = browser.new_context(base_url=served, viewport=viewport, bypass_csp=True, reduced_motion="reduce", **facts)
    yield request.param, profile.new_page()
    profile.close()


@pytest.mark.parametrize("name", sorted(SCREENS))
def test_a_screen_is_sound_in_every_look(look, name):
    word, tab = look
    tab.goto(SCREENS[name])
    tab.wait_for_load_state("networkidle")
    assert tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, (
        "nothing is wider than the window"
    )
    for picture in tab.locator(".chart canvas").all():
        assert picture.bounding_box()["width"] > 200
    found = _axe(tab)
    serious = [item for item in found if item["impact"] in ("serious", "critical")]
    assert not serious, [(item["id"], item["nodes"][0]["html"], item["nodes"][0]["failureSummary"]) for item in serious]
    _picture(tab, name, word)


def test_opened_menus_and_tables_are_sound_too(look):
    _, tab = look
    tab.goto("/ui/products/one?sku=SKU-03")
    tab.wait_for_load_state("networkidle")
    tab.evaluate("document.querySelectorAll('details').forEach(item => { item.open = true; })")
    serious = [item for item in _axe(tab) if item["impact"] in ("serious", "critical")]
    assert not serious, [(item["id"], item["nodes"][0]["html"]) for item in serious]


def _axe(tab):
    tab.add_script_tag(path=str(AXE))
    return tab.evaluate("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations)")


def _picture(tab, name, word):
    folder = os.environ.get("FILLRATE_SCREENS")
    if folder is None or name not in PICTURED:
        return
    height = min(tab.evaluate("document.documentElement.scrollHeight"), TALLEST)
    tab.set_viewport_size({"width": LOOKS[word]["width"], "height": height})
    tab.wait_for_timeout(300)
    taken = Image.open(io.BytesIO(tab.screenshot()))
    taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        Path(folder) / f"{name}_{word}.png", optimize=True
    )
