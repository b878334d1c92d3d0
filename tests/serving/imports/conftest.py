"""A platform with its own database and datasets, and clients of several tenants."""

from tests.serving.demand.conftest import caller_of_tenant, client, clock, key, platform

__all__ = ["caller_of_tenant", "client", "clock", "key", "platform"]
