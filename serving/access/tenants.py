"""Tenants: their names, and where the files of each are."""

import re
from dataclasses import replace

from core.errors import UsageError
from core.settings import Settings

__all__ = ["LOCAL_TENANT", "check_tenant", "tenant_settings"]

LOCAL_TENANT = "local"
"""The tenant of the command line and of a service without keys; its files are in the home folder itself."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def check_tenant(name: str) -> str:
    """Return the name; raises UsageError for one that could not name a folder and a host."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no tenant: give 1 … 63 of a-z, 0-9 and -, beginning with a letter or digit")
    return name


def tenant_settings(settings: Settings, tenant: str) -> Settings:
    """Return the settings with the tenant's own home and tracking store; the database is one for all tenants.

    A tracking server that MLFLOW_TRACKING_URI names stays: model names carry the dataset's path, which is the tenant's.
    """
    if tenant == LOCAL_TENANT:
        return settings
    home = settings.home / "tenants" / check_tenant(tenant)
    is_default = settings.tracking_uri == f"sqlite:///{settings.home / 'mlflow.db'}"
    tracking = f"sqlite:///{home / 'mlflow.db'}" if is_default else settings.tracking_uri
    return replace(settings, home=home, tracking_uri=tracking)
