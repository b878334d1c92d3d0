"""Stable names: the same question has the same name, whenever and however often it is asked."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Any

__all__ = ["config_hash", "draft_id", "proposal_id", "run_id"]

DIGITS = 24
"""Hexadecimal digits of a name, 96 bits: two of a billion proposals share one with a chance below 1e-10."""


def proposal_id(tenant: str, dataset: str, as_of: date, sku: str, location: str, supplier: str, mode: str) -> str:
    """Return a proposal's name: one a day, series and way to buy, so that a repeated run can never order twice."""
    return _name("proposal", tenant, dataset, as_of.isoformat(), sku, location, supplier, mode)


def run_id(content: Any) -> str:
    """Return the name of a plan run, made of all that went in and came out (anything that JSON can say)."""
    return _name("run", _text(content))


def draft_id(tenant: str, proposals: Iterable[tuple[str, int]]) -> str:
    """Return the name of a purchase-order draft, made of its proposals and their versions when it was made."""
    return _name("order", tenant, *sorted(f"{name}@{version}" for name, version in proposals))


def config_hash(config: Any) -> str:
    """Return the fingerprint of a configuration (anything with a plain repr that names all its values)."""
    return _name("configuration", repr(config))


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _name(*words: str) -> str:
    # Lengths in front of the words: no two lists of words read the same.
    key = "".join(f"{len(word)}:{word}" for word in words)
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
