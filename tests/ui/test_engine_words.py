"""What the engine can say, said in Chinese: nothing stays English, and no number is lost."""

import itertools
import re
import time
from collections import namedtuple
from types import SimpleNamespace

import numpy as np
import pytest

from core.frequency import Frequency
from features.catalogue import BLOCKS
from features.future_blocks import CALENDAR_MEANINGS
from features.specification import FeatureSpecification
from monitoring.phase import _words
from monitoring.segments import POLICIES
from optimizer.wording import order_words, reason
from serving.proposals.recosting import StoredCurve, recost
from serving.ui.engine_words import engine_words
from serving.ui.words import Words
from tests.ui.test_chinese import SENTENCE
from training.explanation import _worded

ZH = Words("zh")
SIGNALS = ("ad_sales", "ad_spend", "bsr", "competitor_price", "keyword_volume", "sessions", "temperature")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
LINE = namedtuple(
    "LINE",
    "on_hand inbound cover_days quantity stockout_probability stockout_probability_without_order best_quantity "
    "cost_without_order expected_cost",
)


def said(sentence):
    made = engine_words(ZH, sentence)
    assert not SENTENCE.search(made), (sentence, made)
    assert sorted(NUMBER.findall(made)) == sorted(NUMBER.findall(sentence)), (sentence, made)
    return made


def way(mode="", supplier="", pack=1, least=1):
    return SimpleNamespace(mode=mode, supplier=supplier, pack=pack, least=least)


def shared(budget=0.0, volume=0.0, rows=(), joints=()):
    return SimpleNamespace(budget_price=budget, volume_price=volume, rows=rows, joints=joints)


ROWS = (SimpleNamespace(name="budget", price=0.31, used=9.0), SimpleNamespace(name="volume", price=0.12, used=2.0))
ALLOCATIONS = [
    shared(),
    shared(budget=0.25),
    shared(0.25, 1.5),
    shared(rows=ROWS),
    shared(joints=(SimpleNamespace(name="Acme"),)),
    shared(0.25, joints=(SimpleNamespace(name="Acme"),)),
]


@pytest.mark.parametrize("number", range(len(ALLOCATIONS)))
def test_every_reason_of_an_order_is_said(number):
    chances = (0.004, 0.37, 0.996)
    for quantity, best, saved, chance, floor in itertools.product((0, 24), (0, 24, 60), (-5, 80), chances, (0, 2.5)):
        line = LINE(12, 7, 9, quantity, chance, 0.9, best, 100.0 + saved, 100.0)
        for at in (way(pack=12, least=24), way("sea", "Acme", 12), way("air"), way(supplier="Acme")):
            order = order_words(at, quantity, several=True)
            said(reason(line, order, at, 35, ALLOCATIONS[number], floor))


@pytest.mark.parametrize(
    ("first", "second"),
    [(way("air"), way("sea")), (way("air", "Swift"), way("sea", "Acme")), (way("", "Swift"), way("", "Acme"))],
    ids=["modes", "both", "suppliers"],
)
def test_a_split_order_is_said_with_both_ways(first, second):
    text = said(f"Order {order_words(first, 6, True, second, 48)}: 24 is the smallest order allowed.")
    assert text.startswith("订购 6（")


def test_a_name_is_never_translated():
    made = said("Order 24 by sea from Plan: 24 is the smallest order allowed.")
    assert made == "订购 24（Plan，海运）：允许的最小订量为 24。"
    assert engine_words(ZH, "the terms of budget count for its whole order") == "budget 的条款按整单计算"


def test_every_limit_that_another_quantity_breaks_is_said():
    curve = StoredCurve((0, 12, 500), (9.0, 5.0, 80.0), (0.5, 0.2, 0.0), 6, 12, 400, 300.0, ((1.0, None, 5.0, 0.0),))
    for quantity, limits in ((6, ()), (500, (("budget", 40.0, 0.0, 90.0), ("volume", 3.0, 1.0, 9.0)))):
        for item in recost(curve, quantity, limits).violations:
            assert said(item.message) != item.message


def test_every_column_that_may_drive_a_forecast_is_said():
    everything = FeatureSpecification(
        frequency=Frequency.DAILY,
        windows=(7, 14, 28, 56, 91, 364),
        season=7,
        year=364,
        calendar=tuple(CALENDAR_MEANINGS),
        known=("price", "promotion"),
        groups=("category", "brand", "parent"),
        seasonal_groups=2,
        blocks=tuple(block.name for block in BLOCKS),
        signals=SIGNALS,
        pools=("parent", "category"),
        responses=(7.0, 0.2, 0.1) * len(SIGNALS),
    )
    seen = 0
    for column in everything.columns():
        for value in (3.25, float("nan")):
            made = said(_worded(column, value, -0.31, 1.7).replace("_", "-"))
            assert re.search("[一-鿿]", made.split("：")[0]), made
        seen += 1
    assert seen > 80


@pytest.mark.parametrize("age", [20.0, 400.0, np.inf])
@pytest.mark.parametrize("growth", [-0.31, 0.5, np.nan])
def test_phases_are_said(age, growth):
    assert said(_words(age, growth, growth * 4)).startswith("上市" if np.isfinite(age) else "早于")


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_presets_are_said(policy):
    assert said(POLICIES[policy][1]) != POLICIES[policy][1]


@pytest.mark.parametrize(
    "sentence",
    [
        "champion shop version 3 does not fit: it is 99 days old (limit 60)",
        "champion shop version 3 does not fit: it has seen facts up to 2024-07-01, which 2024-06-01 must not know",
        "no registered model fits the data yet, a baseline stands in; train one: POST /v1/jobs/train (champion shop "
        "version 3 does not fit: the history or the categories it learned from have changed)",
        "12 periods of history are too few for ets (at least 28): moving average",
        "no sales yet: moving average",
        "lead_time_days 7 by default; case_pack 1 by default; holding_cost from unit cost × 0.25 a year",
        "lead_time_days 21.4 ± 3.0 from 9 receipts and a promise of 20",
        "Planned for 2024-08-05, after today's order; it will be planned anew then.",
    ],
)
def test_why_a_baseline_stands_in_and_what_was_assumed_is_said(sentence):
    assert said(sentence) != sentence


def test_english_and_what_nobody_knows_stay_as_they_are():
    assert engine_words(Words("en"), "no sales yet") == "no sales yet"
    assert engine_words(ZH, "an unheard-of sentence; of two clauses") == "an unheard-of sentence；of two clauses"
    assert engine_words(ZH, None) == engine_words(ZH, "") == ""


def test_a_board_of_many_sentences_is_said_in_no_time():
    sentences = [
        f"Order {n} (2 cases of 12): {n} on hand and 3 inbound cover 9 of the 35 days until the next order can arrive."
        for n in range(500)
    ]
    begun = time.process_time()
    for sentence in sentences:
        engine_words(ZH, sentence)
    assert time.process_time() - begun < 1.0
