"""All blocks of features, in the order of their columns, and which of them are on."""

import difflib
from collections.abc import Collection

from core.errors import UsageError
from features.block import Block
from features.future_blocks import CALENDAR, EVENTS, GROUPS, PLANNED, PROMOTION_RESPONSE, RESPONSE
from features.lifecycle import LIFECYCLE
from features.own_blocks import GROUP_SEASON, OWN_BLOCKS
from features.pooled import POOLED
from features.returned import RETURNS
from features.season_start import SEASON_START
from features.signal_blocks import ADS, BSR, COMPETITOR, KEYWORD, SIGNALS, TRAFFIC
from features.trend import TREND
from features.window_quantiles import WINDOW_QUANTILES

__all__ = ["BLOCKS", "FIRST_BLOCKS", "block_named", "check_names", "switched_on"]

BLOCKS: tuple[Block, ...] = (
    *OWN_BLOCKS,
    *(GROUP_SEASON, CALENDAR, EVENTS, PLANNED, RESPONSE, GROUPS, PROMOTION_RESPONSE),
    *(TREND, LIFECYCLE, SEASON_START, POOLED, RETURNS),
    *(BSR, KEYWORD, COMPETITOR, ADS, TRAFFIC, SIGNALS),
    WINDOW_QUANTILES,
)
"""Every block there is. A new one goes to the end, so that the columns of stored models keep their places."""

FIRST_BLOCKS = tuple(block.name for block in (*OWN_BLOCKS, GROUP_SEASON, CALENDAR, EVENTS, PLANNED, RESPONSE, GROUPS))
"""Blocks of models that were stored before blocks had names."""


def block_named(name: str) -> Block:
    """Return one block; raises UsageError, with the nearest name there is, for an unknown one."""
    for block in BLOCKS:
        if block.name == name:
            return block
    names = [block.name for block in BLOCKS]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    remedy = f"did you mean {near[0]!r}?" if near else f"known ones are {', '.join(names)}"
    raise UsageError(f"{name!r} is not a block of features; {remedy}")


def check_names(names: Collection[str]) -> tuple[str, ...]:
    """Return the names; raises UsageError for one that no block has."""
    return tuple(block_named(name).name for name in names)


def switched_on(without: Collection[str] = (), also: Collection[str] = ()) -> tuple[Block, ...]:
    """Return the blocks that are on by default or through `also`, less those of `without`.

    Raises UsageError for an unknown name, for one that is in both, and where nothing is left.
    """
    off, extra = check_names(without), check_names(also)
    for name in off:
        if name in extra:
            raise UsageError(f"the block of features {name!r} is switched on and off; name it once")
    chosen = tuple(block for block in BLOCKS if block.name not in off and (block.default or block.name in extra))
    if not chosen:
        raise UsageError("all blocks of features are switched off; leave at least one on")
    return chosen
