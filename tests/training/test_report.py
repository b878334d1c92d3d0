"""The page of a backtest: whole in itself, safe with any name, the same bytes for the same backtest."""

from html.parser import HTMLParser

import pytest

from features.panel import Panel
from training.backtest import backtest
from training.baselines import MovingAverage, SeasonalNaive
from training.evaluation import Evaluation, evaluate
from training.report import backtest_report

NASTY = "<script>alert('sku')</script>"


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def evaluation(panel: Panel) -> Evaluation:
    fits = {NASTY: lambda past, horizon: MovingAverage(), "seasonal_naive": lambda past, horizon: SeasonalNaive()}
    return evaluate(backtest(panel, 7, [panel.periods - 14, panel.periods - 7], fits), panel, 7)


def page_of(panel: Panel, evaluation: Evaluation) -> str:
    return backtest_report(evaluation, [NASTY] * len(panel.series), "A & B", {"series": "16"})


@pytest.fixture(scope="module")
def page(panel: Panel, evaluation: Evaluation) -> str:
    return page_of(panel, evaluation)


def test_a_page_needs_nothing_else_and_no_name_can_run(page: str, evaluation: Evaluation) -> None:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert "script" not in reader.tags
    assert len(reader.sources) >= 6
    assert all(source.startswith("data:image/svg+xml;base64,") for source in reader.sources)
    words = " ".join(reader.words)
    assert "A & B" in words
    assert f"{evaluation.summary['wql'].iloc[0]:.4g}" in words


def test_the_same_backtest_makes_the_same_page(page: str, panel: Panel, evaluation: Evaluation) -> None:
    assert page_of(panel, evaluation) == page
