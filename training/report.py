"""A backtest as one HTML file that needs nothing else: verdict, tables, pictures and what the words mean."""

import base64
import html
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from training.evaluation import Evaluation
from training.plots import draw_bars, draw_fans, draw_judged, svg

__all__ = ["backtest_report"]

STYLE = """
:root { --ink: #1c2526; --soft: #5b6769; --line: #dfe5e5; --accent: #0b6e6e; --ground: #f6f8f8; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--ground); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 8px; }
p { margin: 6px 0; max-width: 78ch; } .soft { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 12px; margin: 20px 0; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; }
.card b { display: block; font-size: 20px; color: var(--accent); overflow-wrap: anywhere; line-height: 1.25; }
.card span { color: var(--soft); font-size: 13px; }
.sheet { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 4px 12px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 12.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 7px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; } th:first-child, td:first-child { text-align: left; }
tr:last-child td { border-bottom: 0; } td.best { font-weight: 700; color: var(--accent); }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 16px; }
figure { margin: 0; background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 12px; }
figure img { width: 100%; height: auto; display: block; } figure.wide { max-width: 760px; }
figcaption { color: var(--soft); font-size: 13px; }
dt { font-weight: 600; } dd { margin: 0 0 6px; color: var(--soft); max-width: 90ch; }
@media (max-width: 560px) { .pictures { grid-template-columns: 1fr; } main { padding: 20px 12px; } }
@media print { body { background: #fff; } h2 { break-after: avoid; } figure { break-inside: avoid; } }
"""

SHOWN = {
    "wql": "WQL",
    "scaled_pinball": "scaled pinball",
    "weighted_scaled_pinball": "… by sales",
    "crps": "CRPS",
    "rmsse": "RMSSE",
    "wape": "WAPE",
    "bias": "bias",
    "calibration_error": "coverage error",
    "crossing_rate": "crossing",
    "instability": "instability",
    "simulated_cost": "simulated cost",
    "fit_seconds": "fit s",
    "predict_seconds": "predict s",
}
LEAST_IS_BEST = set(SHOWN) - {"bias"}

MEANINGS = {
    "WQL": "2 × pinball loss over all levels ÷ units sold: the error of the whole distribution, in shares.",
    "Scaled pinball": "pinball loss ÷ the series' mean change from one period to the next (SPL); by sales: series "
    "weighed by their sales in money over the 28 days before each origin (WSPL).",
    "CRPS": "mean distance [units] between the stated distribution and what happened.",
    "RMSSE": "root mean squared error of the mean ÷ that of repeating the last period, mean over series.",
    "WAPE, bias": "absolute error of the median ÷ units sold; (forecast − sold) ÷ sold.",
    "Coverage error": "largest distance of a coverage from its level; ties of counts are shared out (randomised PIT).",
    "Instability": "how much the forecast for the same period changes from one origin to the next ÷ its mean level; "
    "empty where origins are a whole horizon apart.",
    "Simulated cost": "what one order up to the critical-ratio quantile of lead time + review would have cost, in the "
    "dataset's own holding and stock-out costs, summed over series and origins.",
    "Interval": "90 % of bootstrap draws; a series with all its periods and origins is one block.",
}

CAPTIONS = {
    "pinball": "Pinball loss by quantile level: lower is better.",
    "coverage": "Coverage minus level: 0 is calibrated, the band is ±2 points.",
    "transform": "Where in the stated distribution demand fell: flat is calibrated, U-shaped too narrow.",
    "horizon": "Loss by how far ahead.",
}


def backtest_report(evaluation: Evaluation, names: Sequence[str], title: str, facts: Mapping[str, str]) -> str:
    """Return the HTML report of a backtest.

    names: (n,) of the panel's series, as shown in pictures; title: of the page; facts: shown in words under it.
    """
    summary = evaluation.summary
    told = " · ".join(f"{html.escape(key)}: {html.escape(value)}" for key, value in facts.items())
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        f'<p class="soft">{told}</p>',
        _cards(summary),
        "<h2>Models, best first</h2>",
        _sheet(_scores(summary), LEAST_IS_BEST),
        "<h2>How sure the differences are</h2>",
        _sheet(_differences(evaluation.differences), set()),
        "<h2>By level and horizon</h2>",
        f'<div class="pictures">{_judged(evaluation)}</div>',
        "<h2>By segment</h2>",
        f'<div class="pictures">{_segments(evaluation)}</div>',
        "<h2>By origin</h2>",
        _sheet(_origins(evaluation.scores), set()),
        "<h2>What was forecast and what happened</h2>",
        _picture(_fans(evaluation, names), f"The series that sold most, newest origin, by {_best(summary)}.", "wide"),
        "<h2>What the words mean</h2>",
        "<dl>" + "".join(f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in MEANINGS.items()) + "</dl>",
    ]
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
    )
    body = "\n".join(parts)
    page = f"<head>{head}<style>{STYLE}</style></head>\n<body><main>{body}</main></body>"
    return f'<!doctype html>\n<html lang="en">{page}</html>\n'


def _best(summary: pd.DataFrame) -> str:
    return str(summary["model"].iloc[0])


def _cards(summary: pd.DataFrame) -> str:
    best = summary.iloc[0]
    cards = [(_best(summary), "lowest weighted quantile loss"), (f"{best['wql']:.4f}", "its WQL")]
    cards += [
        (f"{best[name]:+.1%}", f"pinball saved against {name.removeprefix('skill_vs_').replace('_', ' ')}")
        for name in summary
        if str(name).startswith("skill_vs_") and str(name) != f"skill_vs_{best['model']}"
    ]
    cards.append((f"{best['calibration_error']:.1%}", "largest coverage error"))
    if best["simulated_cost"] == best["simulated_cost"]:
        cards.append((f"{best['simulated_cost']:,.0f}", "simulated cost of orders"))
    shown = "".join(f'<div class="card"><b>{html.escape(b)}</b><span>{html.escape(s)}</span></div>' for b, s in cards)
    return f'<div class="cards">{shown}</div>'


def _scores(summary: pd.DataFrame) -> pd.DataFrame:
    return summary[["model", "rows", *SHOWN]].rename(columns=SHOWN)


def _differences(table: pd.DataFrame) -> pd.DataFrame:
    def worded(name: str) -> list[str]:
        return [
            "" if share != share else f"{share:+.1%}  [{low:+.1%} … {high:+.1%}]"
            for share, low, high in zip(table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True)
        ]

    columns = {"model": table["model"], "against": table["against"], "pinball": worded("pinball")}
    return pd.DataFrame({**columns, "simulated cost": worded("cost"), "series": table["series"]})


def _origins(scores: pd.DataFrame) -> pd.DataFrame:
    rows = scores[(scores["origin"] != "all") & (scores["segment"] == "all")]
    return rows.pivot(index="origin", columns="model", values="wql").rename_axis(None, axis=1).reset_index()


def _judged(evaluation: Evaluation) -> str:
    wholes = {model: evaluation.whole(model) for model in evaluation.models}
    drawn = draw_judged(wholes, evaluation.levels)
    return "".join(_picture(figure, CAPTIONS[name]) for name, figure in drawn.items())


def _segments(evaluation: Evaluation) -> str:
    pictures = []
    for segment, table in evaluation.by_segment.groupby("segment", sort=False):
        if table["group"].nunique() > 1:
            order = table.sort_values(["rows", "group"], ascending=[False, True], kind="stable")
            largest = list(dict.fromkeys(order["group"]))[:12]
            shown = table[table["group"].isin(largest)].sort_values("group", kind="stable")
            pictures.append(_picture(draw_bars(shown, "group", "wql", "weighted quantile loss"), f"By {segment}."))
    return "".join(pictures) or "<p>All series are of one kind.</p>"


def _fans(evaluation: Evaluation, names: Sequence[str]) -> Figure:
    best = _best(evaluation.summary)
    newest = max((item.outcome for item in evaluation.trials if item.outcome.model == best), key=lambda o: o.origin)
    return draw_fans(newest, names, evaluation.levels)


def _picture(figure: Figure, caption: str, kind: str = "") -> str:
    data = base64.b64encode(svg(figure)).decode("ascii")
    words = html.escape(caption)
    return (
        f'<figure class="{kind}"><img alt="{words}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{words}</figcaption></figure>"
    )


def _sheet(table: pd.DataFrame, least_is_best: set[str]) -> str:
    names = {SHOWN[name] for name in least_is_best}
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in table)
    best = {name: table[name].min() for name in table if name in names and len(table) > 1}
    rows = []
    for row in table.to_dict("records"):
        cells = (
            f'<td class="best">{_cell(value)}</td>'
            if name in best and value == best[name]
            else f"<td>{_cell(value)}</td>"
            for name, value in row.items()
        )
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f'<div class="sheet"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def _cell(value: object) -> str:
    if isinstance(value, float):
        return (
            ""
            if value != value
            else f"{value:,.0f}"
            if abs(value) >= 1000
            else f"{value:.3g}"
            if abs(value) < 0.1
            else f"{value:.4g}"
        )
    return f"{value:,}" if isinstance(value, int) else html.escape(str(value))
