"""The kind of job `amazon-feed`: the quantities of a channel's listings in JSON_LISTINGS_FEED documents.

For what would take the courier too long at five listings a second: thousands of products listed at once, a channel that
sells again. Steps are durable: a killed worker goes on with the feed that was sent.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from core.errors import MarketplaceReportError
from inventory.hub.bulk import Sent, settle_bulk, take_for_bulk
from inventory.hub.channels import find_channel
from inventory.marketplace.listing_quantity import FeedVerdict, listings_feed, read_verdict
from inventory.marketplace.report_flow import Move, document_of, next_move, why_ended
from serving.access import Scope
from serving.jobs.job import ItemError
from serving.jobs.kinds import JobKind
from serving.jobs.run import JobRun
from serving.marketplace.connected import connected, wait_in
from serving.marketplace.documents import fetch_document, send_document
from serving.marketplace.report_job import await_end
from serving.marketplace.selling_partner import SellingPartner

__all__ = ["AMAZON_FEED"]

HOLD = timedelta(minutes=30)
"""How long the courier leaves to the feed what was due before."""
MOST_A_FEED = 10_000


def _feed(run: JobRun) -> Mapping[str, Any]:
    partner = connected(run)
    told: dict[str, Any] = {"channel": str(run.request["channel"]), "feeds": []}
    counts: Counter[str] = Counter(listings=0, refused=0, told_again=0)
    after = ""
    while True:
        facts = run.once(f"listings after {after!r}", partial(_take, run, after=after))
        if not facts:
            return told | counts
        sent = [Sent(*item) for item in facts]
        feed_id, found = _one_feed(run, partner, sent)
        told["feeds"].append(feed_id)
        counts.update(found)
        after = sent[-1].sku


def _one_feed(run: JobRun, partner: SellingPartner, sent: Sequence[Sent]) -> tuple[str, dict[str, int]]:
    """Send the listings, wait, settle; return the feed's id and what came of it; raises StepFailed where it failed."""
    feed_id = run.step(f"send {len(sent)} listings", partial(_send, run, partner, sent))
    ended = run.step(f"wait for feed {feed_id}", partial(_wait, run, partner, feed_id))
    refused = run.step(f"read feed {feed_id}", partial(_refused, run, partner, ended, sent))
    due = run.once(f"settle feed {feed_id}", partial(_settle, run, sent=sent, refused=refused))
    if next_move(ended) is Move.GIVE_UP:
        run.step("give up", partial(_give_up, ended))
    return feed_id, {"listings": len(sent), "refused": len(refused), "told_again": int(due)}


def _take(run: JobRun, connection: sa.Connection, *, after: str) -> list[Any]:
    taken = take_for_bulk(
        connection, run.job.tenant, str(run.request["channel"]), run.clock(), HOLD, MOST_A_FEED, after
    )
    return [item.facts() for item in taken]


def _send(run: JobRun, partner: SellingPartner, sent: Sequence[Sent]) -> str:
    """Put the document and return the id of its feed; sent twice after a crash, it says the same twice."""
    with run.database.reading() as connection:
        channel = find_channel(connection, run.job.tenant, str(run.request["channel"]))
    kind = str(channel.settings.get("product_type", "PRODUCT"))
    data = listings_feed(partner.account.seller_id, [(item.external_id, item.units) for item in sent], kind)
    place = partner.create_feed_document()
    send_document(place, data, partner.allow_private, lambda seconds: wait_in(run, "sending the feed", seconds))
    return partner.create_feed(str(place["feedDocumentId"]))


def _wait(run: JobRun, partner: SellingPartner, feed_id: str) -> dict[str, Any]:
    return dict(await_end(run, "feed", lambda: partner.get_feed(feed_id)))


def _refused(run: JobRun, partner: SellingPartner, ended: Mapping[str, Any], sent: Sequence[Sent]) -> dict[str, str]:
    """Return why listings were not taken, by SKU; all of them where the feed came to nothing."""
    if next_move(ended) is Move.GIVE_UP:
        return {item.sku: why_ended("feed", ended)[:1000] for item in sent}
    verdict = _verdict(run, partner, ended)
    found = {sent[number - 1].sku: why[:1000] for number, why in verdict.refused.items() if 0 < number <= len(sent)}
    run.item_errors([ItemError(sku, "marketplace.refused", why) for sku, why in sorted(found.items())])
    return found


def _verdict(run: JobRun, partner: SellingPartner, ended: Mapping[str, Any]) -> FeedVerdict:
    identity = document_of(ended)
    if identity is None:
        raise MarketplaceReportError(f"feed {ended.get('feedId')} is done without a result; send it again")
    pause = lambda seconds: wait_in(run, "fetching the result", seconds)  # noqa: E731
    document = fetch_document(lambda: partner.get_feed_document(identity), partner.allow_private, pause)
    return read_verdict(document.data)


def _settle(run: JobRun, connection: sa.Connection, *, sent: Sequence[Sent], refused: Mapping[str, str]) -> int:
    return settle_bulk(connection, run.job.tenant, str(run.request["channel"]), sent, refused, run.clock())


def _give_up(ended: Mapping[str, Any]) -> None:
    raise MarketplaceReportError(why_ended("feed", ended))


AMAZON_FEED = JobKind("amazon-feed", Scope.DATA_WRITE, _feed)
"""Asked for by POST /v1/jobs/amazon-feed, and by schedules of this kind."""
