"""Abnormal batches: exact probabilities against counting, and the share of false alarms by simulation (R06)."""

from math import comb

import numpy as np
import pandas as pd
import pytest

from core.errors import UsageError
from inventory.returned_goods.abnormal_batches import AbnormalTest, abnormal_groups, advice, return_statistics


def groups(back: list[int], out: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    names = [f"B{place}" for place in range(len(out))]
    return (
        pd.DataFrame({"sku": "A", "batch": names, "units": back, "reason": "broken"}),
        pd.DataFrame({"sku": "A", "batch": names, "units": out}),
    )


def test_against_the_rest_the_chance_is_that_of_drawing_so_many_from_an_urn():
    found = abnormal_groups(*groups([4, 2], [10, 20]), "batch", "sku").set_index("batch")
    # 6 of 30 came back; the chance that 4 or more of them are among the ten of B0, by counting.
    counted = sum(comb(6, k) * comb(24, 10 - k) for k in range(4, 7)) / comb(30, 10)
    assert found.loc["B0", "p_value"] == pytest.approx(counted)
    assert found.loc["B0", "rest_rate"] == 0.1
    assert found.loc["B0", "expected"] == pytest.approx(1.0)


def test_against_a_known_rate_the_chance_is_binomial():
    test = AbnormalTest(usual_rate=0.1)
    found = abnormal_groups(*groups([4], [10]), "batch", "sku", test).iloc[0]
    counted = sum(comb(10, k) * 0.1**k * 0.9 ** (10 - k) for k in range(4, 11))
    assert found["p_value"] == pytest.approx(counted)


def test_p_values_are_adjusted_for_the_number_of_groups():
    found = abnormal_groups(*groups([9, 2, 2, 3], [60, 60, 60, 60]), "batch", "sku")
    p = found["p_value"].to_numpy()
    by_hand = [min(p[j] * len(p) / (j + 1) for j in range(i, len(p))) for i in range(len(p))]  # Benjamini, Hochberg
    assert found["adjusted_p"].tolist() == pytest.approx(np.minimum(by_hand, 1.0).tolist())


def test_a_bad_batch_is_found_among_many_and_good_ones_are_seldom_accused():
    draw = np.random.default_rng(11)
    out = [200] * 40
    alarms = 0
    for _ in range(30):
        found = abnormal_groups(*groups(draw.binomial(200, 0.05, 40).tolist(), out), "batch", "sku")
        alarms += bool(found["abnormal"].any())
    assert alarms <= 4  # 5 % of 30 runs are 1.5
    back = draw.binomial(200, 0.05, 40)
    back[7] = 30
    found = abnormal_groups(*groups(back.tolist(), out), "batch", "sku")
    assert found[found["abnormal"]]["batch"].tolist() == ["B7"]


def test_one_return_of_one_unit_accuses_nobody():
    found = abnormal_groups(*groups([1, 0], [1, 500]), "batch", "sku")
    assert not found["abnormal"].any()


def test_a_batch_of_which_more_came_back_than_went_out_is_refused():
    with pytest.raises(UsageError, match="of batch B0 5 units came back and 4 went out"):
        abnormal_groups(*groups([5, 0], [4, 9]), "batch", "sku")


def test_r06_an_abnormal_batch_is_claimed_and_a_size_reason_corrects_the_listing():
    returned, exposure = groups([30, 1, 1], [100, 100, 100])
    shoes = pd.DataFrame({"sku": "S", "batch": None, "units": [4, 2], "reason": ["Too SMALL", None]})
    everything = pd.concat([returned, shoes], ignore_index=True)
    todo = advice(everything, abnormal_groups(returned, exposure, "batch", "sku"), "batch")
    assert todo["subject"].tolist() == ["batch B0", "size"]
    assert todo["action"].tolist() == ["claim against the supplier", "correct the listing's sizes"]
    assert todo["why"].iloc[0] == "30 of 100 units came back, 30.0% against 1.0%"


def test_r06_returns_are_counted_by_reason_and_supplier():
    table = pd.DataFrame(
        {"reason": ["size", "size", None], "supplier": ["Acme", "Acme", "Near"], "units": [1.0, 2.0, 1.0]}
    )
    found = return_statistics(table, ["reason", "supplier"])
    assert found["units"].tolist() == [3.0, 1.0]
    assert found["share"].tolist() == [0.75, 0.25]
    assert found["reason"].tolist() == ["size", "unknown"]
