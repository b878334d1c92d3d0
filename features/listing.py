"""What there is to learn from: every block and column in words, and which of them a dataset turns on."""

from collections.abc import Collection

import pandas as pd

from core.frequency import Frequency
from features.calendar import WITHIN_MONTH, WITHIN_YEAR
from features.catalogue import BLOCKS, check_names, switched_on
from features.panel import Panel
from features.signal_blocks import family_of
from features.specification import FeatureSpecification, signal_choice, specify_features

__all__ = ["list_blocks", "list_columns", "list_signals", "sample_specification"]

SAMPLE_SIGNALS = (
    *("bsr", "keyword_volume", "keyword_rank", "competitor_price", "competitor_in_stock"),
    *("ad_spend", "ad_sales", "sessions", "buy_box", "SIGNAL"),
)
"""Signals of the trade, and one that stands for any other."""

RESCALED = (
    "only changes are used: 100 is the largest of its whole numbers, as in a search trend that was divided by the "
    "maximum of its whole window; snapshots with available_on tell its level too"
)


def sample_specification() -> FeatureSpecification:
    """Return the specification of a daily dataset that has something for every block, to name columns without data."""
    return FeatureSpecification(
        frequency=Frequency.DAILY,
        windows=(7, 14, 28, 56, 112, 364),
        season=7,
        year=364,
        calendar=(*WITHIN_MONTH, *WITHIN_YEAR),
        known=("price", "discount", "promotion KIND"),
        groups=("category", "brand", "parent", "location"),
        seasonal_groups=3,
        blocks=tuple(block.name for block in BLOCKS),
        signals=SAMPLE_SIGNALS,
        pools=("sku", "parent", "brand", "category"),
    )


def list_blocks(
    panel: Panel | None, horizon: int, without: Collection[str] = (), also: Collection[str] = ()
) -> pd.DataFrame:
    """Return one row a block: `block, on, columns, rules, needs, about, why`.

    on: `yes` or `no`; why: the reason where a block is off. Without a panel every block is taken to have its facts.
    Raises UsageError for a block that is not known.
    """
    spec = sample_specification() if panel is None else specify_features(panel, horizon, without, also)
    wanted = {block.name for block in switched_on(without, also)}
    rows = []
    for block in BLOCKS:
        columns = len(block.columns(spec))
        why = _reason(block.name in check_names(without), block.name in wanted, block.missing(panel) if panel else "")
        if not why and not columns:
            why = "nothing is known far enough ahead"
        rows.append(
            (block.name, "no" if why else "yes", columns, ", ".join(block.rules), block.needs, block.about, why)
        )
    return pd.DataFrame(rows, columns=["block", "on", "columns", "rules", "needs", "about", "why"])


def _reason(switched_off: bool, wanted: bool, missing: str) -> str:
    if switched_off:
        return "switched off"
    return missing if wanted or missing else "off by default; dataset.toml [features] on switches it on"


def list_signals(panel: Panel, without: Collection[str] = (), also: Collection[str] = ()) -> pd.DataFrame:
    """Return one row a signal that is known only afterwards, those told of most first: `signal, block, used, remark`.

    remark: why it is left out, or that only its changes are used.
    """
    on = {block.name for block in switched_on(without, also)}
    rows = []
    for name, why in signal_choice(panel, also).items():
        block = family_of(name)
        layer = next(item for item in panel.signals if item.name == name)
        remark = why if block in on else f"the block {block} is off"
        used = "no" if remark else "yes"
        if not remark and layer.rescaled(panel.periods):
            remark = RESCALED
        rows.append((name, block, used, remark))
    return pd.DataFrame(rows, columns=["signal", "block", "used", "remark"])


def list_columns(
    panel: Panel | None, horizon: int, without: Collection[str] = (), also: Collection[str] = ()
) -> pd.DataFrame:
    """Return one row a column, in the order of the model's input: `block, column, unit, meaning`.

    Without a panel the columns of every block are named, with sample names where a dataset's own would stand.
    """
    spec = sample_specification() if panel is None else specify_features(panel, horizon, without, also)
    rows = [
        (block.name, column.name, "code" if column.categorical else column.unit, column.meaning)
        for block in spec.blocks_on()
        for column in block.columns(spec)
    ]
    return pd.DataFrame(rows, columns=["block", "column", "unit", "meaning"])
