"""`[planning] substitution_share` reaches the plan, and a share that is none is refused with its name."""

import pandas as pd
import pytest

from core.errors import ConfigurationError
from core.settings import Settings
from inventory.dataset import read_dataset
from serving.holdings import holdings
from serving.question import ask
from tests.tiny_shop import write_shop


def told(folder, line):
    folder = write_shop(folder, days=60)
    products = pd.read_csv(folder / "products.csv")
    products.assign(parent=["shirt" if row < 2 else "" for row in range(len(products))]).to_csv(
        folder / "products.csv", index=False
    )
    path = folder / "dataset.toml"
    path.write_text(path.read_text() + f"\n[planning]\n{line}\n")
    return folder


def test_variants_of_one_parent_stand_in_for_each_other_where_asked_for(tmp_path):
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path / "home")})
    plain = ask(read_dataset(told(tmp_path / "plain", "")), None, None, settings)
    assert holdings(plain).buying.variants is None
    question = ask(read_dataset(told(tmp_path / "shop", "substitution_share = 0.4")), None, None, settings)
    variants = holdings(question).buying.variants
    family = dict(zip(question.panel.series["sku"], variants.family, strict=True))
    products = question.dataset.table("products")["sku"]
    assert variants.share == 0.4
    assert family[products[0]] == family[products[1]]
    assert len(set(family.values())) == len(family) - 1


@pytest.mark.parametrize("value", ["1.5", '"half"', "-0.1"])
def test_a_share_that_is_none_is_refused(tmp_path, value):
    with pytest.raises(ConfigurationError, match="substitution_share"):
        read_dataset(told(tmp_path / "shop", f"substitution_share = {value}"))
