"""A home with something of everything that the service keeps."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.database import Database
from core.settings import Settings
from serving.access import Scope
from serving.access.keys import create_key
from serving.demand.demand_tables import DATASET_VERSIONS, DATASETS
from tests.services import NOON


@dataclass(frozen=True)
class Kept:
    """A home, its database, and what must be found again."""

    settings: Settings
    database: Database


def fill(settings: Settings, database: Database, word: str = "first") -> None:
    """Put a key, two versions of a dataset that share a table, a job's result, and a model into the home."""
    home = settings.home
    for number, shared in ((1, False), (2, True)):
        folder = home / "datasets" / "shop" / "versions" / f"{number:08d}-{word}"
        folder.mkdir(parents=True)
        products = folder / "products.parquet"
        if shared:
            products.hardlink_to(home / "datasets" / "shop" / "versions" / f"00000001-{word}" / "products.parquet")
        else:
            products.write_bytes(word.encode() * 1000)
        (folder / "dataset.toml").write_text(f"# {word} {number}\n")
        with database.transaction() as connection:
            row = {"tenant": "local", "dataset": "shop", "version": number, "folder": folder.name, "rows": {}}
            connection.execute(DATASET_VERSIONS.insert().values(row | {"actor": "test", "created_at": NOON}))
    with database.transaction() as connection:
        create_key(connection, "local", word, [Scope.ADMIN], NOON, None)
        row = {
            "tenant": "local",
            "dataset": "shop",
            "version": 2,
            "model_name": "shop",
            "base_folder": str(home / "demo"),
        }
        connection.execute(DATASETS.insert().values(row | {"created_at": NOON, "updated_at": NOON}))
    for name, text in (("jobs/j1/plan.csv", word), ("tenants/acme/artifacts/x/model.txt", word), ("service.lock", "")):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names_of(database: Database) -> list[str]:
    """The names of the keys: what the database is recognised by."""
    with database.reading() as connection:
        return list(connection.execute(sa.text("SELECT name FROM api_keys ORDER BY name")).scalars())


def files_of(home: Path) -> dict[str, bytes]:
    """Every file of a home but its database and locks."""
    paths = sorted(path for path in home.rglob("*") if path.is_file())
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in paths
        if path.suffix not in (".lock", ".db") and not path.name.endswith(("-wal", "-shm"))
    }


@pytest.fixture
def kept(database, tmp_path) -> Kept:
    """A filled home: its database once SQLite inside the home, once PostgreSQL."""
    home = tmp_path / "home"
    home.mkdir()
    url = database.engine.url.render_as_string(hide_password=False)
    if database.is_sqlite:
        source = Path(database.engine.url.database)
        database.close()
        source.rename(home / "fillrate.db")
        url = ""
    settings = Settings.from_environment({"FILLRATE_HOME": str(home), "FILLRATE_DATABASE_URL": url})
    own = Database.of(settings.database_url)
    fill(settings, own)
    yield Kept(settings, own)
    own.close()
