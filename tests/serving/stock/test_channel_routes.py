"""The hub over REST, and a shop on a loopback server that is told of every order."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.errors import UsageError
from inventory.hub.delivery import Delivered, deliver_due
from serving.egress import resolve_target
from serving.stock.adapters import adapter_of
from tests.services import client_of, make_platform


class ShopServer(BaseHTTPRequestHandler):
    """A shop with a stock address: PUT tells it, GET asks it; it keeps the newest number."""

    units: dict
    status = 204

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status == 204:
            for item in body["items"]:
                known = self.server.units.get(item["external_id"], (0, 0))
                if item["number"] > known[1]:
                    self.server.units[item["external_id"]] = item["units"], item["number"]
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        if self.server.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def do_GET(self) -> None:
        text = json.dumps({"units": {name: units for name, (units, _) in self.server.units.items()}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *words) -> None:
        pass


@pytest.fixture
def shop():
    server = ThreadingHTTPServer(("127.0.0.1", 0), ShopServer)
    server.units, server.status = {}, 204
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def platform(tmp_path, sqlite_database):
    return make_platform(tmp_path, sqlite_database)


@pytest.fixture
def client(platform):
    return client_of(platform)


@pytest.fixture
def send(client):
    number = iter(range(1000))

    def run(method, path, body):
        return client.request(method, path, json=body, headers={"Idempotency-Key": f"k{next(number)}"})

    return run


@pytest.fixture
def open_for_sale(send, shop):
    """Ten units of A on a file channel and on the loopback shop."""
    receipt = {"sku": "A", "date": "2024-07-01", "kind": "receipt", "units": 10, "reference": "r1"}
    send("POST", "/v1/movements", {"movements": [receipt]})
    url = f"http://127.0.0.1:{shop.server_port}/stock"
    assert send("POST", "/v1/channels", {"channel": "market", "kind": "file"}).status_code == 201
    assert send("POST", "/v1/channels", {"channel": "shop", "kind": "http", "url": url}).status_code == 201
    for channel in ("market", "shop"):
        body = {"listings": [{"sku": "A", "external_id": f"{channel}-a"}]}
        assert send("PUT", f"/v1/channels/{channel}/listings", body).status_code == 200


def deliver(platform) -> Delivered:
    settings = type(platform.settings)(platform.settings.home, platform.settings.tracking_uri, private_targets=True)
    return deliver_due(platform.database, adapter_of(settings), platform.clock)


def test_an_order_on_one_channel_reaches_the_other_and_can_be_shipped_or_cancelled(
    platform, client, send, shop, open_for_sale
) -> None:
    assert deliver(platform) == Delivered(2, 0)
    assert shop.units == {"shop-a": (10, 1)}
    for order_id, units, state in (("o1", 4, "accepted"), ("o2", 7, "refused"), ("o3", 1, "accepted")):
        body = {"order_id": order_id, "lines": [{"sku": "A", "units": units}]}
        assert send("POST", "/v1/channels/market/orders", body).json()["state"] == state
    assert deliver(platform) == Delivered(2, 0)
    assert shop.units["shop-a"][0] == 5
    assert send("POST", "/v1/channels/market/orders/o1/ship", {}).json()["state"] == "shipped"
    assert send("POST", "/v1/channels/market/orders/o3/cancel", {}).json()["state"] == "cancelled"
    assert send("POST", "/v1/channels/market/orders/o1/cancel", {}).status_code == 409
    deliver(platform)
    assert shop.units["shop-a"][0] == 6
    health = client.get("/v1/channels/shop/health").json()
    assert (health["told"], health["failure_rate"], health["waiting"]) == (3, 0.0, 0)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_shop_that_refuses_is_told_again(platform, client, shop, open_for_sale, status) -> None:
    shop.status = status
    assert deliver(platform) == Delivered(1, 1)
    assert client.get("/v1/channels/shop/health").json()["waiting"] == 1
    shop.status = 204
    platform.clock.forward(seconds=7)
    assert deliver(platform) == Delivered(1, 0)


def test_a_reconciliation_pauses_a_channel_that_drifted_far(platform, send, shop, open_for_sale) -> None:
    deliver(platform)
    report = send("POST", "/v1/channels/shop/reconciliations", {"shown": {"shop-a": 500}}).json()
    assert (report["outcome"], report["differences"][0]["expected"]) == ("paused", 10)
    deliver(platform)
    assert shop.units["shop-a"][0] == 0
    assert send("PUT", "/v1/channels/shop/pause", {"paused": False}).json()["paused_because"] is None


def test_reconciliations_are_listed_a_page_at_a_time_and_shown_with_their_differences(
    platform, client, send, shop, open_for_sale
) -> None:
    deliver(platform)
    for units in (10, 9, 10):
        platform.clock.forward(seconds=1)
        made = send("POST", "/v1/channels/shop/reconciliations", {"shown": {"shop-a": units}})
        if units == 9:
            place, differing = made.headers["location"], made.json()
            deliver(platform)
    assert client.get(place).json() == differing
    assert differing["differences"][0] == {
        "sku": "A",
        "external_id": "shop-a",
        "expected": 10,
        "shown": 9,
        "action": "told again",
    }
    path, outcomes, cursor = "/v1/channels/shop/reconciliations", [], None
    for _ in range(2):
        page = client.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        outcomes += [(item["outcome"], item["differing"]) for item in page["items"]]
        cursor = page["next_cursor"]
    assert (outcomes, cursor) == ([("paused", 1), ("paused", 1), ("agrees", 0)], None)  # one of one listing differs
    assert client.get(f"{path}/99").json()["code"] == "resource.unknown"
    assert client.get("/v1/channels/none/reconciliations").json()["code"] == "channel.unknown"


def test_metrics_tell_lag_failures_and_accuracy_of_each_channel(platform, client, send, shop, open_for_sale) -> None:
    platform.clock.forward(seconds=2)
    shop.status = 500
    deliver(platform)
    send("POST", "/v1/channels/market/reconciliations", {"shown": {"market-a": 10}})
    told = client.get("/metrics").text
    market = 'tenant="local"'
    assert f'fillrate_channel_sync_lag_seconds{{channel="market",quantile="0.99",{market}}} 2.0' in told
    assert f'fillrate_channel_failure_rate{{channel="shop",{market}}} 1.0' in told
    assert f'fillrate_channel_waiting_listings{{channel="shop",{market}}} 1.0' in told
    assert f'fillrate_channel_inventory_accuracy{{channel="market",{market}}} 1.0' in told
    assert f'fillrate_channel_inventory_accuracy{{channel="shop",{market}}}' not in told
    assert f'fillrate_channel_paused{{channel="shop",{market}}} 0.0' in told
    assert "fillrate_http_requests" in told


def test_metrics_are_told_without_the_channels_where_the_database_does_not_answer(platform, client) -> None:
    with platform.database.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE channels RENAME TO gone")
    answer = client.get("/metrics")
    assert (answer.status_code, "fillrate_channel" in answer.text) == (200, False)


def test_a_file_channel_is_asked_by_its_file(platform, send, open_for_sale) -> None:
    deliver(platform)
    assert send("POST", "/v1/channels/market/reconciliations", {}).json()["outcome"] == "agrees"
    text = (platform.settings.home / "channels" / "market.csv").read_text()
    assert text.splitlines()[1] == "market-a,A,10,1"


def test_a_channel_cannot_reach_into_the_services_own_network(platform, send, open_for_sale) -> None:
    answer = send("POST", "/v1/channels/shop/reconciliations", {})
    assert answer.status_code == 422
    assert "not a public address" in answer.json()["detail"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8080/x",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://0.0.0.0/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://2130706433/",
        "ftp://198.51.100.1/",
        "http://user:word@198.51.100.1/",
        "http:///nothing",
    ],
)
def test_targets_inside_are_refused(url) -> None:
    with pytest.raises(UsageError):
        resolve_target(url)


def test_a_public_target_is_pinned_to_the_address_that_was_looked_at() -> None:
    target = resolve_target("https://1.1.1.1/hook?a=1")
    assert target.url == "https://1.1.1.1:443/hook?a=1"
    assert (target.headers, target.extensions) == ({"Host": "1.1.1.1"}, {"sni_hostname": "1.1.1.1"})


def test_an_unknown_channel_is_a_404_and_a_taken_name_a_409(send, open_for_sale) -> None:
    assert send("PUT", "/v1/channels/none/pause", {"paused": True}).json()["code"] == "channel.unknown"
    assert send("POST", "/v1/channels", {"channel": "shop"}).status_code == 409
