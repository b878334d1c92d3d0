"""Which (series, origin, horizon) rows are built: all that a forecast needs, or a sample that training learns from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from features.panel import Panel

__all__ = ["Rows", "forecast_rows", "training_rows"]

PIECE = 2_000
"""Series whose cells are looked at together."""


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


def training_rows(panel: "Panel", horizon: int, most: int, history: int, seed: int) -> Rows:
    """Return at most about `most` rows whose target was observed before the panel's end, drawn evenly.

    history: periods back from the end whose targets are used. Every observed target is as likely as any other, and is
    seen from one horizon drawn evenly among those whose origin lies after the series' first observed period.
    """
    first = panel.history.first
    begin = max(panel.periods - history, 1)
    counts = np.concatenate([_eligible(panel, begin, piece).sum(axis=1) for piece in _pieces(len(first))])
    total = int(counts.sum())
    draw = np.random.default_rng(seed)
    copies = max(1, min(horizon, most // max(total, 1)))
    chosen = np.arange(total)
    if total * copies > most:
        chosen = np.sort(draw.choice(total, size=most, replace=False))
    who, target = _cells(panel, begin, counts, chosen)
    reach = np.minimum(target - first[who], horizon)
    who, target, reach = (np.repeat(column, copies) for column in (who, target, reach))
    ahead = (draw.random(len(who)) * reach).astype(np.int32)
    return Rows(who=who.astype(np.int64), origin=(target - ahead).astype(np.int32), horizon=ahead)


def _pieces(count: int) -> list[slice]:
    """Return slices of series: the cells of all of M5 at once would take gigabytes."""
    return [slice(start, start + PIECE) for start in range(0, count, PIECE)]


def _eligible(panel: "Panel", begin: int, piece: slice) -> npt.NDArray[np.bool_]:
    """Return (series of the piece, periods from `begin` on) whether demand was seen, after the series' first period.

    An estimate of censored demand (observed below 1) teaches nothing new.
    """
    after = np.arange(begin, panel.periods) > panel.history.first[piece, None]
    return (panel.history.observed[piece, begin:] >= 1) & after


def _cells(
    panel: "Panel", begin: int, counts: npt.NDArray[np.int64], chosen: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return series and period of the eligible cells numbered `chosen` (rising), counted series by series."""
    starts = np.r_[0, np.cumsum(counts)]
    found = []
    for piece in _pieces(len(counts)):
        low, high = starts[piece.start], starts[min(piece.stop, len(counts))]
        inside = chosen[np.searchsorted(chosen, low) : np.searchsorted(chosen, high)] - low
        who, target = np.nonzero(_eligible(panel, begin, piece))
        found.append((who[inside] + piece.start, target[inside] + begin))
    return np.concatenate([who for who, _ in found]), np.concatenate([target for _, target in found])
