"""Settings of a run, read once at the border from the environment and passed in from there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from core.errors import ConfigurationError

__all__ = ["Settings", "whole_number"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where state lives and how a run behaves.

    home: folder of the database, the tracking store and the artifacts (`FILLRATE_HOME`, default `.fillrate`).
    tracking_uri: MLflow's store (`MLFLOW_TRACKING_URI`, default a SQLite file in `home`).
    threads: threads a model fit may use (`FILLRATE_THREADS`, default 2; part of what makes a run repeatable).
    seed: of everything random (`FILLRATE_SEED`, default 20240415).
    workers: processes that long work is spread over (`FILLRATE_WORKERS`, default 1: none but this one).
    database_url: the service's own database (`FILLRATE_DATABASE_URL`, default a SQLite file in `home`).
    private_targets: whether webhooks and shops may be in the service's own network (`FILLRATE_PRIVATE_TARGETS=allow`).
    cluster: address of a Dask scheduler that does it instead (`FILLRATE_CLUSTER`, such as `tcp://host:8786`).
    """

    home: Path
    tracking_uri: str
    threads: int = 2
    seed: int = 20240415
    workers: int = 1
    cluster: str = ""
    database_url: str = ""
    private_targets: bool = False

    def __post_init__(self) -> None:
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.home / 'fillrate.db'}")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings that `environment` asks for; raises ConfigurationError for a value that is none."""
        home = Path(environment.get("FILLRATE_HOME") or ".fillrate").absolute()
        return cls(
            home=home,
            tracking_uri=environment.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home / 'mlflow.db'}",
            threads=whole_number(environment, "FILLRATE_THREADS", default=2, least=1),
            seed=whole_number(environment, "FILLRATE_SEED", default=20240415, least=0),
            workers=whole_number(environment, "FILLRATE_WORKERS", default=1, least=1),
            cluster=environment.get("FILLRATE_CLUSTER") or "",
            private_targets=environment.get("FILLRATE_PRIVATE_TARGETS") == "allow",
            database_url=environment.get("FILLRATE_DATABASE_URL") or "",
        )


def whole_number(environment: Mapping[str, str], name: str, default: int, least: int) -> int:
    """Return the whole number that a variable states, or the default; raises ConfigurationError for another value."""
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise ConfigurationError(f"{name}={text!r} is not a whole number of at least {least}; unset it or correct it")
    return int(text)
