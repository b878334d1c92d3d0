"""Walmart's inventory (H14): against a loopback server that answers by the published contract and refuses all else."""

import json
import threading
import uuid
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

from core.errors import ConfigurationError, MarketplaceBusyError, MarketplaceError
from core.settings import Settings
from inventory.hub.channels import Channel
from inventory.hub.delivery import LATER, deliver_due
from serving.marketplace.walmart import WalmartAdapter, WalmartMarket
from serving.marketplace.walmart_account import WalmartAccount, walmart_account_of
from serving.stock.adapters import adapter_of
from tests.inventory.hub.shop import Clock, open_shop


class Walmart(BaseHTTPRequestHandler):
    """Token route, one item's inventory, all inventories by page; scripted: statuses that come before an answer."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        told = b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        if self.path != "/v3/token" or body != "grant_type=client_credentials" or told != "id:secret":
            return self._say(401, {"errors": [{"code": "UNAUTHORIZED.GMP", "description": "unknown client"}]})
        self.server.token = f"token-{uuid.uuid4()}"
        self.server.tokens += 1
        return self._say(200, {"access_token": self.server.token, "token_type": "Bearer", "expires_in": 900})

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        query = dict(parse_qsl(urlsplit(self.path).query))
        if (refused := self._refused()) is not None:
            return self._say(*refused)
        if set(body) != {"sku", "quantity"} or body["quantity"]["unit"] != "EACH" or query["sku"] != body["sku"]:
            return self._say(400, {"errors": [{"code": "INVALID_REQUEST", "description": "not the contract"}]})
        if body["sku"] == "GONE":
            return self._say(404, {"errors": [{"code": "CONTENT_NOT_FOUND", "info": "no such SKU"}]})
        node = query.get("shipNode", "DEFAULT")
        self.server.units.setdefault(body["sku"], {})[node] = body["quantity"]["amount"]
        return self._say(200, body)

    def do_GET(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query))
        if (refused := self._refused()) is not None:
            return self._say(*refused)
        skus, begin = sorted(self.server.units), int(query.get("nextCursor", 0))
        page = skus[begin : begin + 2]  # smaller pages than were asked for
        inventories = [
            {"sku": sku, "nodes": [_place(*place) for place in self.server.units[sku].items()]} for sku in page
        ]
        meta = {"totalCount": len(skus)} | ({"nextCursor": str(begin + 2)} if begin + 2 < len(skus) else {})
        return self._say(200, {"meta": meta, "elements": {"inventories": inventories}})

    def _refused(self):
        uuid.UUID(self.headers["WM_QOS.CORRELATION_ID"])
        assert self.headers["WM_SVC.NAME"] == "Walmart Marketplace"
        if self.server.scripted:
            return self.server.scripted.pop(0), {}
        return None if self.headers["WM_SEC.ACCESS_TOKEN"] == self.server.token else (401, {})

    def _say(self, status: int, facts: object) -> None:
        body = json.dumps(facts).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def _place(node: str, units: int) -> dict:
    quantity = {"unit": "EACH", "amount": units}
    return {"shipNode": node, "inputQty": quantity, "availToSellQty": quantity | {"amount": max(units - 1, 0)}}


@pytest.fixture
def walmart() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Walmart)
    server.token, server.tokens, server.units, server.scripted = "", 0, {}, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def account(server, secret: str = "secret") -> WalmartAccount:
    return WalmartAccount("id", secret, f"http://127.0.0.1:{server.server_address[1]}")


CHANNEL = Channel("walmart", "walmart", "main")


def update(sku: str, units: int):
    from datetime import UTC, datetime

    from inventory.hub.delivery import Update

    return Update(f"our-{sku}", sku, units, 1, datetime.now(UTC), 1)


def test_h14_quantities_are_told_by_sku_with_one_token_and_read_back_page_by_page(walmart) -> None:
    adapter = WalmartAdapter(WalmartMarket(account(walmart), allow_private=True))
    told = adapter.publish(CHANNEL, [update(sku, units) for sku, units in (("A", 5), ("B", 0), ("C", 7), ("D", 1))])
    assert told == {"our-A": None, "our-B": None, "our-C": None, "our-D": None}
    assert adapter.shown(CHANNEL) == {"A": 5, "B": 0, "C": 7, "D": 1}, "what was told, not what Walmart reserves of it"
    assert walmart.tokens == 1


def test_a_ship_node_is_told_and_read_alone(walmart) -> None:
    adapter = WalmartAdapter(WalmartMarket(account(walmart), allow_private=True))
    west = Channel("walmart", "walmart", "main", settings={"ship_node": "WEST"})
    adapter.publish(CHANNEL, [update("A", 5)])
    adapter.publish(west, [update("A", 3)])
    assert walmart.units == {"A": {"DEFAULT": 5, "WEST": 3}}
    assert (adapter.shown(west), adapter.shown(CHANNEL)) == ({"A": 3}, {"A": 8})


def test_a_sku_that_is_refused_holds_up_no_other(walmart) -> None:
    adapter = WalmartAdapter(WalmartMarket(account(walmart), allow_private=True))
    told = adapter.publish(CHANNEL, [update("GONE", 5), update("B", 2)])
    assert told["our-GONE"] == "Walmart refuses it: no such SKU; correct the listing or the account"
    assert told["our-B"] is None


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_market_is_left_alone_until_the_next_round(walmart, status) -> None:
    adapter = WalmartAdapter(WalmartMarket(account(walmart), allow_private=True))
    walmart.scripted = [status]
    told = adapter.publish(CHANNEL, [update("A", 5), update("B", 2)])
    assert told == {"our-A": f"Walmart is busy (status {status}); try again later", "our-B": LATER}
    assert walmart.units == {}


def test_a_round_ends_in_time_and_leaves_the_rest(walmart) -> None:
    moments = iter([0.0, 1.0, 14.0, 15.0])
    adapter = WalmartAdapter(WalmartMarket(account(walmart), allow_private=True), lambda: next(moments))
    told = adapter.publish(CHANNEL, [update(sku, 1) for sku in "ABC"])
    assert list(told.values()) == [None, None, LATER]


def test_a_token_that_ended_early_is_renewed_once_and_wrong_credentials_are_told_without_the_secret(walmart) -> None:
    market = WalmartMarket(account(walmart), allow_private=True)
    market.ask("GET", "/v3/inventories", {})
    walmart.token = "another"
    market.ask("GET", "/v3/inventories", {})
    assert walmart.tokens == 2
    walmart.scripted = [401, 401]
    with pytest.raises(MarketplaceError, match="status 401"):
        market.ask("GET", "/v3/inventories", {})
    wrong = WalmartMarket(account(walmart, "hush-hush"), allow_private=True)
    with pytest.raises(MarketplaceError, match="unknown client") as refused:
        wrong.ask("GET", "/v3/inventories", {})
    assert "hush" not in str(refused.value) + repr(account(walmart, "hush-hush"))


def test_nobody_there_is_busy_and_a_private_address_needs_leave(walmart) -> None:
    gone = WalmartMarket(WalmartAccount("id", "secret", "http://127.0.0.1:9"), allow_private=True)
    with pytest.raises(MarketplaceBusyError, match="did not answer"):
        gone.ask("GET", "/v3/inventories", {})
    with pytest.raises(Exception, match="not a public address"):
        WalmartMarket(account(walmart)).ask("GET", "/v3/inventories", {})


def test_the_hub_tells_walmart_what_it_tells_all_others(walmart, sqlite_database, tmp_path, monkeypatch) -> None:
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path), "FILLRATE_PRIVATE_TARGETS": "allow"})
    for name, value in (("CLIENT_ID", "id"), ("CLIENT_SECRET", "secret"), ("ENDPOINT", account(walmart).endpoint)):
        monkeypatch.setenv(f"FILLRATE_WALMART_{name}", value)
    open_shop(sqlite_database, ["A", "B"], channels=("walmart",))
    with sqlite_database.transaction() as connection:
        connection.exec_driver_sql("UPDATE channels SET kind = 'walmart'")
    local = adapter_of(settings)
    assert deliver_due(sqlite_database, lambda _, channel: local("local", channel), Clock()).told == 2
    assert walmart.units == {"walmart-A": {"DEFAULT": 100}, "walmart-B": {"DEFAULT": 100}}


def test_the_account_is_read_from_the_tenants_file_and_says_what_is_missing(tmp_path) -> None:
    settings = Settings.from_environment({"FILLRATE_HOME": str(tmp_path)})
    with pytest.raises(ConfigurationError, match="has no client_id, client_secret; state them in walmart"):
        walmart_account_of(settings, "local", {})
    (tmp_path / "walmart.toml").write_text('client_id = "a"\nclient_secret = "b"\nendpoint = "http://x/"\n')
    assert walmart_account_of(settings, "local", {}) == WalmartAccount("a", "b", "http://x")
    assert walmart_account_of(settings, "local", {"FILLRATE_WALMART_CLIENT_ID": "c"}).client_id == "c"
    (tmp_path / "walmart.toml").write_text('secret = "b"\n')
    with pytest.raises(ConfigurationError, match="'secret', which is not known"):
        walmart_account_of(settings, "local", {})
