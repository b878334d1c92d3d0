from datetime import date

import pytest

from core.errors import ConfigurationError
from inventory.configuration import read_configuration
from inventory.plan_rules import LimitRule, OrderRule


def planning(tmp_path, text):
    (tmp_path / "dataset.toml").write_text(text, encoding="utf-8")
    return read_configuration(tmp_path)[0].planning


def test_limits_terms_of_orders_and_closed_days_are_read(tmp_path):
    rules = planning(
        tmp_path,
        """
        [[planning.limits]]
        of = "orders"
        unit = "money"
        capacity = [5000, 4000.5]
        [[planning.limits]]
        name = "big shelf"
        of = "stock"
        unit = "volume"
        capacity = 12
        location = "fba"
        size_tier = "large"
        [[planning.orders]]
        supplier = "mill"
        mode = "sea"
        minimum_value = 900
        container_volume = 28
        container_cost = 2400
        each_parent = true
        [planning.closures]
        mill = ["2025-01-28..2025-01-30", "2025-05-01"]
        fba = [2025-12-25]
        [planning.receiving]
        fba = "Mon, thursday"
        """,
    )
    assert rules.limits == (
        LimitRule("money of orders", "orders", "money", (5000.0, 4000.5)),
        LimitRule("big shelf", "stock", "volume", (12.0,), {"location": "fba", "size_tier": "large"}),
    )
    assert rules.orders == (
        OrderRule("mill", "sea", minimum_value=900, container_volume=28, container_cost=2400, each_parent=True),
    )
    assert rules.closures == {
        "mill": (date(2025, 1, 28), date(2025, 1, 29), date(2025, 1, 30), date(2025, 5, 1)),
        "fba": (date(2025, 12, 25),),
    }
    assert rules.receiving == {"fba": "mon,thu"}


LIMIT = '[[planning.limits]]\nof = "orders"\nunit = "money"\ncapacity = 5\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("planning.limits = 5", r"planning.limits = 5 is not a list of tables \[\[planning.limits\]\]"),
        ('[[planning.limits]]\nof = "orders"\nunit = "money"', r"planning.limits\[1\] .* it needs capacity"),
        (LIMIT.replace("money", "pallets"), r"planning.limits\[1\].unit = 'pallets' is not one of money, volume"),
        (LIMIT.replace("= 5", "= []"), "one number a review period"),
        (LIMIT.replace("= 5", "= [5, -1]"), "a number of at least 0"),
        (LIMIT + 'colour = "red"', r"planning.limits\[1\].colour is not a known key"),
        (LIMIT + LIMIT, "two limits have it"),
        (LIMIT.replace('"orders"', '"stock"') + 'mode = "sea"', "who delivered it is not known"),
        ("[[planning.orders]]\nminimum_units = 5", "it needs supplier"),
        ('[[planning.orders]]\nsupplier = "a"\n[[planning.orders]]\nsupplier = "a"', "one entry a supplier and mode"),
        ('[[planning.orders]]\nsupplier = "a"\ncontainer_cost = 9', "a container without a volume"),
        ('[planning.closures]\nmill = "2025-01-01"', "a list of days"),
        ('[planning.closures]\nmill = ["new year"]', "a day such as 2025-01-28"),
        ('[planning.closures]\nmill = ["2025-02-01..2025-01-01"]', "a stretch of at most a year"),
        ('[planning.receiving]\nfba = "someday"', 'weekdays, such as "mon,thu"'),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_its_key(tmp_path, text, words):
    with pytest.raises(ConfigurationError, match=words):
        planning(tmp_path, text)
