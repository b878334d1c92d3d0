"""A version's backtest as drawings with their numbers: reliability of the quantiles, the transform, loss by horizon."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Backtest", "Drawing", "Line", "Rect", "backtest_of"]

WIDTH, HEIGHT = 480, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 444, 12, 222
BASELINE = "seasonal_naive"
"""Drawn beside the version, as on the list of versions."""


@dataclass(frozen=True, slots=True)
class Line:
    """One model's points, `x,y x,y …` in the drawing's own units; kind: `changed` for the version, `base`."""

    kind: str
    points: str


@dataclass(frozen=True, slots=True)
class Rect:
    """One bar of the version's histogram."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """lines and bars; rule: the line on which a right model lies; across, up: marks of the axes with their places.

    table: the numbers: of each place on the x axis that of the version and of the baseline (None: not known).
    """

    lines: Sequence[Line]
    bars: Sequence[Rect]
    rule: str
    across: Sequence[tuple[float, str]]
    up: Sequence[tuple[float, str]]
    table: Sequence[tuple[str, float | None, float | None]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM


@dataclass(frozen=True, slots=True)
class Backtest:
    """The three drawings, and the names of the models in them."""

    model: str
    reliability: Drawing
    transform: Drawing
    horizon: Drawing


def backtest_of(text: str) -> Backtest:
    """Return the drawings of the curves that were kept with a version (`training.judged_curves`)."""
    told = json.loads(text)
    model, models = told["model"], told["models"]
    mine, other = models[model], models.get(BASELINE, {})
    return Backtest(
        model,
        _reliability(told["levels"], mine["coverage"], other.get("coverage", [])),
        _transform(mine["transform"], other.get("transform", [])),
        _horizon(mine["horizon"], other.get("horizon", [])),
    )


def _reliability(levels: Sequence[float], mine: Sequence[float], other: Sequence[float]) -> Drawing:
    """What share of what happened lay at or below each quantile; a right model lies on the diagonal."""
    lines = [_line("base", levels, other, 1.0, 1.0), _line("changed", levels, mine, 1.0, 1.0)]
    marks = [(share, f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    table = [(f"{level:g}", mine[place], _at(other, place)) for place, level in enumerate(levels)]
    return Drawing(
        [line for line in lines if line.points],
        (),
        f"{LEFT},{BOTTOM} {RIGHT},{TOP}",
        [(_x(share, 1.0), words) for share, words in marks],
        [(_y(share, 1.0), words) for share, words in marks],
        table,
    )


def _transform(mine: Sequence[float], other: Sequence[float]) -> Drawing:
    """How often the probability that was stated for what happened fell into each bin, ÷ what a right model has."""
    size = len(mine)
    heights, others = [share * size for share in mine], [share * size for share in other]
    most = max([*heights, *others, 1.2]) * 1.05
    bars = [
        Rect(_x(place / size, 1.0) + 1, _y(value, most), (RIGHT - LEFT) / size - 2, BOTTOM - _y(value, most))
        for place, value in enumerate(heights)
    ]
    steps = [point for place, value in enumerate(others) for point in ((place, value), (place + 1, value))]
    line = _line("base", [place / size for place, _ in steps], [value for _, value in steps], 1.0, most)
    table = [
        (f"{place / size:.0%} – {(place + 1) / size:.0%}", value, _at(others, place))
        for place, value in enumerate(heights)
    ]
    return Drawing(
        [line] if steps else [],
        bars,
        f"{LEFT},{_y(1.0, most)} {RIGHT},{_y(1.0, most)}",
        [(_x(share, 1.0), f"{share:.0%}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)],
        [(_y(value, most), f"{value:g}") for value in (0.0, 1.0, *_above(most))],
        table,
    )


def _horizon(mine: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]) -> Drawing:
    """Weighted quantile loss by how far ahead."""
    steps = sorted({int(item["ahead"]) for item in (*mine, *other)})
    losses = [{int(item["ahead"]): float(item["wql"]) for item in told} for told in (other, mine)]
    last = max(steps, default=1)
    most = max((value for told in losses for value in told.values()), default=1.0) * 1.1 or 1.0
    lines = [
        _line(kind, list(told), list(told.values()), float(last), most)
        for kind, told in zip(("base", "changed"), losses, strict=True)
    ]
    marks = steps[:: max(-(-len(steps) // 6), 1)]
    return Drawing(
        [line for line in lines if line.points],
        (),
        "",
        [(_x(step, last), str(step)) for step in marks],
        [(_y(value, most), f"{value:.2g}") for value in (0.0, most / 2, most / 1.1)],
        [(str(step), losses[1].get(step), losses[0].get(step)) for step in steps],
    )


def _line(kind: str, across: Sequence[float], up: Sequence[float], most_x: float, most_y: float) -> Line:
    points = zip(across, up, strict=False)
    return Line(kind, " ".join(f"{_x(x, most_x)},{_y(y, most_y)}" for x, y in points))


def _x(value: float, most: float) -> float:
    return round(LEFT + value / most * (RIGHT - LEFT), 1)


def _y(value: float, most: float) -> float:
    return round(BOTTOM - value / most * (BOTTOM - TOP), 1)


def _at(values: Sequence[float], place: int) -> float | None:
    return values[place] if place < len(values) else None


def _above(most: float) -> tuple[float, ...]:
    """Return whole marks above 1 that fit below the top, few of them."""
    step = max(round(most / 4), 1)
    return tuple(float(value) for value in range(1 + step, int(most) + 1, step))
