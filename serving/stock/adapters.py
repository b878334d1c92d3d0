"""Adapters by kind: a file for channels without an API, HTTP for shops with an address of their own, two markets."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from core.errors import ConfigurationError
from core.settings import Settings
from inventory.hub.channels import Channel
from inventory.hub.delivery import Adapters, ChannelAdapter, Update
from inventory.hub.file_adapter import FileAdapter
from serving.access.tenants import tenant_settings
from serving.egress import resolve_target, trusted_certificates

__all__ = ["HttpAdapter", "adapter_of"]

TIMEOUT_SECONDS = 15.0
MOST_ANSWER_BYTES = 32 * 2**20


class HttpAdapter:
    """Tells a shop by `PUT url` with `{"items": [{external_id, sku, units, number}]}` and asks it by `GET url`.

    The shop answers a PUT with 2xx and, if it likes, `{"refused": {sku: reason}}`; it ignores a number that is older
    than the one it has. It answers a GET with `{"units": {external_id: units}}`. Redirects are failures.
    """

    def __init__(self, allow_private: bool = False) -> None:
        self.allow_private = allow_private

    def publish(self, channel: Channel, updates: Sequence[Update]) -> Mapping[str, str | None]:
        """Tell the shop; raises httpx.HTTPError where it does not answer or refuses all."""
        items = [
            {"external_id": item.external_id, "sku": item.sku, "units": item.units, "number": item.number}
            for item in updates
        ]
        answer = self._ask("PUT", channel, {"items": items})
        refused = answer.get("refused", {})
        return {item.sku: str(refused[item.sku])[:1000] if item.sku in refused else None for item in updates}

    def shown(self, channel: Channel) -> Mapping[str, int]:
        """Return what the shop shows; raises httpx.HTTPError where it does not answer."""
        units = self._ask("GET", channel, None).get("units", {})
        return {str(name): int(count) for name, count in units.items()}

    def _ask(self, method: str, channel: Channel, body: Any) -> dict[str, Any]:
        url = channel.settings.get("url")
        if not url:
            raise ConfigurationError(f"channel {channel.channel} has no url; give the shop's stock address")
        target = resolve_target(url, self.allow_private)
        sent: dict[str, Any] = {"headers": target.headers, "extensions": target.extensions, "json": body}
        with (
            httpx.Client(
                timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False, verify=trusted_certificates()
            ) as client,
            client.stream(method, target.url, **sent) as answer,
        ):
            answer.raise_for_status()
            text = b""
            for part in answer.iter_bytes():
                text += part
                if len(text) > MOST_ANSWER_BYTES:
                    raise httpx.HTTPError(f"the shop's answer is longer than {MOST_ANSWER_BYTES:,} bytes")
        found = json.loads(text) if text.strip() else {}
        return found if isinstance(found, dict) else {}


def adapter_of(settings: Settings) -> Adapters:
    """Return what gives the adapter of a channel; files lie in the tenant's home, folder `channels`."""

    def find(tenant: str, channel: Channel) -> ChannelAdapter:
        if channel.kind == "file":
            return FileAdapter(tenant_settings(settings, tenant).home / "channels")
        if channel.kind == "http":
            return HttpAdapter(settings.private_targets)
        if channel.kind == "amazon":
            from serving.marketplace.amazon_adapter import amazon_adapter

            return amazon_adapter(settings, tenant)
        if channel.kind == "walmart":
            from serving.marketplace.walmart import walmart_adapter

            return walmart_adapter(settings, tenant)
        raise ConfigurationError(
            f"channel {channel.channel} is of kind {channel.kind!r}; known are amazon, file, http and walmart"
        )

    return find
