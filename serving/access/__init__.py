"""Who calls and what they may do: API keys, OAuth2 tokens, scopes, tenants, and the limits that callers meet.

May import: core, and serving's own problems. Read first: `caller.needs`, `gate.Gate`, `keys.create_key`.
"""

from serving.access.caller import LOCAL, Caller, Scope, needs
from serving.access.tenants import LOCAL_TENANT, check_tenant, tenant_settings

__all__ = ["LOCAL", "LOCAL_TENANT", "Caller", "Scope", "check_tenant", "needs", "tenant_settings"]
