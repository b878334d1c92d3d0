"""Tokens: asked for once, kept until shortly before their end, and never with refused credentials twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import MarketplaceBusyError, MarketplaceError
from serving.marketplace.access_token import AccessTokens


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def tokens(amazon, seconds):
    return AccessTokens(amazon.account(), True, seconds, seconds.slept.append)


def test_a_token_is_kept_until_a_minute_before_its_end(amazon, tokens, seconds) -> None:
    first = tokens.get_lwa_access_token()
    seconds.now += 3539
    assert tokens.get_lwa_access_token() == first
    seconds.now += 1
    assert tokens.get_lwa_access_token() != first
    assert amazon.asked["token"] == 2


def test_many_threads_ask_for_one_token(amazon, tokens) -> None:
    amazon.faults["token"] = ["slow"]
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: tokens.get_lwa_access_token(), range(8)))
    assert len(found) == amazon.asked["token"] == 1


def test_only_the_token_that_was_refused_is_forgotten(amazon, tokens) -> None:
    old = tokens.get_lwa_access_token()
    tokens.forget(old)
    new = tokens.get_lwa_access_token()
    tokens.forget(old)
    assert tokens.get_lwa_access_token() == new != old


@pytest.mark.parametrize("fault", ["500", "503", "429", "cut"])
def test_a_token_route_that_is_unwell_is_asked_again(amazon, tokens, seconds, fault) -> None:
    amazon.faults["token"] = [fault] * 2
    assert tokens.get_lwa_access_token().startswith("Atza|")
    assert seconds.slept == [1.0, 2.0]


def test_a_token_route_that_stays_unwell_ends_in_an_error(amazon, tokens, seconds) -> None:
    amazon.faults["token"] = ["503"] * 9
    with pytest.raises(MarketplaceBusyError, match="token route does not answer"):
        tokens.get_lwa_access_token()
    assert amazon.asked["token"] == 4


def test_refused_credentials_are_told_at_once(amazon, tokens, seconds) -> None:
    amazon.refuses_credentials = True
    with pytest.raises(MarketplaceError, match="invalid grant parameter; renew them"):
        tokens.get_lwa_access_token()
    assert (amazon.asked["token"], seconds.slept) == (1, [])
