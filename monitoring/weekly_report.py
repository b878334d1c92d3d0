"""The weekly report: health, KPIs, alerts, slow movers, what to order first, suppliers, the market, the closed loop.

One nested value of plain numbers and texts, which the HTML page, the workbook and the JSON file all show. The same
facts give the same report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from monitoring.closed_loop import LoopSummary
from monitoring.fact import Scope
from monitoring.health import ALERT_BELOW, health_table
from monitoring.kpi import KPIS, kpi_parts, kpis_of
from monitoring.season import category_of
from monitoring.segments import restock_priority, segment_table
from monitoring.slow_movers import slow_movers
from monitoring.view import View

__all__ = ["Section", "WeeklyReport", "weekly_report"]

TOP = 20


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table with a sentence before it; `name` is its key in JSON and its sheet in the workbook."""

    name: str
    title: str
    words: str
    table: pd.DataFrame


@dataclass(frozen=True, slots=True)
class WeeklyReport:
    """The week that ended before `as_of`: headline numbers and sections."""

    as_of: date
    week_start: date
    currency: str
    score: float
    headline: Mapping[str, float | int | str | None]
    sections: Sequence[Section] = field(default_factory=tuple)

    def as_plain(self) -> dict[str, Any]:
        """Return the report as JSON can say it: unknown numbers are None, dates ISO texts."""
        return {
            "as_of": self.as_of.isoformat(),
            "week_start": self.week_start.isoformat(),
            "currency": self.currency,
            "health_score": _plain(self.score),
            "headline": {name: _plain(value) for name, value in self.headline.items()},
            "sections": {
                item.name: {"title": item.title, "words": item.words, "rows": _records(item.table)}
                for item in self.sections
            },
        }


def weekly_report(
    view: View,
    facts: Mapping[Scope, pd.DataFrame],
    alerts: pd.DataFrame,
    currency: str,
    loop: LoopSummary | None = None,
    trend: pd.DataFrame | None = None,
) -> WeeklyReport:
    """Return the report as of the view's day. alerts: those that fire; trend: stored scores, `day, score`."""
    series = facts[Scope.SERIES]
    parts = kpi_parts(view, series)
    whole = kpis_of(parts)
    health = health_table(whole)
    score = float(health["score"].iloc[0])
    slow = slow_movers(view, series)
    money = float(np.nansum(alerts["money"].to_numpy(dtype=np.float64))) if len(alerts) else 0.0
    headline: dict[str, float | int | str | None] = {
        "health_score": round(score, 1),
        "below_80": "yes" if score < ALERT_BELOW else "no",
        "why": str(health["reason"].iloc[0]),
        "alerts": len(alerts),
        "critical": int((alerts["severity"] == "critical").sum()) if len(alerts) else 0,
        "at_stake": round(money, 2),
        "slow_movers": len(slow),
        "lost_sales_90d": round(float(whole["lost_sales"].iloc[0]), 2),
    }
    sections = [
        _kpi_section(whole),
        _by_category(view, parts),
        _alert_section(alerts),
        _slow_section(slow),
        Section(
            "restock_priority",
            "What to restock first",
            "Ranked by the margin that a unit of money earns; losses of advertising are taken off (O31).",
            restock_priority(series).head(TOP),
        ),
        Section("suppliers", "Suppliers", "Late rate, quality and lead times of the last year.", facts[Scope.SUPPLIER]),
        _market_section(series),
        _segment_section(view),
    ]
    if trend is not None and len(trend):
        sections.append(Section("trend", "Health score by day", "Stored runs.", trend.tail(60)))
    if loop is not None:
        told = pd.DataFrame([{"measure": name, "value": value} for name, value in asdict(loop).items()])
        sections.append(Section("closed_loop", "Suggestion, order, receipt", "What became of the suggestions.", told))
    return WeeklyReport(view.as_of, view.as_of - timedelta(days=7), currency, score, headline, tuple(sections))


def _kpi_section(whole: pd.DataFrame) -> Section:
    row = whole.iloc[0]
    table = pd.DataFrame({"kpi": list(KPIS), "value": [row[name] for name in KPIS], "meaning": list(KPIS.values())})
    return Section("kpis", "Key figures of 90 days", "Ratios of sums over all products.", table)


def _by_category(view: View, parts: pd.DataFrame) -> Section:
    groups = category_of(view).fillna("no category").astype("str")
    table = health_table(kpis_of(parts, groups)).rename(columns={"group": "category"})
    table = table.sort_values(["score", "category"], kind="stable").head(TOP)
    return Section("health_by_category", "Health by category", "The lowest scores first, and why.", table)


def _alert_section(alerts: pd.DataFrame) -> Section:
    columns = ["severity", "cause", "subject", "action", "money", "words"]
    words = f"{len(alerts)} alerts; the first {min(len(alerts), TOP)} by severity and money."
    return Section("alerts", "Alerts", words, alerts[columns].head(TOP))


def _slow_section(slow: pd.DataFrame) -> Section:
    columns = ["sku", "location", "level", "cause", "because", "dsi_days", "excess_value", "respond"]
    return Section("slow_movers", "Slow movers", f"{len(slow)} products.", slow[columns].head(TOP))


def _market_section(series: pd.DataFrame) -> Section:
    names = ["competitor_cut_3d", "competitor_out", "competitor_growth", "keyword_growth", "keyword_rank_loss"]
    names += ["acos_last_week", "ad_margin_28d", "daily_30d", "decline_30d"]
    told = series[["sku", "location", *names]]
    known = told[names[:-2]].notna().any(axis=1)
    table = told[known].sort_values(["competitor_cut_3d", "sku"], ascending=[False, True], na_position="last").head(TOP)
    return Section("market", "Competitors, search terms, advertising", "Beside own sales (M29).", table)


def _segment_section(view: View) -> Section:
    table = segment_table(view)
    counts = table.groupby(["segment", "abc"], as_index=False).agg(series=("sku", "size"))
    counts["preset"] = counts["segment"].map(table.drop_duplicates("segment").set_index("segment")["preset"])
    return Section("segments", "Segments", "Products by phase and class, and the preset that it calls for.", counts)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, float | np.floating):
        return None if not np.isfinite(value) else float(f"{float(value):.6g}")
    if isinstance(value, int | np.integer):
        return int(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
