"""A planner with a browser, in tests: reads what is shown and presses what is there."""

import re

from serving.ui.visit import CSRF_HEADER
from tests.serving.proposals.desk import Desk
from tests.ui.reading import Reader

__all__ = ["BOARD", "Planner"]

BOARD = "/ui/proposals"
HEADERS = {"HX-Request": "true"}


class Planner:
    """A browser on the screen of proposals of one desk."""

    def __init__(self, desk: Desk, **headers: str) -> None:
        self.desk, self.client, self.headers = desk, desk.client, headers

    def read(self, path=BOARD, status=200, **query):
        answer = self.client.get(path, params=query, headers=self.headers)
        assert answer.status_code == status, answer.text[:1500]
        return Reader.of(answer.text)

    def token(self):
        return re.search(r'X-CSRF-Token": "([0-9a-f]+)', self.client.get("/ui/sign-in").text).group(1)

    def row(self, sku, **query):
        (found,) = self.read(**query).all("tr", data_sku=sku)
        return found

    def post(self, path, data):
        told = {CSRF_HEADER: self.token(), **HEADERS, **self.headers}
        return self.client.post(f"{BOARD}{path}", data=data, headers=told)

    def form(self, sku, **query):
        """Return address and fields of a row's form, as shown."""
        row = self.row(sku, **query)
        fields = {item.attributes["name"]: item.attributes["value"] for item in row.all("input", type="hidden")}
        fields |= {item.attributes["name"]: item.attributes["value"] for item in row.all("input", type="number")}
        return f"/{row.attributes['id'].removeprefix('p-')}", fields

    def press(self, sku, event, **changes):
        path, fields = self.form(sku)
        return self.post(f"{path}/{event}", fields | changes)
