"""Exact decimals for many lines at once: integers at one power of ten, so that sums come out to the penny."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Self

import numpy as np
import numpy.typing as npt

__all__ = ["ExactNumbers"]

ROOM = 2**62
EXACT = Context(prec=200)  # the default context would round beyond 28 digits


@dataclass(frozen=True, slots=True)
class ExactNumbers:
    """Decimals as integers: value = digits × 10^-places; int64, or Python integers where too large for it."""

    digits: npt.NDArray[np.int64] | npt.NDArray[np.object_]
    places: int

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Self:
        """Return the numbers that `texts` spell; an empty text is 0."""
        numbers = [Decimal(text or "0") for text in texts]
        places = max((_places(number) for number in numbers), default=0)
        return cls(_compact([int(EXACT.scaleb(number, places)) for number in numbers]), places)

    @property
    def floats(self) -> npt.NDArray[np.float64]:
        """The numbers as float64, each the nearest one."""
        if self.digits.dtype != object and not (np.abs(self.digits) >= 2**53).any():
            return self.digits / 10.0**self.places
        return np.array([float(EXACT.scaleb(Decimal(int(digit)), -self.places)) for digit in self.digits])

    def take(self, positions: npt.NDArray[np.int64]) -> Self:
        """Return the numbers at `positions`."""
        return type(self)(self.digits[positions], self.places)

    def times(self, other: Self) -> Self:
        """Return the products, element by element."""
        largest = _largest(self.digits) * _largest(other.digits)
        left = self.digits.astype(object) if largest >= ROOM else self.digits
        return type(self)(left * other.digits, self.places + other.places)

    def total(self, where: npt.NDArray[np.bool_] | None = None) -> Decimal:
        """Return the sum, over all or over the marked numbers, rounded to nothing."""
        digits = self.digits if where is None else self.digits[where]
        exact = digits.astype(object) if _largest(digits) * max(len(digits), 1) >= ROOM else digits
        return EXACT.scaleb(Decimal(int(exact.sum())), -self.places) if len(digits) else Decimal(0)

    def sums(self, groups: npt.NDArray[np.int64], count: int) -> Self:
        """Return the sum of each of `count` groups; `groups` (n,) are group numbers from 0."""
        exact = self.digits.astype(object) if _largest(self.digits) * max(len(self.digits), 1) >= ROOM else self.digits
        found = np.zeros(count, dtype=exact.dtype)
        np.add.at(found, groups, exact)
        return type(self)(found, self.places)


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _largest(digits: npt.NDArray[np.int64] | npt.NDArray[np.object_]) -> int:
    return int(np.abs(digits).max()) if len(digits) else 0


def _compact(digits: Sequence[int]) -> npt.NDArray[np.int64] | npt.NDArray[np.object_]:
    if all(abs(digit) < ROOM for digit in digits):
        return np.array(digits, dtype=np.int64)
    return np.array(digits, dtype=object)
