"""What a block of features is: columns with their meaning, what it is told by, and how it is filled."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from features.states import planned_prices

if TYPE_CHECKING:
    from features.panel import Panel
    from features.rows import Rows
    from features.specification import FeatureSpecification

__all__ = ["Block", "Column", "Work", "always"]


@dataclass(frozen=True, slots=True)
class Column:
    """One feature: its name, what it says in a sentence, its unit, and whether its numbers are codes.

    Unit `level` means units sold a period ÷ the row's scale; an empty unit is a plain number.
    """

    name: str
    meaning: str
    unit: str = ""
    categorical: bool = False


@dataclass
class Work:
    """What a block fills from and into: `values` is (R, F); `scale` and `price_level` are (R,).

    price_level: log of the newest price before the origin ÷ its mean of a long window; NaN without prices.
    """

    panel: "Panel"
    specification: "FeatureSpecification"
    rows: "Rows"
    values: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    price_level: npt.NDArray[np.float32]

    @cached_property
    def order(self) -> npt.NDArray[np.int64]:
        """The rows by series and, within a series, by origin, (R,)."""
        return np.lexsort((self.rows.origin, self.rows.who))

    @cached_property
    def prices(self) -> npt.NDArray[np.float32]:
        """Planned prices, and in the past those that were paid, (n, span)."""
        return planned_prices(self.panel)


def always(panel: "Panel") -> str:
    """Return that a block has what it needs in every dataset."""
    return ""


@dataclass(frozen=True, slots=True)
class Block:
    """A named group of features that is switched on or off as one.

    rules: rows of the trade's rule list that it answers. needs: the tables and columns that it reads, in words.
    columns: its columns under a specification. fill: writes them from one column of `Work.values` on; None where the
    compiled pass over a series' own past writes them. missing: why a panel has nothing for it, empty where it has.
    default: whether it is on where nobody says otherwise.
    """

    name: str
    about: str
    rules: tuple[str, ...]
    needs: str
    columns: Callable[["FeatureSpecification"], tuple[Column, ...]]
    fill: Callable[[Work, int], None] | None
    missing: Callable[["Panel"], str] = always
    default: bool = True
