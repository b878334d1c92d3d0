"""API keys and the audit trail."""

from collections.abc import Iterator
from datetime import datetime
from typing import cast

from fillrate_client.answers.access import AuditEntry, KeyAnswer
from fillrate_client.transport import Transport

__all__ = ["Access"]


class Access:
    """`/v1/keys` and `/v1/audit`; keys are made on the service's command line."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def keys(self) -> list[KeyAnswer]:
        """Return the tenant's keys, without their secrets."""
        return cast(list[KeyAnswer], self._transport.json("GET", "/v1/keys")["items"])

    def revoke(self, key_id: str, key: str | None = None) -> KeyAnswer:
        """Let a key in no more."""
        return cast(KeyAnswer, self._transport.json("DELETE", "/v1/keys/{key_id}", key_id, key=key))

    def audit(
        self,
        since: datetime | None = None,
        actor: str | None = None,
        action: str | None = None,
        resource: str | None = None,
    ) -> Iterator[AuditEntry]:
        """Yield who changed what, the newest first."""
        query = {"since": since, "actor": actor, "action": action, "resource": resource}
        return self._transport.pages("/v1/audit", query=query)
