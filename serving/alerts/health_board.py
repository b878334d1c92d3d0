"""The health board and the weekly report of a dataset as of a day, with the stored trend."""

import pandas as pd

from monitoring.fact import Scope
from monitoring.health import health_table
from monitoring.kpi import kpi_parts, kpis_of
from monitoring.season import category_of
from monitoring.weekly_report import WeeklyReport, weekly_report
from serving.alerts.local import local_database, place_of
from serving.alerts.store import health_trend, record_health
from serving.alerts.watching import Watched
from serving.question import Question

__all__ = ["groups_of", "health_board", "keep_health", "weekly"]


def groups_of(seen: Watched, by: str) -> pd.Series | None:
    """Return each series' group: `all` (None), `category`, `location`, `sku` or `series` (sku@location)."""
    series = seen.view.series
    if by == "all":
        return None
    if by == "category":
        return category_of(seen.view).fillna("no category").astype("str")
    return series[by] if by in ("sku", "location") else series["sku"] + "@" + series["location"]


def health_board(seen: Watched, by: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return scores with reasons, lowest first, and the KPIs behind them in the same order; one row a group."""
    parts = kpi_parts(seen.view, seen.facts[Scope.SERIES])
    kpis = kpis_of(parts, groups_of(seen, by))
    table = health_table(kpis)
    order = table.sort_values(["score", "group"], na_position="last", kind="stable").index
    return table.loc[order].reset_index(drop=True), kpis.loc[order].reset_index(drop=True)


def keep_health(question: Question, score: float, table: pd.DataFrame, kpis: pd.DataFrame) -> pd.DataFrame:
    """Store the day's score and return the trend, oldest first; a score that is not known is not stored."""
    place = place_of(question.dataset.folder)
    with local_database(question.settings) as database:
        if score == score:
            row = {**table.iloc[0].to_dict(), **kpis.iloc[0].to_dict()}
            content = {
                str(name): value for name, value in row.items() if not isinstance(value, float) or value == value
            }
            with database.transaction() as connection:
                record_health(connection, place, question.as_of, score, content)
        with database.reading() as connection:
            return health_trend(connection, place)


def weekly(question: Question, seen: Watched) -> WeeklyReport:
    """Return the weekly report with the trend that is stored."""
    with local_database(question.settings) as database, database.reading() as connection:
        trend = health_trend(connection, place_of(question.dataset.folder))
    return weekly_report(seen.view, seen.facts, seen.firing, question.dataset.config.currency, trend=trend)
