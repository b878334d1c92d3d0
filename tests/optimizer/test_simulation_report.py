from html.parser import HTMLParser

import numpy as np

from core.frequency import Frequency
from optimizer.simulation_report import html_report
from optimizer.simulation_summary import summary
from tests.optimizer.test_simulation_summary import outcome

VOID = {"meta", "rect", "line", "polyline"}


class Balance(HTMLParser):
    """Checks that every tag is closed in turn, and collects the words."""

    def __init__(self):
        super().__init__()
        self.open, self.words = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def page(**names):
    windows = {
        "2024-01-01": [outcome(16, names.get("first", "a")), outcome(24, "b")],
        "2024-03-01": [outcome(16, names.get("first", "a"), 2), outcome(24, "b", 2)],
    }
    dates = {window: Frequency.DAILY.dates(np.datetime64(window), 20) for window in windows}
    return html_report("A title", ["A fact"], summary(windows, Frequency.DAILY), windows, dates)


def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere():
    text = page()
    parser = Balance()
    parser.feed(text)
    assert parser.open == []
    for foreign in ("http", "src=", "<link", "<script"):
        assert foreign not in text


def test_every_chart_has_a_table_that_says_the_same():
    text = page()
    assert text.count("<svg") == 1 + 2 * 2
    assert text.count("<table") == 3 + 2
    made = outcome(16, "a")
    assert f"{made.totals[3, 2]:,.0f}" in text


def test_names_are_shown_as_words_and_never_as_markup():
    assert "<b>x</b>" not in page(first="<b>x</b>")
    assert "&lt;b&gt;x&lt;/b&gt;" in page(first="<b>x</b>")


def test_the_same_outcomes_give_the_same_page():
    assert page() == page()
