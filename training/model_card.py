"""The model card: what a version is, what it learned from, how it did and where it should not be used, on one page.

After Mitchell et al. 2019, Model Cards for Model Reporting.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.types import quantile_column
from features.panel import Panel
from training.backtest import JUDGED_LEVELS, pooled, scores
from training.evaluation import segment_of_rows
from training.pipeline import TrainingResult
from training.recipe import facts_of, recipe_digest

__all__ = ["model_card"]

USE = """Quantile forecasts of units sold by sku and location, for orders and for planners. Its quantiles and sample
paths are meant to be used whole: the mean alone says nothing about risk. It answers for days from its `as_of` on, while
its history stays as it was."""

LIMITS = """- It knows nothing of series without sales before its `as_of`, nor of events that history has not seen.
- Sales in periods out of stock are left out, not corrected: where stock-outs are frequent, demand may be understated.
- The scores below come from a first fit on earlier history; the registered model has also learned from the judged
  periods and was calibrated on them, so that its own scores on them are not known.
- Coverage was measured over all series together; single groups may be further from their levels (see the table)."""


def model_card(result: TrainingResult, panel: Panel, name: str) -> str:
    """Return the card, in Markdown, of the model that a training of `panel` made, to be registered as `name`."""
    model = result.model
    first = result.outcomes[0].origin if result.outcomes else panel.as_of
    settings = _flat(facts_of(result.settings))
    parts = [
        f"# {name}: {model.name} as of {model.as_of}",
        f"{result.verdict} (WQL: 2 × pinball over levels {JUDGED_LEVELS[0]:g} … {JUDGED_LEVELS[-1]:g} ÷ units sold), "
        f"on periods from {first} on, up to {model.horizon} periods ahead.",
        "## Intended use",
        USE,
        "## Limits",
        LIMITS,
        "## Data",
        _table(["", ""], _data(panel)),
        "## Scores on periods that the judged fit had not seen",
        _scores(result),
        "## Scores by segment",
        _segments(result, panel),
        "## Calibration",
        _calibration(result),
        "## Features",
        f"{len(model.specification.names)} columns: {', '.join(f'`{item}`' for item in model.specification.names)}.",
        "## Settings",
        f"Recipe `{recipe_digest(result.settings)}`, seed {result.settings.seed}, {result.settings.threads} threads.",
        _table(["setting", "value"], [[f"`{key}`", str(value)] for key, value in settings.items()]),
    ]
    return "\n\n".join(parts) + "\n"


def _data(panel: Panel) -> list[list[str]]:
    history = panel.history
    begun = np.arange(panel.periods) >= history.first[:, None]
    seen = history.observed > 0
    cells = max(int(seen.sum()), 1)
    return [
        ["history", f"{panel.start} to before {panel.as_of}, {panel.periods} periods ({panel.frequency})"],
        ["series", f"{len(panel.series):,}"],
        ["observed series-periods", f"{int(seen.sum()):,}"],
        ["of these without a sale", f"{((history.units <= 0) & seen).sum() / cells:.1%}"],
        ["out of stock, left out", f"{(begun & ~seen).sum() / max(int(begun.sum()), 1):.1%} of listed periods"],
        ["units", f"{float(history.units.sum(dtype=np.float64)):,.0f}"],
        ["groups", ", ".join(panel.group_names[1:]) or "none"],
        ["fingerprint", f"`{panel.fingerprint()}`"],
    ]


def _scores(result: TrainingResult) -> str:
    names = ["wql", "scaled_pinball", "rmsse", "wape", "bias", "calibration_error", "crossing_rate"]
    whole = result.scores[result.scores["origin"] == "all"]
    rows = [[row["model"], str(row["rows"]), *(f"{row[name]:.4f}" for name in names)] for _, row in whole.iterrows()]
    return _table(["model", "rows", *names], rows)


def _segments(result: TrainingResult, panel: Panel) -> str:
    outcomes = [item for item in result.outcomes if item.model == result.model.name]
    whole = pooled(outcomes)
    rows = []
    for segment, labels in segment_of_rows(outcomes, panel).items():
        for group in np.unique(labels):
            part = whole.only(labels == group)
            found = scores(part)
            figures = [f"{found[name]:.4f}" for name in ("wql", "bias", "calibration_error")]
            rows.append([segment, str(group), str(len(part.actual)), *figures])
    return _table(["segment", "group", "rows", "wql", "bias", "coverage error"], rows)


def _calibration(result: TrainingResult) -> str:
    chosen = (result.scores["origin"] == "all") & (result.scores["model"] == result.model.name)
    row: pd.Series = result.scores[chosen].iloc[0]
    shares = [f"{row[f'coverage_{quantile_column(level)}']:.3f}" for level in JUDGED_LEVELS]
    words = "Share of demand below each level, ties of counts shared out, before the conformal step learned from it:"
    return f"{words}\n\n{_table(['level', *(f'{level:g}' for level in JUDGED_LEVELS)], [['coverage', *shares]])}"


def _flat(facts: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in facts.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
