"""A simulation as one HTML file that needs nothing else: a table a chart, and charts drawn as SVG."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.types import FloatArray
from optimizer.simulation import Outcome
from optimizer.simulation_summary import ALL_WINDOWS, COST_COLUMNS

__all__ = ["html_report"]

COLOURS = ("#1b6ca8", "#d1495b", "#66a182", "#edae49", "#8d5b9c", "#5c677d", "#00798c", "#a44a3f")
WIDTH, BAR, LEFT = 760, 22, 190
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733}"
    "table{border-collapse:collapse;margin:.5rem 0 1.5rem;font-variant-numeric:tabular-nums}"
    "th,td{padding:.25rem .6rem;border-bottom:1px solid #d7dde3;text-align:right}"
    "th:first-child,td:first-child,.text{text-align:left}svg{max-width:100%;height:auto}"
    "small{color:#5c677d}caption{text-align:left;font-weight:600;padding-bottom:.3rem}"
)


def html_report(
    title: str,
    facts: Sequence[str],
    table: pd.DataFrame,
    outcomes: Mapping[str, Sequence[Outcome]],
    dates: Mapping[str, npt.NDArray[np.datetime64]],
) -> str:
    """Return the report of several windows.

    title: a line. facts: sentences on how it was played. table: of `simulation_summary.summary`. outcomes, dates: by
    window, the outcomes of its policies and the first days of its periods. The same input gives the same text.
    """
    whole = table[table["window"] == (ALL_WINDOWS if len(outcomes) > 1 else next(iter(outcomes)))]
    parts = [
        f"<h1>{escape(title)}</h1>",
        "<ul>" + "".join(f"<li>{escape(fact)}</li>" for fact in facts) + "</ul>",
        "<h2>Cost by policy</h2>",
        _cost_chart(whole),
        _html_table(whole, "All windows together", ("policy", "cost", "cost_se", *COST_COLUMNS)),
        _html_table(
            whole,
            "Service and stock, ± one standard error",
            (
                "policy",
                "difference",
                "difference_se",
                "fill_rate",
                "fill_rate_se",
                "cycle_service",
                "in_stock",
                "turns",
            ),
        ),
    ]
    if len(outcomes) > 1:
        parts.append(_html_table(_by_window(table), "Cost by window", None))
    for window, made in outcomes.items():
        parts += [f"<h2>Window from {escape(window)}</h2>", *_window(made, dates[window])]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _window(outcomes: Sequence[Outcome], dates: npt.NDArray[np.datetime64]) -> list[str]:
    """Return the charts of stock and cost over the window, and the table that says the same."""
    stock = {item.policy: item.totals[:, 2] for item in outcomes}
    cost = {item.policy: item.totals[:, 3:].sum(axis=1) for item in outcomes}
    table = pd.DataFrame({"period": dates.astype("datetime64[D]").astype(str)})
    for item in outcomes:
        table[f"{item.policy}: stock left"] = stock[item.policy]
        table[f"{item.policy}: cost"] = cost[item.policy]
    return [
        _line_chart(stock, "Units left at the end of each period"),
        _line_chart(cost, "Cost of each period"),
        _html_table(table, "By period (periods that are not paid for show 0)", None),
    ]


def _by_window(table: pd.DataFrame) -> pd.DataFrame:
    order = list(dict.fromkeys(table["policy"]))
    wide = table.pivot(index="window", columns="policy", values="cost")[order]
    return wide.reindex(list(dict.fromkeys(table["window"]))).reset_index()


def _cost_chart(table: pd.DataFrame) -> str:
    """Return bars of cost by policy, stacked by kind."""
    scale = (WIDTH - LEFT - 90) / max(float(table["cost"].max()), 1e-9)
    height = BAR * (len(table) + 2)
    marks = []
    for place, row in enumerate(table.to_dict("records")):
        y, x = place * BAR + 4, float(LEFT)
        marks.append(f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(str(row["policy"]))}</text>')
        for kind, colour in zip(COST_COLUMNS, COLOURS, strict=False):
            width = float(row[kind]) * scale
            marks.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR - 7}" fill="{colour}"/>')
            x += width
        marks.append(f'<text x="{x + 6:.1f}" y="{y + 12}">{float(row["cost"]):,.0f}</text>')
    return _svg(marks + _legend([name.replace("_", " ") for name in COST_COLUMNS], height - 12), height, "Cost")


def _line_chart(lines: Mapping[str, FloatArray], title: str) -> str:
    height, bottom, top = 210, 170, 14
    most = max([float(values.max(initial=0.0)) for values in lines.values()] + [1e-9])
    marks = [
        f'<line x1="60" y1="{bottom}" x2="{WIDTH}" y2="{bottom}" stroke="#9aa5b1"/>',
        f'<text x="54" y="{top + 5}" text-anchor="end">{most:,.0f}</text>',
        f'<text x="54" y="{bottom}" text-anchor="end">0</text>',
    ]
    for (_, values), colour in zip(lines.items(), _colours(len(lines)), strict=True):
        step = (WIDTH - 70) / max(len(values) - 1, 1)
        points = " ".join(
            f"{60 + i * step:.1f},{bottom - (bottom - top) * value / most:.1f}" for i, value in enumerate(values)
        )
        marks.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return f"<p><b>{escape(title)}</b></p>" + _svg(marks + _legend(list(lines), height - 14), height, title)


def _colours(count: int) -> list[str]:
    return [COLOURS[place % len(COLOURS)] for place in range(count)]


def _legend(names: Sequence[str], y: int) -> list[str]:
    marks, x = [], 60
    for name, colour in zip(names, _colours(len(names)), strict=True):
        marks.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        marks.append(f'<text x="{x + 14}" y="{y}">{escape(name)}</text>')
        x += 30 + 7 * len(name)
    return marks


def _svg(marks: Sequence[str], height: int, title: str) -> str:
    return (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'font-size="12" font-family="system-ui,sans-serif">{"".join(marks)}</svg>'
    )


def _html_table(frame: pd.DataFrame, caption: str, columns: Sequence[str] | None) -> str:
    shown = frame if columns is None else frame[list(columns)]
    head = "".join(f'<th scope="col">{escape(str(name).replace("_", " "))}</th>' for name in shown)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(value))}</td>" for value in row) + "</tr>"
        for row in shown.itertuples(index=False)
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        number = float(value)
        return "–" if number != number else f"{number:,.3f}" if abs(number) < 10 else f"{number:,.0f}"
    return str(value)
