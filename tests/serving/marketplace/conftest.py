"""A marketplace on a loopback port, an account there, and a partner that does not really wait."""

import pytest

from serving.marketplace.selling_partner import SellingPartner
from tests.serving.marketplace.fake_amazon import running_marketplace


@pytest.fixture
def amazon():
    with running_marketplace() as fake:
        yield fake


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def partner(amazon, pauses):
    return SellingPartner(amazon.account(), allow_private=True, pause=pauses.append, spread=lambda: 0.0)
