"""Blocks about the forecast period itself: calendar, events, what is planned for it, and the series' groups."""

from typing import TYPE_CHECKING

import numpy as np

from core.frequency import Frequency
from features.block import Block, Column, Work
from features.calendar import calendar_columns
from features.lookup import fill_lines
from features.promotion_response import fill_response_rows, response_design
from features.states import price_shares, promotion_states
from features.windows import fill_state_rows

if TYPE_CHECKING:
    from features.panel import Panel
    from features.specification import FeatureSpecification

__all__ = ["CALENDAR", "EVENTS", "GROUPS", "PLANNED", "PROMOTION_RESPONSE", "RESPONSE"]

CALENDAR_MEANINGS: dict[str, tuple[str, str]] = {
    "weekday": ("Day of the week, Monday 0.", "days"),
    "day_of_month": ("Day of the month.", "days"),
    "month": ("Month of the year.", "months"),
    "year_sine": ("Place in the year as a sine.", ""),
    "year_cosine": ("Place in the year as a cosine.", ""),
}


def _calendar(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return tuple(Column(name, *CALENDAR_MEANINGS[name]) for name in spec.calendar)


def _fill_calendar(work: Work, column: int) -> None:
    panel = work.panel
    calendar = calendar_columns(panel.frequency, panel.start, panel.events.identity.shape[1])
    if work.specification.calendar:
        table = np.column_stack([calendar[name] for name in work.specification.calendar])
        fill_lines(table, work.rows.target, column, work.values)


def _events(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return (
        Column("event", "Which event or holiday the period has, 0 for none.", categorical=True),
        Column("event_until", "Periods until the next event.", "periods"),
        Column("event_since", "Periods since the last event.", "periods"),
    )


def _fill_events(work: Work, column: int) -> None:
    events, span = work.panel.events, work.panel.events.identity.shape[1]
    parts = (events.identity, events.until, events.since)
    table = np.column_stack([part.ravel().astype(np.float32) for part in parts])
    fill_lines(table, events.rows.astype(np.int64)[work.rows.who] * span + work.rows.target, column, work.values)


def _planned(spec: "FeatureSpecification") -> tuple[Column, ...]:
    """Return the columns of each covariate: a price is told against what was paid of late and the regular one."""
    columns: list[Column] = []
    for name in spec.known:
        if name == "price":
            columns.append(Column("known_price", "Planned price ÷ the mean paid in a long window.", "log ratio"))
            columns.append(Column("known_price_share", "Planned price ÷ the highest of a quarter of a year.", "share"))
        else:
            columns.append(Column(f"known_{name}", f"{name.capitalize()} of the period as known at the origin."))
    return tuple(columns)


def _fill_planned(work: Work, column: int) -> None:
    panel, rows = work.panel, work.rows
    for name in work.specification.known:
        if name == "price":
            current = panel.history.price[rows.who, rows.origin - 1]
            planned = work.prices[rows.who, rows.target]
            work.values[:, column] = np.log(planned) - np.log(current) + work.price_level
            work.values[:, column + 1] = price_shares(panel, work.prices)[rows.who, rows.target]
            column += 1
        else:
            work.values[:, column] = panel.known.value(name, rows.who, rows.origin, rows.target)
        column += 1


def _response(spec: "FeatureSpecification") -> tuple[Column, ...]:
    if not spec.known:
        return ()
    return (
        Column("same_state_mean", "Mean demand of past periods with the target's price and promotion state.", "level"),
        Column("same_state_count", "Number of those periods.", "periods"),
    )


def _fill_response(work: Work, column: int) -> None:
    panel, rows, spec = work.panel, work.rows, work.specification
    if not spec.known:
        return
    states = promotion_states(panel, spec.known, work.prices)
    reach = spec.windows[5] if spec.frequency is Frequency.WEEKLY else spec.windows[4]
    fill_state_rows(
        panel.history.units, panel.history.observed, states, rows.who, rows.origin, rows.horizon, reach, work.scale,
        column, work.values,
    )  # fmt: skip


def _promotion_response(spec: "FeatureSpecification") -> tuple[Column, ...]:
    if not spec.known:
        return ()
    return (
        Column(
            "response_demand", "Demand expected from a regression on price and promotion, as a logarithm.", "log level"
        ),
        Column("response_effect", "What the period's plan does to demand against the usual plan.", "log ratio"),
        Column("response_rivals", "The part of it that plans of other items of the place and kind do.", "log ratio"),
    )


def _fill_promotion_response(work: Work, column: int) -> None:
    panel, rows, spec = work.panel, work.rows, work.specification
    if not spec.known:
        return
    span = max(int(rows.target.max(initial=0)) + 1, panel.periods)
    data = response_design(panel, spec.known, work.prices, span)
    fill_response_rows(panel, data, rows.who, rows.origin, rows.target, work.scale, column, work.values)


def _groups(spec: "FeatureSpecification") -> tuple[Column, ...]:
    return tuple(Column(f"group_{name}", f"Code of the series' {name}.", categorical=True) for name in spec.groups)


def _fill_groups(work: Work, column: int) -> None:
    panel = work.panel
    places = [panel.group_names.index(name) for name in work.specification.groups]
    if places:
        table = np.ascontiguousarray(panel.groups[places].T, dtype=np.float32)
        fill_lines(table, work.rows.who, column, work.values)


def _nothing_planned(panel: "Panel") -> str:
    return "" if panel.known.names else "no price, promotion or other signal is known ahead"


def _no_groups(panel: "Panel") -> str:
    return "" if panel.groups.shape[0] > 1 else "products and locations name no kinds"


CALENDAR = Block(
    "calendar",
    "Where in week, month and year the period lies; the year only where history has seen it twice.",
    ("F01", "F15"),
    "nothing",
    _calendar,
    _fill_calendar,
)
EVENTS = Block(
    "events",
    "Which event or holiday the period has, and the distance to the next and from the last one.",
    ("F04", "F13", "F16"),
    "events; dataset.toml [features] holidays",
    _events,
    _fill_events,
)
PLANNED = Block(
    "planned",
    "Prices, promotions and other facts known ahead for the period.",
    ("F04", "F06", "F17", "F21"),
    "promotions; signals known ahead",
    _planned,
    _fill_planned,
    _nothing_planned,
)
RESPONSE = Block(
    "response",
    "What the series sold in past periods of the same price and promotion state.",
    ("F04", "F20"),
    "promotions; signals known ahead",
    _response,
    _fill_response,
    _nothing_planned,
)
GROUPS = Block(
    "groups",
    "Category, brand, parent, location and further kinds of the series as codes.",
    ("F21", "F41"),
    "products; locations",
    _groups,
    _fill_groups,
    _no_groups,
)
PROMOTION_RESPONSE = Block(
    "promotion_response",
    "Demand expected from a past-only regression of log demand on price, promotions and those of rivals.",
    ("F04", "F20", "F21", "O13"),
    "promotions; signals known ahead",
    _promotion_response,
    _fill_promotion_response,
    _nothing_planned,
)
