"""Which features are built: their names, windows and order, fixed when a model is trained and stored with it."""

from dataclasses import dataclass

from core.frequency import Frequency
from features.calendar import WITHIN_MONTH, WITHIN_YEAR
from features.panel import Panel

__all__ = ["FeatureSpecification", "specify_features"]

LEAST_COVERAGE = 0.9
"""A covariate is used for future periods only where it is known for this share of them at `as_of`."""

SEASONAL_GROUPS = 3
"""Group columns (the first being all series) that get seasonal indices of their own."""


@dataclass(frozen=True, slots=True)
class FeatureSpecification:
    """A model's input, in words: everything needed to build the same columns again.

    windows: six rising window lengths in periods; season: periods of the weekday cycle (1: none); year: periods of a
    year; calendar: the calendar columns that are used; known: covariates known ahead that are used for the target
    period; groups: group columns used as categories; seasonal_groups: the first of them, which get seasonal indices.
    """

    frequency: Frequency
    windows: tuple[int, ...]
    season: int
    year: int
    calendar: tuple[str, ...]
    known: tuple[str, ...]
    groups: tuple[str, ...]
    seasonal_groups: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        own = [
            *(f"mean_{length}" for length in self.windows),
            *(f"{name}_{self.windows[place]}" for name in ("deviation", "zero_share") for place in (2, 4)),
            "maximum",
            *("ewma_slow", "ewma_fast", "lag_1", "lag_2", "lag_3"),
            *("since_sale", "sale_interval", "sale_size"),
            *("log_scale", "variance_ratio", "age", "observed_share", "in_stock_last", "in_stock_recent"),
            *("price_level", "price_change"),
            "horizon",
            *(f"same_weekday_{count}" for count in (4, 8, 26)),
            *("year_ago", "year_ago_ratio", "two_years_ago_ratio"),
        ]
        shared = [
            f"{name}_{group}"
            for group in range(self.seasonal_groups)
            for name in ("group_year_ratio", "group_year_exact", "group_trend", "group_weekday")
        ]
        future = [*self.calendar, "event", "event_until", "event_since"]
        planned = [column for name in self.known for column in _known_columns(name)]
        response = ["same_state_mean", "same_state_count"] if self.known else []
        return (*own, *shared, *future, *planned, *response, *(f"group_{name}" for name in self.groups))

    @property
    def categorical(self) -> tuple[str, ...]:
        """Names of the columns whose numbers are codes."""
        return ("event", *(f"group_{name}" for name in self.groups))


def specify_features(panel: Panel, horizon: int) -> FeatureSpecification:
    """Return the features that can be built for forecasts of `horizon` periods from the end of the panel on.

    A covariate that is not known for the coming periods is left out, so that training never leans on a column that
    forecasting will not have.
    """
    daily = panel.frequency is Frequency.DAILY
    year = 364 if daily else 52
    covered = panel.known.covered(panel.periods, horizon)
    known = tuple(name for name, share in zip(panel.known.names, covered, strict=True) if share >= LEAST_COVERAGE)
    return FeatureSpecification(
        frequency=panel.frequency,
        windows=(7, 14, 28, 56, 112, 364) if daily else (2, 4, 8, 13, 26, 52),
        season=7 if daily else 1,
        year=year,
        calendar=_calendar(panel, year),
        known=known,
        groups=panel.group_names[1:],
        seasonal_groups=min(SEASONAL_GROUPS, len(panel.group_names)),
    )


def _calendar(panel: Panel, year: int) -> tuple[str, ...]:
    """Return the calendar columns whose every value history has seen at least twice.

    The place in the year tells a model of a shorter history which week it was, and that week's chance is learned by
    heart.
    """
    within_month = WITHIN_MONTH if panel.frequency is Frequency.DAILY else ()
    return (*within_month, *(WITHIN_YEAR if panel.periods >= 2 * year else ()))


def _known_columns(name: str) -> tuple[str, ...]:
    """Return the columns of one covariate: a price is told against what was paid of late and the regular one."""
    return ("known_price", "known_price_share") if name == "price" else (f"known_{name}",)
