"""A product that is about to sell for the first time is forecast from its like, not left out."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.settings import Settings
from serving.champion import Champion
from serving.left_out import left_out
from serving.question import Question, ask, open_dataset
from tests.tiny_shop import AS_OF, write_shop
from training.boosted import TrainingSettings
from training.pipeline import train


def asked(folder: Path, *, listed: bool = True) -> Question:
    settings = Settings(home=folder / "home", tracking_uri="")
    dataset = open_dataset(folder, False, settings, lambda _: None)
    return ask(dataset, date.fromisoformat(AS_OF), 7, settings, listed=listed)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_shop(tmp_path_factory.mktemp("listed") / "shop", days=260)
    products = pd.read_csv(folder / "products.csv")
    new = pd.DataFrame({"sku": ["SKU-NEW"], "name": ["Thing"], "category": ["a"], "unit_cost": [5.0], "price": [12.0]})
    pd.concat([products, new]).to_csv(folder / "products.csv", index=False)
    stock = pd.read_csv(folder / "stock.csv")
    held = pd.DataFrame({"sku": ["SKU-NEW"], "date": [AS_OF], "on_hand": [4]})
    pd.concat([stock, held]).to_csv(folder / "stock.csv", index=False)
    return folder


def test_a_product_in_stock_that_never_sold_is_forecast_by_its_analogues(shop: Path) -> None:
    question = asked(shop)
    result = train(question.panel, 7, TrainingSettings(most_rows=4000, threads=1))
    champion = Champion(result.model, None, products=question.dataset.table("products"))
    made = champion.distribution(question.panel, 7)
    row = made.series.index[made.series["sku"] == "SKU-NEW"][0]
    assert made.series.loc[row, "model"] == "analogues"
    assert "0 periods of own history" in made.series.loc[row, "fallback_reason"]
    others = np.delete(made.mean.mean(axis=1), row)
    assert others.min() < made.mean[row].mean() < others.max()
    assert left_out(question.dataset, question.panel.series, question.as_of) == []


def test_asked_without_listed_products_it_is_named_as_left_out(shop: Path) -> None:
    question = asked(shop, listed=False)
    assert "SKU-NEW" not in set(question.panel.series["sku"])
    assert "SKU-NEW" in left_out(question.dataset, question.panel.series, question.as_of)[0]
    assert asked(shop).panel.fingerprint() == question.panel.fingerprint()
