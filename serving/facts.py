"""What a dataset is called, and which days can be asked about."""

import hashlib
import re
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from core.errors import UsageError
from inventory.dataset import Dataset

__all__ = ["MODEL_NAME_FILE", "check_as_of", "dataset_id", "default_as_of"]

MODEL_NAME_FILE = "model_name.txt"
"""File of a dataset's folder that names its registered model: versions of a dataset have many folders and one model."""


def dataset_id(folder: Path) -> str:
    """Return the name that a dataset's models are registered under: what its `model_name.txt` says, else its folder's
    name and a hash of the path."""
    resolved = folder.resolve()
    named = resolved / MODEL_NAME_FILE
    if named.is_file() and (name := named.read_text(encoding="utf-8").strip()):
        return name
    slug = re.sub(r"[^a-z0-9]+", "-", resolved.name.lower()).strip("-") or "dataset"
    return f"{slug[:40]}-{hashlib.sha256(str(resolved).encode()).hexdigest()[:8]}"


def default_as_of(dataset: Dataset) -> date:
    """Return the day after the newest period of sales ends: the first day not yet observed."""
    newest: pd.Timestamp = dataset.table("sales")["date"].max()
    return newest.date() + timedelta(days=dataset.config.frequency.period_days)


def check_as_of(dataset: Dataset, as_of: date, horizon: int) -> date:
    """Return `as_of` if there is history before it and it is at most `horizon` periods after the newest
    sales.

    Raises UsageError with the days that are possible.
    """
    days = dataset.config.frequency.period_days
    first = dataset.table("sales")["date"].min().date() + timedelta(days=days)
    end = default_as_of(dataset)
    last = end + timedelta(days=days * horizon)
    if first <= as_of <= last:
        return as_of
    why = "there are no sales before it" if as_of < first else f"the newest sales end on {end - timedelta(days=1)}"
    raise UsageError(f"--as-of {as_of}: {why}; choose a day from {first} to {last}")
