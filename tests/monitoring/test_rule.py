"""Rules as TOML: what is wrong is refused by file, rule and key; what is right is read, added and changed."""

import pytest

from core.errors import ConfigurationError
from monitoring.condition import compared
from monitoring.fact import Scope
from monitoring.rule import read_rules, shipped_rules

GOOD = """
[[rule]]
id = "mine"
rows = ["M01"]
cause = "stock-out"
scope = "series"
fact = "cover_days"
comparison = "below"
levels = { watch = 20, critical = 5 }
when = [{ fact = "forecast_daily", above = 0.1 }, { fact = "cover_days", below = "lead_time_days", times = 2 }]
actions = [{ do = "order_by_air", when = [{ fact = "lead_time_days", above = 30 }] }, "order_now"]
words = "{cover_days:.0f} days"
"""


def test_a_rule_of_ones_own_is_read_with_its_ladder_conditions_and_actions() -> None:
    (rule,) = read_rules(GOOD, "alerts.toml", ())
    assert rule.levels == (("watch", 20.0), ("critical", 5.0))
    assert rule.scope is Scope.SERIES
    assert [action.do for action in rule.actions] == ["order_by_air", "order_now"]
    assert rule.when[1].facts == ("cover_days", "lead_time_days")


def test_a_shipped_rule_can_be_switched_on_and_its_limits_changed() -> None:
    text = "[change.cover-30-days]\nenabled = true\nlevels = { watch = 60 }\n"
    rules = {rule.id: rule for rule in read_rules(text, "alerts.toml", shipped_rules())}
    assert rules["cover-30-days"].enabled
    assert rules["cover-30-days"].levels == (("watch", 60.0),)
    assert rules["cover-15-days"] == {rule.id: rule for rule in shipped_rules()}["cover-15-days"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('fact = "cover_dayz"', "cover_dayz.* is no fact"),
        ("levels = { bad = 3 }", "'bad' is no severity"),
        ("levels = { watch = 5, critical = 20 }", "get worse"),
        ("levels = 3", "table from severity to limit"),
        ('when = [{ fact = "on_hnad", above = 1 }]', "did you mean 'on_hand'"),
        ('when = [{ fact = "on_hand" }]', "compares once"),
        ('when = [{ fact = "on_hand", above = 1, below = 2 }]', "compares once"),
        ('when = [{ fact = "on_hand", above = true }]', "neither a number nor"),
        ('when = [{ fact = "on_hand", over = 1 }]', "'over' is not known"),
        ('when = [{ fact = "on_hand", above = 1, times = "x" }]', "times"),
        ('when = "on_hand > 1"', "not a list"),
        ('actions = ["dance"]', "no action"),
        ("actions = []", "says what to do"),
        ('comparison = "equals"', "choose from above"),
        ('enabled = "yes"', "neither true nor false"),
        ("release = -1", "at least 0"),
        ('outcome = "luck"', "choose from"),
        ('words = "{covr}"', "words name the fact 'covr'"),
        ('colour = "red"', "'colour' is not known"),
        ('scope = "series"', "'scope' is not known"),
    ],
)
def test_what_is_wrong_is_named_with_file_rule_and_remedy(change, told) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_rules(f"[change.mine]\n{change}\n", "alerts.toml", read_rules(GOOD, "alerts.toml", ()))
    assert "alerts.toml: change.mine" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[rule]]\nid = 'x'\n", "cause is missing"),
        (GOOD.replace('id = "mine"', 'id = "Mine!"'), "small letters"),
        (GOOD.replace('scope = "series"', 'scope = "moon"'), "choose from series"),
        ("[change.nothing]\nenabled = true\n", "names no rule"),
        ("[rules]\n", "'rules' is not known"),
        ("[[rule\n", "not readable as TOML"),
        (GOOD.replace('cause = "stock-out"', 'cause = "x"\nunless = ["ghost"]'), "'ghost', which is no rule"),
    ],
)
def test_a_file_that_is_no_rules_file_is_refused(text, told) -> None:
    with pytest.raises(ConfigurationError, match=told):
        read_rules(text, "alerts.toml", ())


def test_what_is_not_known_never_fires() -> None:
    import numpy as np

    values = np.array([np.nan, np.inf, 1.0])
    for comparison in ("above", "at_least", "below", "at_most", "equals"):
        assert not compared(values[:1], comparison, 0.5)[0]
        assert not compared(values[2:], comparison, np.nan)[0]
