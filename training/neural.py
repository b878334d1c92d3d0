"""A recurrent network over all series: the LSTM of `neuralforecast`, trained on several quantile losses at once.

Part of the optional extra `neural`; the libraries are imported only where the model is fitted or asked. The network
reads the last periods of demand (gaps filled from the past, and left out of the loss), price and stock, the calendar,
and those covariates known ahead that were known all along.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import ConfigurationError, InsufficientHistoryError, StorageError, UsageError
from core.frequency import Frequency
from features.panel import Panel
from features.specification import specify_features
from training.baselines import MovingAverage, marginal_forecast
from training.distribution import DemandDistribution
from training.forecaster import check_horizon
from training.past_demand import filled_demand
from training.quantile_grid import grid_marginals
from training.routing import replaced_rows
from training.training_table import LEAST_TARGETS

__all__ = ["NeuralForecaster", "NeuralSettings", "fit_neural"]

Places = npt.NDArray[np.int64]

CALENDAR = ("week_sine", "week_cosine", "year_sine", "year_cosine")


@dataclass(frozen=True, slots=True)
class NeuralSettings:
    """How the network is built and trained. window_days: history that it reads; steps: batches to train on."""

    levels: tuple[float, ...] = (0.025, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
    window_days: int = 84
    history_days: int = 1092
    hidden: int = 64
    layers: int = 1
    steps: int = 300
    learning_rate: float = 2e-3
    batch_series: int = 32
    batch_windows: int = 256


@dataclass(frozen=True, slots=True)
class NeuralForecaster:
    """The trained network. as_of: end of the history that it learned from; it must not be used for an earlier one."""

    network: Any
    known: tuple[str, ...]
    levels: tuple[float, ...]
    window: int
    integer_valued: bool
    horizon: int
    as_of: date
    threads: int = 1
    name: str = "lstm"

    def distribution(self, panel: Panel, horizon: int) -> DemandDistribution:
        """Return the distribution of the `horizon` periods from the panel's end on; a moving average without history.

        Raises UsageError for a horizon longer than trained, or a panel that ends before the training history did.
        """
        check_horizon(self.name, self.horizon, horizon)
        if panel.as_of < self.as_of:
            raise UsageError(f"the model has seen facts up to {self.as_of} and cannot forecast as of {panel.as_of}")
        plain = MovingAverage().distribution(panel, horizon)
        table = _table(panel, self.known, self.window)
        rows = np.unique(table["unique_id"].to_numpy())
        if not len(rows):
            return plain
        future = _future(panel, self.known, rows, self.horizon)
        with _quiet(), _threads(self.threads):
            answer = self.network.predict(df=table, futr_df=future)
        stated = answer.sort_values(["unique_id", "ds"]).drop(columns=["unique_id", "ds"]).to_numpy(dtype=np.float64)
        cells = stated.reshape(len(rows), self.horizon, -1)[:, :horizon].reshape(-1, len(self.levels))
        part = grid_marginals(np.asarray(self.levels), cells, (len(rows), horizon), self.integer_valued)
        reasons = np.full(len(panel.series), "no observed history for lstm: moving average", dtype=object)
        reasons[rows] = ""
        return marginal_forecast(self.name, panel, replaced_rows(plain.marginals, rows, part), reasons.tolist())

    def save(self, folder: Path) -> None:
        """Write the network (weights and JSON, by neuralforecast) and the model's facts into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        with _quiet():
            self.network.save(str(folder / "network"), save_dataset=False, overwrite=True)
        facts = {
            "known": self.known,
            "levels": self.levels,
            "window": self.window,
            "integer_valued": self.integer_valued,
            "horizon": self.horizon,
            "as_of": self.as_of.isoformat(),
        }
        (folder / "model.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, threads: int = 1) -> Self:
        """Return the model that `save` wrote.

        Raises StorageError where a file is missing or unreadable, ConfigurationError where the extra is not installed.
        """
        neuralforecast = _library()
        try:
            facts = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            with _quiet():
                network = neuralforecast.NeuralForecast.load(str(folder / "network"))
            lists = {name: tuple(facts.pop(name)) for name in ("known", "levels")}
            as_of = date.fromisoformat(facts.pop("as_of"))
            return cls(network=network, as_of=as_of, threads=threads, **lists, **facts)
        except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
            raise StorageError(f"the model in {folder} cannot be read ({error}); train it again") from error


def fit_neural(panel: Panel, horizon: int, settings: NeuralSettings, threads: int, seed: int) -> NeuralForecaster:
    """Return the network trained on the whole panel, on the processor.

    Raises ConfigurationError where the extra is not installed, InsufficientHistoryError where history is too short.
    """
    neuralforecast = _library()
    from neuralforecast.losses.pytorch import MQLoss
    from neuralforecast.models import LSTM

    days = panel.frequency.period_days
    known = _known_all_along(panel, horizon)
    table = _table(panel, known, settings.history_days // days)
    seen = int(table["available_mask"].sum())
    if seen < LEAST_TARGETS:
        raise InsufficientHistoryError(
            f"{seen} observed series-periods before {panel.as_of} are too few to train on (at least {LEAST_TARGETS})"
        )
    window = max(settings.window_days // days, 8)
    with _quiet(), _threads(threads):
        model = LSTM(
            h=horizon,
            input_size=window,
            loss=MQLoss(quantiles=list(settings.levels)),
            futr_exog_list=[*CALENDAR, *_named(known)],
            hist_exog_list=["log_price", "stocked"],
            encoder_hidden_size=settings.hidden,
            encoder_n_layers=settings.layers,
            decoder_hidden_size=settings.hidden,
            max_steps=settings.steps,
            learning_rate=settings.learning_rate,
            batch_size=settings.batch_series,
            windows_batch_size=settings.batch_windows,
            start_padding_enabled=True,
            scaler_type="standard",
            random_seed=seed,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
        )
        network = neuralforecast.NeuralForecast(models=[model], freq=1)
        network.fit(df=table)
    return NeuralForecaster(
        network, known, settings.levels, window, panel.integer_valued, horizon, panel.as_of, threads
    )


def _known_all_along(panel: Panel, horizon: int) -> tuple[str, ...]:
    """Return the covariates whose every value was known from the beginning: others would tell training too much."""
    if panel.known.known_from is not None:
        return ()
    return tuple(name for name in specify_features(panel, horizon).known if name != "price")


def _named(known: tuple[str, ...]) -> list[str]:
    return [f"known_{place}" for place in range(len(known))]


def _table(panel: Panel, known: tuple[str, ...], longest: int) -> pd.DataFrame:
    """Return one row a series and period in neuralforecast's columns, from each series' first observed period on."""
    demand = filled_demand(panel, longest)
    lengths = np.array([len(row) for row in demand])
    who = np.repeat(np.arange(len(demand)), lengths)
    place = np.concatenate([np.arange(panel.periods - length, panel.periods) for length in lengths.tolist()])
    history = panel.history
    price = history.price[who, place].astype(np.float64)
    table = {
        "unique_id": who,
        "ds": place,
        "y": np.concatenate(demand).astype(np.float32),
        "available_mask": (history.observed[who, place] > 0).astype(np.float32),
        "log_price": np.nan_to_num(np.log(price)).astype(np.float32),
        "stocked": history.in_stock[who, place],
    }
    return pd.DataFrame({**table, **_ahead(panel, known, who, place)})


def _future(panel: Panel, known: tuple[str, ...], rows: Places, horizon: int) -> pd.DataFrame:
    who = np.repeat(rows, horizon)
    place = np.tile(np.arange(panel.periods, panel.periods + horizon), len(rows))
    return pd.DataFrame({"unique_id": who, "ds": place, **_ahead(panel, known, who, place)})


def _ahead(panel: Panel, known: tuple[str, ...], who: Places, place: Places) -> dict[str, Any]:
    """Return the calendar and the known covariates of series `who` in periods `place`; nothing known is 0."""
    year = 364 if panel.frequency is Frequency.DAILY else 52
    turns = 2 * np.pi * np.stack([place / 7, place / year])
    waves = [np.sin(turns[0]), np.cos(turns[0]), np.sin(turns[1]), np.cos(turns[1])]
    columns = {name: wave.astype(np.float32) for name, wave in zip(CALENDAR, waves, strict=True)}
    for column, name in zip(_named(known), known, strict=True):
        values = panel.known.values[panel.known.names.index(name)]
        columns[column] = np.nan_to_num(values[who, place])
    return columns


def _library() -> Any:
    try:
        import neuralforecast
    except ImportError as error:
        raise ConfigurationError(
            "model lstm needs an optional part of Fillrate; run: pip install fillrate[neural]"
        ) from error
    return neuralforecast


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads meanwhile: how many there are is part of what makes a run repeatable."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the training library's notes about machine and seed from our users; its errors are raised all the same."""
    import warnings

    names = ("pytorch_lightning", "lightning.pytorch", "lightning_fabric", "lightning.fabric")
    loggers = [logging.getLogger(name) for name in (*names, "pytorch_lightning.utilities.rank_zero")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
