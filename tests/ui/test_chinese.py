"""The page in Chinese: no screen keeps an English sentence, those of the engine included."""

import re

import pytest

from serving.demand.datasets import register_base
from tests.ui.reading import Element, Reader

SCREENS = (
    "/ui/today",
    "/ui/today/board?everything=true",
    "/ui/today/changes",
    "/ui/products",
    "/ui/products/one?sku=SKU-03",
    "/ui/products/one?sku=SKU-11",
    "/ui/proposals",
    "/ui/proposals?holds=1",
    "/ui/what-if?sku=SKU-03&demand=40",
    "/ui/data",
    "/ui/data/models",
    "/ui/data/models/list",
    "/ui/data/models/1/backtest",
    "/ui/data/jobs",
    "/ui/data/alerts",
    "/ui/data/keys",
)
SENTENCE = re.compile(r"[A-Za-z][a-z]+(?:[ ,;:]+[A-Za-z][a-z]+){2,}")
"""Three English words in a row."""


@pytest.fixture(scope="module")
def planned(context, shop, tmp_path_factory):
    from serving.api import create_api
    from tests.services import client_of, make_platform

    platform = make_platform(tmp_path_factory.mktemp("chinese"), context=context)
    register_base(platform, shop)
    client = client_of(create_api(platform))
    answer = client.post("/v1/plan-runs", json={}, headers={"Idempotency-Key": "plan"})
    assert answer.status_code in (200, 201), answer.text
    return client


def texts(element: Element):
    """Yield the texts of what people read: no code, no name of a file, a product or a key."""
    if element.tag in ("code", "script", "style") or element.attributes.get("lang") == "en":
        return
    for part in element.parts:
        if isinstance(part, str):
            yield part
        else:
            yield from texts(part)


@pytest.mark.parametrize("path", SCREENS)
def test_no_sentence_is_left_in_english(planned, path):
    answer = planned.get(path, headers={"Accept-Language": "zh"})
    assert answer.status_code == 200
    found = {text.strip() for text in texts(Reader.of(answer.text)) if SENTENCE.search(text)}
    assert not found, sorted(found)
