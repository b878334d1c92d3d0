"""Which (series, origin, horizon) rows are built: all that a forecast needs, or a sample that training learns from."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.panel import Panel

__all__ = ["Rows", "forecast_rows", "training_rows"]


@dataclass(frozen=True, slots=True)
class Rows:
    """R rows sorted by series: period `origin + horizon` of series `who` seen from `origin` (horizons count from 0)."""

    who: npt.NDArray[np.int64]
    origin: npt.NDArray[np.int32]
    horizon: npt.NDArray[np.int32]

    @property
    def target(self) -> npt.NDArray[np.int64]:
        """Period that each row forecasts."""
        return self.origin.astype(np.int64) + self.horizon

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.who)


def forecast_rows(count: int, origin: int, horizon: int) -> Rows:
    """Return the rows of a forecast of `horizon` periods from `origin` on for series 0 … count-1, by series."""
    return Rows(
        who=np.repeat(np.arange(count), horizon),
        origin=np.full(count * horizon, origin, dtype=np.int32),
        horizon=np.tile(np.arange(horizon, dtype=np.int32), count),
    )


def training_rows(panel: Panel, horizon: int, most: int, history: int, seed: int) -> Rows:
    """Return at most about `most` rows whose target was observed before the panel's end, drawn evenly.

    history: periods back from the end whose targets are used. Every observed target is as likely as any other, and is
    seen from one horizon drawn evenly among those whose origin lies after the series' first observed period.
    """
    observed = panel.history.observed > 0
    begin = max(panel.periods - history, 1)
    who, target = np.nonzero(observed[:, begin:])
    target = target + begin
    reach = np.minimum(target - panel.history.first[who], horizon)
    who, target, reach = who[reach > 0], target[reach > 0], reach[reach > 0]
    draw = np.random.default_rng(seed)
    copies = max(1, min(horizon, most // max(len(who), 1)))
    if len(who) * copies > most:
        chosen = np.sort(draw.choice(len(who), size=most, replace=False))
        who, target, reach = who[chosen], target[chosen], reach[chosen]
    who, target, reach = (np.repeat(column, copies) for column in (who, target, reach))
    ahead = (draw.random(len(who)) * reach).astype(np.int32)
    return Rows(who=who.astype(np.int64), origin=(target - ahead).astype(np.int32), horizon=ahead)
