"""The connector against a marketplace on a loopback port that speaks the published contract."""

import logging
from datetime import UTC, datetime

import pytest

from core.errors import MarketplaceBusyError, MarketplaceError, UsageError
from inventory.marketplace.report_flow import ReportOrder
from serving.marketplace.selling_partner import OutcomeUnknown, SellingPartner
from tests.serving.marketplace.fake_amazon import SECRET
from tests.serving.marketplace.published_contract import operations

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
ORDER = ReportOrder("GET_LEDGER_DETAIL_VIEW_DATA", ("ATVPDKIKX0DER",), MARCH, MARCH.replace(day=8))


def test_every_operation_is_asked_for_as_the_published_contract_wants_it(amazon, partner) -> None:
    report = partner.create_report(ORDER)
    for _ in amazon.flow:
        answer = partner.get_report(report)
    assert answer["processingStatus"] == "DONE"
    assert partner.get_report_document(answer["reportDocumentId"])["url"].startswith(amazon.address)
    assert [item["reportId"] for item in partner.get_reports(ORDER.report_type, MARCH)] == [report]
    document = partner.create_feed_document()["feedDocumentId"]
    amazon.flow = ["IN_QUEUE"]
    assert partner.get_feed(partner.create_feed(document))["processingStatus"] == "IN_QUEUE"
    assert partner.get_feed_document(document)["feedDocumentId"] == document
    assert partner.patch_quantity("GM/ZDPI 9B4E", 7) == operations()["patchListingsItem"].example() | {
        "sku": "GM/ZDPI 9B4E"
    }
    assert amazon.quantities == {"GM/ZDPI 9B4E": 7}
    assert partner.search_listings()["items"][0]["sku"] == "GM/ZDPI 9B4E"
    amazon.pages = [[], []]
    page = partner.get_inventory_summaries("ATVPDKIKX0DER")
    assert partner.get_inventory_summaries("ATVPDKIKX0DER", page["pagination"]["nextToken"])["payload"]
    assert set(amazon.asked) - {"token"} == set(operations())


def test_one_token_serves_all_requests_until_it_expires_and_then_one_more_is_asked_for(amazon, partner) -> None:
    for _ in range(3):
        partner.search_listings()
    assert amazon.asked["token"] == 1
    amazon.expire_tokens()
    partner.search_listings()
    assert (amazon.asked["token"], amazon.asked["searchListingsItems"]) == (2, 5)


def test_a_request_that_is_denied_with_a_new_token_too_is_refused(amazon, partner) -> None:
    partner.search_listings()
    amazon.faults["searchListingsItems"] = ["403", "403"]
    with pytest.raises(MarketplaceError, match=r"403 Unauthorized: as asked.*rights of the account"):
        partner.search_listings()
    assert amazon.asked["searchListingsItems"] == 3


@pytest.mark.parametrize("fault", ["429", "500", "503", "cut"])
def test_a_marketplace_that_is_unwell_is_asked_again_with_growing_pauses(amazon, partner, pauses, fault) -> None:
    amazon.faults["getReport"] = [fault] * 3
    report = partner.create_report(ORDER)
    assert partner.get_report(report)["reportId"] == report
    assert amazon.asked["getReport"] == 4
    assert [seconds for seconds in pauses if seconds in (1.0, 2.0, 4.0)] == [1.0, 2.0, 4.0]  # others: for the rate


def test_what_a_request_gets_wrong_is_told_with_the_marketplaces_words_and_asked_once(amazon, partner) -> None:
    with pytest.raises(MarketplaceError, match=r"refuses createReport: 400 InvalidInput"):
        partner.create_report(ReportOrder("GET_LEDGER_DETAIL_VIEW_DATA", ()))
    assert amazon.asked["createReport"] == 1


@pytest.mark.parametrize("fault", ["500", "cut", "cut-after"])
def test_ordering_a_report_is_never_repeated_blindly(amazon, partner, fault) -> None:
    amazon.faults["createReport"] = [fault]
    with pytest.raises(OutcomeUnknown):
        partner.create_report(ORDER)
    assert amazon.asked["createReport"] == 1
    assert len(amazon.reports) == (fault == "cut-after")


def test_patience_ends_in_an_error_that_says_so(amazon, pauses) -> None:
    partner = SellingPartner(amazon.account(), True, pauses.append, patience=5.0, spread=lambda: 0.0)
    amazon.faults["searchListingsItems"] = ["503"] * 9
    with pytest.raises(MarketplaceBusyError, match="lets searchListingsItems wait for more than 5 s"):
        partner.search_listings()
    assert pauses == [1.0, 2.0, 4.0]


def test_requests_beyond_the_burst_wait_for_their_place(amazon, partner, pauses) -> None:
    amazon.pages = [[]]
    for _ in range(3):
        partner.get_inventory_summaries("M")
    waits = [seconds for seconds in pauses if seconds > 0]
    assert waits  # burst 2 at 2 a second: the third request waits for up to half a second
    assert all(0 < seconds <= 0.5 for seconds in waits)


def test_the_rate_that_the_marketplace_names_replaces_the_published_one(amazon, partner, pauses) -> None:
    amazon.pages, amazon.limits = [[]], {"getInventorySummaries": "0.1"}
    for _ in range(3):
        partner.get_inventory_summaries("M")
    assert max(pauses) == pytest.approx(10.0, abs=0.5)


def test_no_secret_is_logged_or_shown(amazon, partner, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    amazon.faults["getReport"] = ["500"]
    partner.get_report(partner.create_report(ORDER))
    amazon.refuses_credentials = True
    amazon.expire_tokens()
    with pytest.raises(MarketplaceError, match="refuses the account's credentials: The request has an invalid") as told:
        partner.search_listings()
    assert SECRET not in caplog.text + str(told.value) + repr(amazon.account()) + repr(partner.__dict__)
    assert "Atza|" not in caplog.text


def test_an_endpoint_in_our_own_network_is_refused_unless_the_host_allows_it(amazon) -> None:
    with pytest.raises(UsageError, match="not a public address"):
        SellingPartner(amazon.account(), allow_private=False)


def test_importing_the_official_client_leaves_logging_as_it_is(partner) -> None:
    assert logging.getLogger().level == logging.WARNING
