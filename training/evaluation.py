"""What a backtest found: scores of every model in all, by origin and by segment, and how sure the differences are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.panel import Panel
from training import metrics
from training.backtest import JUDGED_LEVELS, Outcome, Trial, pooled, scores
from training.comparison import Difference, bootstrap_difference, cost_by_series, pinball_by_series
from training.pipeline import BASELINES
from training.segments import SegmentSettings, segment_labels

__all__ = ["Evaluation", "evaluate", "instability_of", "segment_of_rows"]

WHOLE = "all"
"""What a row of scores is of, where it is not of one origin or one segment."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A backtest in tables.

    scores: columns `model, origin, segment, group, rows` and the scores; a row a model, one more an origin, one more a
    group of each segment (over all origins); what is not meant says `all`. Money and seconds stand beside the losses:
    `simulated_cost` (sum over series and origins, NaN where not known), `fit_seconds` and `predict_seconds` (mean of
    an origin), `instability` (change of the forecast for the same period between consecutive origins), `skill_vs_…` (1
    − pinball ÷ pinball of a baseline).
    differences: columns `model, against`, and for `pinball` and `cost` the difference as a share with its interval.
    trials: what the tables were made from; levels: at which quantiles were judged.
    """

    scores: pd.DataFrame
    differences: pd.DataFrame
    trials: tuple[Trial, ...]
    levels: tuple[float, ...]
    horizon: int

    @property
    def models(self) -> list[str]:
        """Names of the models, in the order in which they were fitted."""
        return list(dict.fromkeys(item.outcome.model for item in self.trials))

    def whole(self, model: str) -> Outcome:
        """Return all rows of a model's outcomes."""
        return pooled([item.outcome for item in self.trials if item.outcome.model == model])

    @property
    def summary(self) -> pd.DataFrame:
        """The scores over everything, best weighted quantile loss first."""
        chosen = (self.scores["origin"] == WHOLE) & (self.scores["segment"] == WHOLE)
        return self.scores[chosen].sort_values("wql", kind="stable").reset_index(drop=True)

    @property
    def by_segment(self) -> pd.DataFrame:
        """The scores of the groups of each segment."""
        return self.scores[self.scores["segment"] != WHOLE].reset_index(drop=True)


def evaluate(
    trials: Sequence[Trial],
    panel: Panel,
    horizon: int,
    levels: Sequence[float] = JUDGED_LEVELS,
    segments: SegmentSettings | None = None,
    seed: int = 0,
) -> Evaluation:
    """Return the tables of a backtest of `panel`; segments are those that each origin could see.

    seed: of the bootstrap.
    """
    tau = tuple(levels)
    by_model: dict[str, list[Trial]] = {}
    for item in trials:
        by_model.setdefault(item.outcome.model, []).append(item)
    rows = []
    for model, items in by_model.items():
        unstable = instability_of([item.outcome for item in items], panel)
        rows.append({**_row(model, items, tau), "instability": unstable})
        rows += [{**_row(model, [item], tau), "origin": str(item.outcome.origin)} for item in items]
    table = pd.DataFrame(rows + _segment_rows(by_model, panel, tau, segments))
    best = min(rows, key=lambda row: row["wql"] if row["origin"] == WHOLE else np.inf)["model"]
    against = [item.name for item in BASELINES if item.name in by_model]
    table = _with_skill(table, against)
    rivals = list(dict.fromkeys([best, *against]))
    return Evaluation(table, _differences(by_model, rivals, tau, seed), tuple(trials), tau, horizon)


def _row(model: str, items: Sequence[Trial], levels: tuple[float, ...]) -> dict[str, Any]:
    whole = pooled([item.outcome for item in items])
    cost = np.concatenate([item.cost for item in items])
    return {
        "model": model,
        "origin": WHOLE,
        "segment": WHOLE,
        "group": WHOLE,
        "rows": len(whole.actual),
        **scores(whole, levels),
        "simulated_cost": float(np.nansum(cost)) if np.isfinite(cost).any() else float("nan"),
        "fit_seconds": float(np.mean([item.fit_seconds for item in items])),
        "predict_seconds": float(np.mean([item.predict_seconds for item in items])),
    }


def instability_of(outcomes: Sequence[Outcome], panel: Panel) -> float:
    """Return `metrics.instability` of one model's mean forecasts between consecutive origins.

    NaN where no period was forecast from two of them (origins a whole horizon apart).
    """
    ordered = sorted(outcomes, key=lambda item: item.origin)
    keys = [item.who * 1_000_000 + panel.origin_of(item.origin.astype(object)) + item.horizons for item in ordered]
    before, after = [np.empty(0)], [np.empty(0)]
    for place in range(1, len(ordered)):
        _, mine, theirs = np.intersect1d(keys[place - 1], keys[place], assume_unique=True, return_indices=True)
        before.append(ordered[place - 1].mean[mine])
        after.append(ordered[place].mean[theirs])
    return metrics.instability(np.concatenate(before), np.concatenate(after))


def segment_of_rows(
    outcomes: Sequence[Outcome], panel: Panel, settings: SegmentSettings | None = None
) -> dict[str, npt.NDArray[np.str_]]:
    """Return by segment (R,) the group of each row of the pooled outcomes, as each origin could see it."""
    parts: dict[str, list[npt.NDArray[np.str_]]] = {}
    for item in outcomes:
        labels = segment_labels(panel.before(panel.origin_of(item.origin.astype(object))), settings)
        for name, label in labels.items():
            parts.setdefault(name, []).append(label[item.who])
    return {name: np.concatenate(part) for name, part in parts.items()}


def _segment_rows(
    by_model: dict[str, list[Trial]], panel: Panel, levels: tuple[float, ...], settings: SegmentSettings | None
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    groups: dict[str, npt.NDArray[np.str_]] = {}
    for model, items in by_model.items():
        outcomes = [item.outcome for item in items]
        groups = groups or segment_of_rows(outcomes, panel, settings)  # every model has the same rows
        whole = pooled(outcomes)
        for segment, labels in groups.items():
            for group in np.unique(labels):
                part = whole.only(labels == group)
                facts = {"model": model, "origin": WHOLE, "segment": segment, "group": str(group)}
                rows.append({**facts, "rows": len(part.actual), **scores(part, levels)})
    return rows


def _with_skill(table: pd.DataFrame, against: Sequence[str]) -> pd.DataFrame:
    """Add what share of each baseline's pinball loss, on the same rows, a model saves."""
    place = ["origin", "segment", "group"]
    table = table.assign(pinball=table.filter(regex="^pinball_").mean(axis=1))
    for name in against:
        base = table.loc[table["model"] == name, [*place, "pinball"]].rename(columns={"pinball": "base"})
        base_loss = table[place].merge(base, on=place, how="left")["base"].to_numpy()
        with np.errstate(invalid="ignore", divide="ignore"):
            table[f"skill_vs_{name}"] = 1 - table["pinball"].to_numpy() / base_loss
    return table


def _differences(
    by_model: dict[str, list[Trial]], rivals: Sequence[str], levels: tuple[float, ...], seed: int
) -> pd.DataFrame:
    """Return how much more each model loses than each rival: pinball and simulated cost, as shares of the rival's."""
    loss, cost = {}, {}
    for model, items in by_model.items():
        loss[model] = pinball_by_series([item.outcome for item in items], levels, len(items[0].cost))
        cost[model] = cost_by_series(items)
    rows = []
    for rival in rivals:
        for model in by_model:
            if model != rival:
                row: dict[str, object] = {"model": model, "against": rival}
                for name, table in (("pinball", loss), ("cost", cost)):
                    found: Difference = bootstrap_difference(table[model], table[rival], seed=seed)
                    row |= {name: found.share, f"{name}_low": found.low, f"{name}_high": found.high}
                rows.append({**row, "series": int(np.isfinite(loss[model]).sum())})
    names = ["model", "against", "pinball", "pinball_low", "pinball_high", "cost", "cost_low", "cost_high", "series"]
    return pd.DataFrame(rows, columns=names)
