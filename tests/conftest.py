"""Fixtures that several rooms' tests share: a tiny shop on disk, and a home with its trained champion."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings

from core.settings import Settings
from serving.environment import prepare_process
from tests.tiny_shop import write_shop

if TYPE_CHECKING:
    from serving.context import ServiceContext

pytest_plugins = ["tests.postgres"]

prepare_process(os.environ)

# Examples are drawn from a fixed seed, and a busy machine fails no test: what fails here fails everywhere.
hypothesis_settings.register_profile("fillrate", deadline=None, derandomize=True)
hypothesis_settings.load_profile("fillrate")


@pytest.fixture(scope="session")
def shop(tmp_path_factory) -> Path:
    """A dataset folder; tests must not write into it."""
    return write_shop(tmp_path_factory.mktemp("shops") / "tiny")


@pytest.fixture(scope="session")
def trained_home(shop, tmp_path_factory) -> Path:
    """A FILLRATE_HOME whose registry holds a champion of the tiny shop."""
    from serving import use_cases

    home = tmp_path_factory.mktemp("home")
    settings = Settings.from_environment({"FILLRATE_HOME": str(home)})
    dataset = use_cases.open_dataset(shop, False, settings, lambda sentence: None)
    question = use_cases.ask(dataset, None, None, settings)
    trained = use_cases.train(question)
    assert trained.version.is_champion, trained.result.verdict
    return home


@pytest.fixture(scope="session")
def context(shop, trained_home) -> "ServiceContext":
    """What the service would have loaded of the tiny shop."""
    from serving import use_cases

    settings = Settings.from_environment({"FILLRATE_HOME": str(trained_home)})
    return use_cases.load_service(shop, None, settings, lambda sentence: None)
