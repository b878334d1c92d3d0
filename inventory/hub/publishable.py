"""What a channel may show of a SKU: the position, less what is kept back for it (H10)."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from core.errors import ConfigurationError

__all__ = ["ChannelRule", "ListingRule", "publishable_units"]


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """What holds for everything that a channel shows.

    buffer_units and buffer_share: units, and share of what is available, that are kept back so that orders which are
    under way to us find stock; the larger of the two counts. paused: the channel shows nothing.
    """

    buffer_units: int = 0
    buffer_share: Decimal = Decimal(0)
    paused: bool = False

    def __post_init__(self) -> None:
        if self.buffer_units < 0 or not 0 <= self.buffer_share <= 1:
            raise ConfigurationError(
                f"a buffer of {self.buffer_units} units or {self.buffer_share} of the stock cannot be kept; "
                "give units of 0 or more and a share of 0 … 1"
            )


@dataclass(frozen=True, slots=True)
class ListingRule:
    """What holds for one SKU on one channel.

    buffer_units: instead of the channel's buffer. presale_units: shown beyond what is there. most_units: never show
    more. held: show nothing, such as while orders are locked.
    """

    buffer_units: int | None = None
    presale_units: int = 0
    most_units: int | None = None
    held: bool = False

    def __post_init__(self) -> None:
        if min(self.buffer_units or 0, self.presale_units, self.most_units or 0) < 0:
            raise ConfigurationError("a listing's buffer, presale and most units are 0 or more")


def publishable_units(available: int, channel: ChannelRule, listing: ListingRule) -> int:
    """Return the units that the channel may show: max(0, available − buffer) + presale, at most `most_units`.

    >>> publishable_units(25, ChannelRule(buffer_units=2, buffer_share=Decimal("0.1")), ListingRule())
    22
    """
    if channel.paused or listing.held:
        return 0
    buffer = listing.buffer_units
    if buffer is None:
        share = (channel.buffer_share * max(available, 0)).to_integral_value(rounding=ROUND_CEILING)
        buffer = max(channel.buffer_units, int(share))
    shown = max(available - buffer, 0) + listing.presale_units
    return shown if listing.most_units is None else min(shown, listing.most_units)
