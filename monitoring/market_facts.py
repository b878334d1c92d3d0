"""What the market does: competitors, ranks, search terms and advertising, as known at `as_of`."""

import numpy as np
import pandas as pd

from core.types import FloatArray
from monitoring.fact import Fact, Scope
from monitoring.signal_window import keyword_window, latest, mean_of, window_of
from monitoring.view import View

__all__ = ["FACTS", "keyword_facts", "market_facts"]

WINDOW_DAYS = 120
FACTS = (
    Fact("competitor_cut_3d", "share", "how far the competitor's price was below its usual one on all of 3 days"),
    Fact("competitor_price_rise", "share", "competitor's newest price over its usual one, less 1"),
    Fact("competitor_price_swing", "share", "standard deviation of the competitor's price over 28 days, over its mean"),
    Fact("competitor_out", "flag", "1 where the competitor is out of stock"),
    Fact("competitor_cycle_days", "days", "mean days between the competitor's last stock-outs"),
    Fact("competitor_next_out_days", "days", "days until the competitor runs out next, if it keeps its cycle"),
    Fact("competitor_rank_gain_3d", "places", "places the competitor's core keyword rank rose in 72 hours"),
    Fact("competitor_best_bsr", "flag", "1 where the competitor's best-seller rank is its best ever"),
    Fact("competitor_growth", "share", "competitor's sales of the last 30 days over the 30 before, less 1"),
    Fact("competitor_new_products", "products", "competing products that came on the market within 28 days"),
    Fact("competitor_basket_change", "share", "competitors' carts filled, last 28 days over the 28 before, less 1"),
    Fact("bsr_worse_28d", "share", "own best-seller rank over that of 28 days before, less 1"),
    Fact("keyword_rank_loss", "places", "places the own organic rank fell from 28 days before to the last 7"),
    Fact("keyword_growth", "share", "search volume of the own keywords, last 28 days over the 28 before, less 1"),
    Fact("acos_two_weeks", "share", "the lower of the advertising cost shares of the last two weeks"),
    Fact("acos_last_week", "share", "advertising spend over advertised sales of the last week"),
    Fact("ad_margin_28d", "money", "advertised sales at margin less advertising spend, last 28 days"),
    Fact("bad_review_share", "share", "share of bad reviews that name one defect"),
    Fact("keyword_volume_change", "share", "search volume, last 28 days over the 28 before, less 1", Scope.KEYWORD),
    Fact("keyword_acos", "share", "advertising cost share of the search term, 28 days", Scope.KEYWORD),
    Fact("keyword_cvr", "share", "conversion of the search term, 28 days", Scope.KEYWORD),
    Fact("keyword_cvr_over_mean", "ratio", "the same over the mean of all search terms of its products", Scope.KEYWORD),
)


def market_facts(view: View, margin: FloatArray) -> pd.DataFrame:
    """Return one row a series with the columns of FACTS about series; NaN where no signal tells.

    margin: (n,) share of the price that is earned, for the profit of advertising.
    """
    count = len(view.series)
    unknown = np.full(count, np.nan)
    days = view.frequency.period_days
    found = {fact.name: unknown for fact in FACTS if fact.scope is Scope.SERIES}
    values = {
        name: window_of(view, name, WINDOW_DAYS // days)
        for name in (
            *("competitor_price", "competitor_in_stock", "competitor_keyword_rank", "competitor_bsr"),
            *("competitor_products", "query_competitor_cart_adds"),
            *("competitor_sales", "bsr", "keyword_rank", "keyword_volume", "ad_spend", "ad_sales", "bad_review_share"),
        )
    }
    three, week, month = -(-3 // days), max(7 // days, 1), 28 // days
    if (price := values["competitor_price"]) is not None:
        found |= _competitor_price(price, three, month)
    if (there := values["competitor_in_stock"]) is not None:
        found |= _competitor_stock(there, three, days)
    if (rank := values["competitor_keyword_rank"]) is not None:
        found["competitor_rank_gain_3d"] = _back(rank, three) - latest(rank, three)
    if (bsr := values["competitor_bsr"]) is not None:
        found["competitor_best_bsr"] = _best_ever(bsr)
    if (sales := values["competitor_sales"]) is not None:
        found["competitor_growth"] = _ratio(mean_of(sales, 0, 30 // days), mean_of(sales, 30 // days, 60 // days))
    if (rivals := values["competitor_products"]) is not None:
        found["competitor_new_products"] = latest(rivals, month) - latest(rivals[:, :-month], month)
    if (carts := values["query_competitor_cart_adds"]) is not None:
        found["competitor_basket_change"] = _ratio(mean_of(carts, 0, month), mean_of(carts, month, 2 * month))
    if (bsr := values["bsr"]) is not None:
        found["bsr_worse_28d"] = _ratio(mean_of(bsr, 0, week), mean_of(bsr, month, month + week))
    if (rank := values["keyword_rank"]) is not None:
        found["keyword_rank_loss"] = mean_of(rank, 0, week) - mean_of(rank, month, month + week)
    if (volume := values["keyword_volume"]) is not None:
        found["keyword_growth"] = _ratio(mean_of(volume, 0, month), mean_of(volume, month, 2 * month))
    if (spend := values["ad_spend"]) is not None and (sales := values["ad_sales"]) is not None:
        found |= _advertising(spend, sales, margin, week, month)
    if (bad := values["bad_review_share"]) is not None:
        found["bad_review_share"] = latest(bad, month)
    return pd.DataFrame(found)


def keyword_facts(view: View) -> pd.DataFrame:
    """Return one row a search term: `keyword` and the columns of FACTS about keywords."""
    names, volume = keyword_window(view, "keyword_volume", 56)
    table = pd.DataFrame(index=names)
    table["keyword_volume_change"] = _ratio(mean_of(volume, 0, 28), mean_of(volume, 28, 56)) if len(names) else np.nan
    for name in ("keyword_acos", "keyword_cvr"):
        terms, value = keyword_window(view, name, 28)
        table = table.reindex(table.index.union(terms))
        table[name] = pd.Series(mean_of(value, 0, 28), index=terms).reindex(table.index)
    table["keyword_cvr_over_mean"] = table["keyword_cvr"] / _peer_conversion(view, table["keyword_cvr"])
    columns = [fact.name for fact in FACTS if fact.scope is Scope.KEYWORD]
    return table[columns].astype(np.float64).rename_axis("keyword").reset_index()


def _peer_conversion(view: View, conversion: pd.Series) -> pd.Series:
    """Return each keyword's mean conversion among the keywords of the products that it feeds (of all, unlinked)."""
    links, overall = view.tables.get("keywords"), conversion.mean()
    if links is None or links.empty or conversion.notna().sum() == 0:
        return pd.Series(overall, index=conversion.index)
    rows = links.assign(cvr=links["keyword"].map(conversion))
    rows["peers"] = rows.groupby("sku")["cvr"].transform("mean")
    return rows.groupby("keyword")["peers"].mean().reindex(conversion.index).fillna(overall)


def _ratio(newer: FloatArray, older: FloatArray) -> FloatArray:
    return np.divide(newer, older, out=np.full(len(newer), np.nan), where=older > 0) - 1


def _back(values: FloatArray, periods: int) -> FloatArray:
    return latest(values[:, : values.shape[1] - periods], periods)


def _competitor_price(price: FloatArray, three: int, month: int) -> dict[str, FloatArray]:
    usual = mean_of(price, three, three + month)
    newest = price[:, -three:]
    whole = np.isfinite(newest).all(axis=1)
    dearest = np.where(whole, np.nan_to_num(newest).max(axis=1), np.nan)
    swing = np.where(np.isfinite(price[:, -month:]), price[:, -month:] - usual[:, None], 0.0)
    return {
        "competitor_cut_3d": -_ratio(dearest, usual),
        "competitor_price_rise": _ratio(latest(price, three), usual),
        "competitor_price_swing": np.sqrt((swing**2).mean(axis=1)) / usual,
    }


def _competitor_stock(there: FloatArray, three: int, days: int) -> dict[str, FloatArray]:
    """Return whether the competitor is out, and the cycle of its stock-outs (O38) where two or more began lately."""
    out = np.where(np.isfinite(there), there < 0.5, False)
    begins = out & ~np.pad(out, ((0, 0), (1, 0)))[:, :-1]
    count = begins.sum(axis=1)
    first = begins.argmax(axis=1)
    last = there.shape[1] - 1 - begins[:, ::-1].argmax(axis=1)
    cycle = np.where(count >= 2, (last - first) / np.maximum(count - 1, 1) * days, np.nan)
    since = (there.shape[1] - last) * float(days)
    now = latest(there, three)
    return {
        "competitor_out": np.where(np.isnan(now), np.nan, (now < 0.5).astype(np.float64)),
        "competitor_cycle_days": cycle,
        "competitor_next_out_days": np.maximum(cycle - since, 0.0),
    }


def _best_ever(bsr: FloatArray) -> FloatArray:
    known = np.isfinite(bsr)
    before = np.where(known[:, :-1], bsr[:, :-1], np.inf).min(axis=1)
    enough = known[:, :-1].sum(axis=1) >= 14
    return np.where(enough & known[:, -1], (bsr[:, -1] < before).astype(np.float64), np.nan)


def _advertising(
    spend: FloatArray, sales: FloatArray, margin: FloatArray, week: int, month: int
) -> dict[str, FloatArray]:
    """Return ACoS of the last two weeks; what was spent without any advertised sale costs more than any limit."""

    def share(newest: int, oldest: int) -> FloatArray:
        paid, got = mean_of(spend, newest, oldest), mean_of(sales, newest, oldest)
        ratio = np.divide(paid, got, out=np.full(len(paid), np.inf), where=got > 0)
        return np.where(np.isnan(paid) | np.isnan(got) | (paid <= 0), np.nan, np.minimum(ratio, 100.0))

    last, before = share(0, week), share(week, 2 * week)
    earned = np.nansum(sales[:, -month:], axis=1) * margin - np.nansum(spend[:, -month:], axis=1)
    return {
        "acos_two_weeks": np.minimum(last, before),
        "acos_last_week": last,
        "ad_margin_28d": np.where(np.isfinite(spend[:, -month:]).any(axis=1), earned, np.nan),
    }
