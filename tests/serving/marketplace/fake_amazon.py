"""A marketplace on a loopback port: it speaks the published contract, refuses requests that break it, takes its time
with reports and feeds, and fails in the ways that a test asks for.
"""

import gzip
import json
import threading
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from serving.marketplace.account import AmazonAccount
from tests.serving.marketplace.published_contract import operations

ERRORS = {"403": "Unauthorized", "404": "NotFound", "429": "QuotaExceeded", "500": "InternalFailure"}
SECRET = "do-not-tell-this-to-anybody"


class FakeAmazon:
    """What the marketplace knows. Faults are lists by operation (`token`, `document`, `upload` too), one a request:
    a status, `cut` (nothing happens, the connection ends), `cut-after` (it happens, the answer is lost), `slow`.
    """

    def __init__(self):
        self.faults = defaultdict(list)
        self.asked, self.lock = Counter(), threading.Lock()
        self.tokens, self.token_lives, self.refuses_credentials = set(), 3600, False
        self.limits = {}
        self.flow = ["IN_QUEUE", "IN_PROGRESS", "DONE"]
        self.reports, self.feeds, self.documents = {}, {}, {}
        self.made_report = (b"sku\tquantity\nA\t3\n", None, "text/plain;charset=UTF-8")
        self.invalid = {}
        self.quantities, self.pages, self.applied = {}, [], []
        self.address = ""

    def account(self, **changes):
        facts = {
            "client_id": "amzn1.application-oa2-client.1",
            "client_secret": SECRET,
            "refresh_token": f"Atzr|{SECRET}",
            "seller_id": "A1SELLER",
            "marketplace_ids": ("ATVPDKIKX0DER",),
            "endpoint": self.address,
            "token_endpoint": f"{self.address}/auth/o2/token",
        }
        return AmazonAccount(**facts | changes)

    def toml(self):
        account = self.account()
        lines = [f'{name} = "{getattr(account, name)}"' for name in account.__slots__ if name != "marketplace_ids"]
        return "\n".join([*lines, 'marketplace_ids = ["ATVPDKIKX0DER"]'])

    def expire_tokens(self):
        self.tokens.clear()

    # What each operation answers: (status, JSON).

    def createReport(self, place, query, body):
        name = f"R{len(self.reports) + 1}"
        report = {**body, "reportId": name, "createdTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        self.reports[name] = report | {"processingStatus": "IN_QUEUE", "flow": list(self.flow)}
        return {"reportId": name}

    def getReport(self, place, query, body):
        return self.shown(self.reports[place["reportId"]], "reportDocumentId", self.made_report)

    def getReports(self, place, query, body):
        wanted = query["reportTypes"].split(",")
        found = [report for report in self.reports.values() if report["reportType"] in wanted]
        return {"reports": [{k: v for k, v in report.items() if k in self.shown_names} for report in found]}

    shown_names = frozenset(
        ["reportId", "reportType", "marketplaceIds", "dataStartTime", "dataEndTime", "createdTime", "processingStatus"]
    )

    def shown(self, thing, document_name, made):
        """Return the next state of a report or feed; the last one stays."""
        thing["processingStatus"] = thing["flow"].pop(0) if len(thing["flow"]) > 1 else thing["flow"][0]
        ended = thing["processingStatus"] == "DONE" or (thing["processingStatus"] == "FATAL" and thing.get("explains"))
        if ended and document_name not in thing:
            thing[document_name] = self.keep(*(made() if callable(made) else made))
        return {name: value for name, value in thing.items() if name not in ("flow", "reportOptions", "explains", "in")}

    def keep(self, data, packing, media_type):
        name = f"amzn1.spdoc.{len(self.documents) + 1}"
        self.documents[name] = (gzip.compress(data) if packing == "GZIP" else data, packing, media_type)
        return name

    def getReportDocument(self, place, query, body):
        return self.document(place["reportDocumentId"], "reportDocumentId")

    def document(self, name, called):
        packing = self.documents[name][1]
        facts = {called: name, "url": f"{self.address}/document/{name}?X-Amz-Signature={SECRET}"}
        return facts | ({"compressionAlgorithm": packing} if packing else {})

    def createFeedDocument(self, place, query, body):
        return self.document(self.keep(b"", None, body["contentType"]), "feedDocumentId")

    def createFeed(self, place, query, body):
        name = f"F{len(self.feeds) + 1}"
        told = {"feedId": name, "feedType": body["feedType"], "createdTime": "2026-12-01T00:00:00Z"}
        self.feeds[name] = told | {"in": body["inputFeedDocumentId"], "flow": list(self.flow)}
        return {"feedId": name}

    def getFeed(self, place, query, body):
        feed = self.feeds[place["feedId"]]
        return self.shown(feed, "resultFeedDocumentId", lambda: (self.work_off(feed), "GZIP", "application/json"))

    def getFeedDocument(self, place, query, body):
        return self.document(place["feedDocumentId"], "feedDocumentId")

    def work_off(self, feed):
        """Apply a feed's patches and return its result document."""
        told, issues = json.loads(self.documents[feed["in"]][0]), []
        assert told["header"] == {"sellerId": "A1SELLER", "version": "2.0", "issueLocale": "en_US"}
        for message in told["messages"]:
            assert message["operationType"] == "PATCH"
            if message["sku"] in self.invalid:
                issue = {"code": "8541", "message": self.invalid[message["sku"]], "severity": "ERROR"}
                issues.append({"messageId": message["messageId"], **issue})
            else:
                self.apply(message["sku"], message["patches"])
        issues.append({"messageId": 1, "code": "1", "message": "only a warning", "severity": "WARNING"})
        count, bad = len(told["messages"]), len(issues) - 1
        summary = {"messagesProcessed": count, "messagesAccepted": count - bad, "messagesInvalid": bad}
        return json.dumps({"issues": issues, "summary": {**summary, "errors": bad, "warnings": 1}}).encode()

    def apply(self, sku, patches):
        (patch,) = patches
        assert (patch["op"], patch["path"]) == ("replace", "/attributes/fulfillment_availability")
        (value,) = patch["value"]
        assert value["fulfillment_channel_code"] == "DEFAULT"
        self.quantities[sku] = value["quantity"]
        self.applied.append((sku, value["quantity"]))

    def patchListingsItem(self, place, query, body):
        sku = unquote(place["sku"])
        if sku in self.invalid:
            issue = {"code": "4000001", "message": self.invalid[sku], "severity": "ERROR", "categories": []}
            return {"sku": sku, "status": "INVALID", "submissionId": "s", "issues": [issue]}
        self.apply(sku, body["patches"])
        return operations()["patchListingsItem"].example() | {"sku": sku}

    def searchListingsItems(self, place, query, body):
        names = sorted(self.quantities)
        start = int(query.get("pageToken", 0))
        size = int(query["pageSize"])
        items = [
            {
                "sku": sku,
                "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": self.quantities[sku]}],
            }
            for sku in names[start : start + size]
        ]
        items += [{"sku": "FBA-1", "fulfillmentAvailability": [{"fulfillmentChannelCode": "AMAZON_NA"}]}]
        more = {"pagination": {"nextToken": str(start + size)}} if start + size < len(names) else {}
        return {"numberOfResults": len(names), "items": items, **more}

    def getInventorySummaries(self, place, query, body):
        number = int(query.get("nextToken", 0))
        more = {"pagination": {"nextToken": str(number + 1)}} if number + 1 < len(self.pages) else {}
        where = {"granularityType": "Marketplace", "granularityId": query["granularityId"]}
        return {"payload": {"granularity": where, "inventorySummaries": self.pages[number]}, **more}


class Handler(BaseHTTPRequestHandler):
    """HTTP of the marketplace."""

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def do_PUT(self):
        self.answer("PUT")

    def do_PATCH(self):
        self.answer("PATCH")

    def log_message(self, *words):
        pass

    def answer(self, method):
        fake, parts = self.server.fake, urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = dict(parse_qsl(parts.query))
        operation, place = self.find(method, parts.path)
        with fake.lock:
            fake.asked[operation] += 1
            fault = fake.faults[operation].pop(0) if fake.faults[operation] else ""
        if fault == "slow":
            time.sleep(1.0)
        if fault == "cut":
            return self.cut()
        if fault.isdecimal():
            return self.say(int(fault), {"errors": [{"code": ERRORS.get(fault, "E"), "message": "as asked"}]})
        with fake.lock:
            status, found, media_type = self.work(operation, place, query, sent)
        if fault == "cut-after":
            return self.cut()
        return self.say(status, found, media_type, operation)

    def find(self, method, path):
        if path == "/auth/o2/token":
            return "token", {}
        if path.startswith("/document/"):
            return {"GET": "document", "PUT": "upload"}[method], {"name": path.rsplit("/", 1)[1]}
        for operation in operations().values():
            found = operation.path.fullmatch(path)
            if found and operation.method == method:
                return operation.name, found.groupdict()
        return "unknown", {}

    def work(self, operation, place, query, sent):
        fake = self.server.fake
        if operation == "token":
            return self.token(dict(parse_qsl(sent.decode())))
        if operation == "document":
            data, _, media_type = fake.documents[place["name"]]
            return 200, data, media_type
        if operation == "upload":
            fake.documents[place["name"]] = (sent, None, self.headers["Content-Type"])
            return 200, b"", "text/plain"
        if operation == "unknown":
            return 404, {"errors": [{"code": "NotFound", "message": self.path}]}, "application/json"
        if self.headers.get("x-amz-access-token") not in fake.tokens:
            details = "The access token you provided has expired."
            error = {"code": "Unauthorized", "message": "Access to requested resource is denied.", "details": details}
            return 403, {"errors": [error]}, "application/json"
        contract = operations()[operation]
        body = json.loads(sent) if sent else None
        trouble = contract.trouble(query, body)
        if trouble:
            return 400, {"errors": [{"code": "InvalidInput", "message": trouble}]}, "application/json"
        found = getattr(fake, operation)(place, query, body)
        contract.check_answer(found)
        return contract.success, found, "application/json"

    def token(self, form):
        fake = self.server.fake
        account = fake.account()
        right = {
            "grant_type": "refresh_token",
            "refresh_token": account.refresh_token,
            "client_id": account.client_id,
            "client_secret": account.client_secret,
        }
        if form != right or fake.refuses_credentials:
            told = {"error": "invalid_grant", "error_description": "The request has an invalid grant parameter"}
            return 400, told, "application/json"
        token = f"Atza|{fake.asked['token']}"
        fake.tokens.add(token)
        told = {"access_token": token, "token_type": "bearer", "expires_in": fake.token_lives}
        return 200, told, "application/json"

    def say(self, status, found, media_type="application/json", operation=""):
        data = found if isinstance(found, bytes) else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        if operation in self.server.fake.limits:
            self.send_header("x-amzn-RateLimit-Limit", self.server.fake.limits[operation])
        self.end_headers()
        self.wfile.write(data)

    def cut(self):
        self.close_connection = True
        self.connection.shutdown(2)


@contextmanager
def running_marketplace():
    """A marketplace that answers on a loopback port until the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.fake = FakeAmazon()
    server.fake.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.fake
    finally:
        server.shutdown()
        server.server_close()
