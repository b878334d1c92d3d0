"""What people do on the page, in headless Chromium against a service on loopback."""

import re

import pytest

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.slow


def test_first_look_at_the_demo_and_the_page_in_chinese_and_dark(tab):
    tab.goto("/")
    assert tab.title() == "Today · Fillrate"
    assert tab.url.endswith("/ui/today")
    tab.get_by_text("Settings").click()
    tab.get_by_label("Language").select_option("zh")
    tab.get_by_role("heading", level=1, name="今日").wait_for()
    tab.get_by_text("设置").click()
    tab.get_by_label("配色").select_option("dark")
    tab.locator("html[data-theme=dark]").wait_for()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 26)"


def test_the_keyboard_reaches_the_content_first_and_the_search_by_one_key(tab):
    tab.goto("/ui/products")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.id") == "search"


def test_first_run_the_riskiest_product_is_found_and_why(tab):
    """First run on the demo's data → what looks wrong → the riskiest product → when it runs out, and why."""
    tab.goto("/")
    tab.get_by_role("button", name="Bring up to date").click()
    tab.get_by_text("alerts are up to date").wait_for()
    assert tab.get_by_role("button", name=re.compile("Snooze a week")).count() > 0
    worst = tab.locator("#board table.stacking tbody tr").first
    assert worst.locator("td").first.inner_text() == "critical"
    tab.get_by_role("link", name="Products", exact=True).click()
    riskiest = tab.locator("table.products tbody tr").first
    sku = riskiest.get_by_role("link").inner_text()
    assert riskiest.locator("td.number").nth(3).inner_text() == "100 %"
    riskiest.get_by_role("link").click()
    tab.locator("h1", has_text=sku).wait_for()
    tab.locator("html[data-charts=drawn]").wait_for()
    assert tab.locator(".chart canvas").count() == 2
    assert re.search(r"\d+ \w+ 20\d\d", tab.locator("dl.figures").inner_text())
    reasons = tab.locator("section[aria-labelledby=why-title] tbody tr")
    assert reasons.count() >= 3
    tab.get_by_text("The forecast as a table").click()
    assert tab.locator("#forecast-table tbody tr").first.is_visible()


def test_filters_sorts_and_pages_change_the_list_and_the_address_without_a_new_page(tab):
    tab.goto("/ui/products")
    tab.evaluate("window.same = true")
    tab.get_by_label("Search SKU or name").fill("sku-0")
    tab.wait_for_url("**q=sku-0**")
    expect(tab.locator("table.products tbody tr")).to_have_count(10)
    tab.get_by_role("link", name="Cover, days").click()
    tab.wait_for_url("**sort=cover**")
    days = [
        int(text.replace(",", "")) for text in tab.locator("table.products tbody tr td:nth-child(7)").all_inner_texts()
    ]
    assert days == sorted(days)
    assert tab.evaluate("window.same") is True
    assert tab.get_by_label("Search SKU or name").input_value() == "sku-0"
    tab.go_back()
    tab.wait_for_url(lambda address: "sort=cover" not in address)


def test_a_double_click_on_snooze_counts_once_and_the_alert_is_gone(tab):
    tab.goto("/ui/today")
    tab.get_by_role("button", name="Bring up to date").click()
    tab.get_by_text("alerts are up to date").wait_for()
    button = tab.get_by_role("button", name=re.compile("Snooze a week")).last
    address = button.get_attribute("hx-post")
    button.dblclick()
    tab.get_by_text("is silent until").wait_for()
    expect(tab.locator(f"[hx-post='{address}']")).to_have_count(0)
    assert tab.locator("#notice").inner_text().strip() == ""
