"""What is asked about a dataset: read, checked, and as of which day."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from core.errors import UsageError
from core.settings import Settings
from features.listed_products import with_listed_products
from features.panel import Panel, build_panel
from inventory.dataset import Dataset, read_dataset, write_rejected
from serving.champion import Tell
from serving.facts import check_as_of, dataset_id, default_as_of

__all__ = ["MAX_HORIZON", "Question", "ask", "check_horizon", "open_dataset"]

MAX_HORIZON = 365


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about a dataset: as of which day, how far ahead, with which settings."""

    dataset: Dataset
    panel: Panel
    as_of: date
    horizon: int
    settings: Settings


def open_dataset(folder: Path, best_effort: bool, settings: Settings, tell: Tell) -> Dataset:
    """Return the validated dataset and tell its warnings; raises DataError with the broken rows.

    With best effort the bad rows are written, with reasons, to `rejected/` in the dataset's folder, or under
    the workspace where that folder cannot be written.
    """
    if not folder.is_dir():
        raise UsageError(f"--data {folder} is not a folder; give the folder that holds sales.csv or sales.parquet")
    dataset = read_dataset(folder, best_effort=best_effort)
    for warning in dataset.report.warnings:
        tell(warning)
    if dataset.report.rejected:
        tell(_keep_rejected(dataset, settings))
    return dataset


def _keep_rejected(dataset: Dataset, settings: Settings) -> str:
    place = dataset.folder / "rejected"
    try:
        written = write_rejected(dataset, place)
    except OSError:
        place = settings.home / "rejected" / dataset_id(dataset.folder)
        written = write_rejected(dataset, place)
    count = sum(len(rows) for rows in dataset.report.rejected.values())
    return f"{count} bad rows left out; they are in {', '.join(str(path) for path in written)}"


def check_horizon(horizon: int | None) -> int | None:
    """Return the horizon; raises UsageError for one outside 1 … MAX_HORIZON periods."""
    if horizon is not None and not 1 <= horizon <= MAX_HORIZON:
        raise UsageError(f"--horizon {horizon} is outside 1 … {MAX_HORIZON} periods")
    return horizon


def ask(
    dataset: Dataset, as_of: date | None, horizon: int | None, settings: Settings, *, listed: bool = True
) -> Question:
    """Return a question with its defaults filled in; raises UsageError for a day or a horizon that makes no
    sense.

    A day inside a week of a weekly dataset stands for that week's Monday: half a week is no fact yet. listed: whether
    products that are about to sell are asked about too (`features.listed_products`).
    """
    frequency = dataset.config.frequency
    horizon = check_horizon(horizon) or frequency.default_horizon
    day = default_as_of(dataset) if as_of is None else check_as_of(dataset, as_of, horizon)
    first = date.fromisoformat(str(frequency.floor(np.datetime64(day, "D"))))
    features = dataset.config.features
    tables = with_listed_products(dataset.tables, frequency, first) if listed else dataset.tables
    panel = build_panel(tables, frequency, first, features.holidays, imputation=features.imputation)
    return Question(dataset, panel, first, horizon, settings)
