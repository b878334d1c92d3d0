"""Blocks about a series' own past, all written by one compiled pass, and the season of its groups."""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from features.block import Block, Column, Work
from features.group_seasons import GROUP_COLUMNS, fill_group_rows
from features.group_totals import running_totals

if TYPE_CHECKING:
    from features.panel import Panel
    from features.specification import FeatureSpecification

__all__ = ["GROUP_SEASON", "OWN_BLOCKS", "group_sums", "running_sums"]


def _windows(spec: "FeatureSpecification") -> tuple[Column, ...]:
    short, long = spec.windows[2], spec.windows[4]
    return (
        *(Column(f"mean_{w}", f"Mean demand of the last {w} periods.", "level") for w in spec.windows),
        *(Column(f"deviation_{w}", f"Standard deviation of the last {w} periods.", "level") for w in (short, long)),
        *(Column(f"zero_share_{w}", f"Share of the last {w} periods without sales.", "share") for w in (short, long)),
        Column("maximum", f"Largest demand of the last {short} periods.", "level"),
        Column("ewma_slow", "Exponentially weighted mean, 5 % for the newest period.", "level"),
        Column("ewma_fast", "Exponentially weighted mean, 25 % for the newest period.", "level"),
        *(Column(f"lag_{lag}", f"Demand {lag} periods before the next one.", "level") for lag in (1, 2, 3)),
    )


def _rhythm(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return (
        Column("since_sale", "Periods since the last one with a sale.", "periods"),
        Column("sale_interval", "Mean distance of two periods with sales over a year.", "periods"),
        Column("sale_size", "Mean demand of a period with sales over a year.", "level"),
    )


def _scale(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return (
        Column("log_scale", "Logarithm of the row's scale.", "log units"),
        Column("variance_ratio", "Variance ÷ mean of demand over a year.", "units"),
        Column(
            "age",
            "Periods since the series was first observed, the long window at most; that for one as old as the records.",
            "periods",
        ),
    )


def _stock(spec: "FeatureSpecification") -> tuple[Column, ...]:
    middle, short = spec.windows[2], spec.windows[1]
    return (
        Column("observed_share", f"Share of the last {middle} periods whose sales were demand.", "share"),
        Column("in_stock_last", "Share of the last period in stock.", "share"),
        Column("in_stock_recent", f"Share of the last {short} periods in stock.", "share"),
    )


def _price(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return (
        Column("price_level", f"Newest price ÷ its mean of {spec.windows[4]} periods.", "log ratio"),
        Column("price_change", f"Newest price ÷ its mean of {spec.windows[2]} periods.", "log ratio"),
    )


def _horizon(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return (Column("horizon", "Periods from the origin to the forecast period, the first being 1.", "periods"),)


def _season(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return (
        *(
            Column(f"same_weekday_{count}", f"Mean demand on the target's weekday over {count} weeks.", "level")
            for count in (4, 8, 26)
        ),
        Column("year_ago", "Mean demand around the target's date a year ago.", "level"),
        Column("year_ago_ratio", "That ÷ the level before the origin's date a year ago.", "ratio"),
        Column("two_years_ago_ratio", "The same ratio two years ago.", "ratio"),
    )


OWN_BLOCKS = (
    Block(
        "own_windows",
        "Level and spread of a series' own recent demand: rolling means, deviation, smoothing and lags.",
        ("F01", "F03", "F05", "F12", "F20", "F23", "F36"),
        "sales",
        _windows,
        None,
    ),
    Block("rhythm", "How often and how much at a time it sells.", ("F12",), "sales", _rhythm, None),
    Block("scale", "How large, how erratic and how old a series is.", ("F36",), "sales", _scale, None),
    Block("stock", "How much of its demand could be seen lately.", ("F40",), "sales.in_stock", _stock, None),
    Block("price", "What was paid lately against the usual price.", ("F17", "F23"), "sales.price", _price, None),
    Block("horizon", "How far ahead the forecast period lies.", ("F37",), "nothing", _horizon, None),
    Block(
        "season",
        "The target's weekday, and its season a year and two years ago.",
        ("F01", "F04", "F16", "F23"),
        "sales",
        _season,
        None,
    ),
)
"""Blocks that the compiled pass writes, in the order in which it does."""


def _group_season(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return tuple(
        column
        for group in range(spec.seasonal_groups)
        for column in (
            Column(f"group_year_ratio_{group}", "Seasonal index of the group: a year ago around the target.", "ratio"),
            Column(f"group_year_exact_{group}", "Seasonal index of the group in the very period.", "ratio"),
            Column(f"group_trend_{group}", "Recent level of the group ÷ its level of a long window.", "ratio"),
            Column(f"group_weekday_{group}", "Level of the group on the target's weekday ÷ its level.", "ratio"),
        )
    )


def running_sums(
    units: npt.NDArray[np.float32], observed: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return running sums (T + 1) of observed units and of observed series over the periods before each origin."""
    total, seen = running_totals(units, observed, np.zeros(len(units), dtype=np.int32), 1)
    return total[0], seen[0]


def group_sums(panel: "Panel", group: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return `running_sums` of each code of one group column, (codes, T + 1) each."""
    codes = panel.groups[group]
    return running_totals(panel.history.units, panel.history.observed, codes, int(codes.max(initial=0)) + 1)


def _fill_group_season(work: Work, column: int) -> None:
    spec, rows = work.specification, work.rows
    for group in range(spec.seasonal_groups):
        total, count = group_sums(work.panel, group)
        fill_group_rows(
            total, count, work.panel.groups[group], rows.who, rows.origin, rows.horizon, np.asarray(spec.windows),
            spec.season, spec.year, column, work.values,
        )  # fmt: skip
        column += GROUP_COLUMNS


GROUP_SEASON = Block(
    "group_season",
    "Seasonal indices and trend of all series together and of two group columns: coefficient = period ÷ level.",
    ("F04", "F15", "F16", "F23", "F32"),
    "sales; products and locations for the groups",
    _group_season,
    _fill_group_season,
)
