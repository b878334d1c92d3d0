"""What a channel may show (H10)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError
from inventory.hub.publishable import ChannelRule, ListingRule, publishable_units


@pytest.mark.parametrize(
    ("available", "channel", "listing", "units"),
    [
        (25, ChannelRule(), ListingRule(), 25),
        (25, ChannelRule(buffer_units=5), ListingRule(), 20),
        (25, ChannelRule(buffer_units=2, buffer_share=Decimal("0.1")), ListingRule(), 22),  # 2.5 is 3 units
        (25, ChannelRule(buffer_units=5), ListingRule(buffer_units=0), 25),
        (3, ChannelRule(buffer_units=5), ListingRule(), 0),
        (0, ChannelRule(), ListingRule(presale_units=30), 30),
        (25, ChannelRule(), ListingRule(most_units=9), 9),
        (25, ChannelRule(), ListingRule(held=True, presale_units=30), 0),
        (25, ChannelRule(paused=True), ListingRule(presale_units=30), 0),
    ],
)
def test_units_shown(available, channel, listing, units) -> None:
    assert publishable_units(available, channel, listing) == units


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 100), st.decimals(0, 1, places=3))
def test_more_stock_never_shows_less_and_never_more_than_there_is(one, other, buffer, share) -> None:
    rule = ChannelRule(buffer, share)
    few, many = sorted((one, other))
    assert 0 <= publishable_units(few, rule, ListingRule()) <= few
    assert publishable_units(few, rule, ListingRule()) <= publishable_units(many, rule, ListingRule())


def test_absurd_rules_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="share of 0 … 1"):
        ChannelRule(buffer_share=Decimal("1.5"))
    with pytest.raises(ConfigurationError, match="0 or more"):
        ListingRule(presale_units=-1)
