"""A what-if changes what it names and nothing else."""

import numpy as np
import pandas as pd
import pytest

from core.frequency import Frequency
from optimizer.planning import PlanningOptions
from serving.what_if import REPLACED_TERMS, changed_terms

OPTIONS = PlanningOptions()
TERMS = pd.DataFrame({name: [1.0, 2.0] for name in REPLACED_TERMS} | {"sku": ["a", "b"], "unit_cost": [5.0, 6.0]})


def test_without_changes_everything_stays():
    terms, options = changed_terms(TERMS, OPTIONS, {}, Frequency.DAILY)
    pd.testing.assert_frame_equal(terms, TERMS)
    assert options == OPTIONS


@pytest.mark.parametrize("name", REPLACED_TERMS)
def test_a_named_term_is_replaced_for_every_series(name):
    terms, _ = changed_terms(TERMS, OPTIONS, {name: 9.0}, Frequency.DAILY)
    assert terms[name].tolist() == [9.0, 9.0]
    pd.testing.assert_frame_equal(terms.drop(columns=name), TERMS.drop(columns=name))


def test_a_cycle_service_level_is_the_critical_ratio_of_its_costs():
    terms, options = changed_terms(TERMS, OPTIONS, {"cycle_service_level": 0.9}, Frequency.DAILY)
    review = OPTIONS.review_period_days
    ratio = terms["stockout_cost"] / (terms["stockout_cost"] + terms["holding_cost"] * review)
    np.testing.assert_allclose(ratio, 0.9)
    assert options.cycle_service_level == 0.9


def test_limits_are_replaced():
    _, options = changed_terms(TERMS, OPTIONS, {"budget": 100.0, "review_period_days": 14.0}, Frequency.DAILY)
    assert (options.budget, options.review_period_days) == (100.0, 14)
