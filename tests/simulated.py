"""A small simulated business in the dataset's own tables: season, weekday, price, promotion, stock-outs."""

import numpy as np
import pandas as pd

__all__ = ["simulated_signals", "simulated_tables"]


def simulated_tables(series: int, days: int, seed: int, first: str = "2023-01-02") -> dict[str, pd.DataFrame]:
    """Return sales, products, signals, promotions and events of `series` skus over `days` days; seeded."""
    random = np.random.default_rng(seed)
    dates = pd.date_range(first, periods=days + 60, freq="D", unit="s")
    skus = [f"sku-{place:03d}" for place in range(series)]
    parts, promotions = [], []
    for place, sku in enumerate(skus):
        begin = 0 if place % 4 else int(random.integers(0, days // 3))
        level = float(np.exp(random.normal(1.2, 0.8)))
        price = np.round(10 * np.exp(random.normal(0, 0.02, days + 60).cumsum() * 0.1), 2)
        start = int(random.integers(0, days - 20))
        promotions.append((sku, dates[start], dates[start + 9], "deal", 0.2))
        promotions.append((sku, dates[days + 2], dates[days + 8], "deal", 0.2))
        deal = np.zeros(days + 60)
        deal[start : start + 10] = 1
        season = 1 + 0.3 * np.sin(2 * np.pi * np.arange(days + 60) / 364)
        weekday = np.where(np.arange(days + 60) % 7 >= 5, 1.5, 0.8)
        mean = level * season * weekday * (1 + 0.8 * deal)
        units = random.negative_binomial(2, 2 / (2 + mean))
        stocked = np.ones(days + 60)
        out = int(random.integers(begin, days - 12))
        stocked[out : out + 8] = 0
        units = np.where(stocked == 0, 0, units)
        chosen = slice(begin, days)
        parts.append(
            pd.DataFrame(
                {
                    "sku": sku,
                    "location": "main",
                    "date": dates[chosen],
                    "units": units[chosen].astype(float),
                    "price": price[chosen],
                    "in_stock": stocked[chosen],
                }
            )
        )
    sales = pd.concat(parts, ignore_index=True).astype({"sku": "str", "location": "str"})
    signals = pd.DataFrame({"date": dates, "name": "payday", "value": (dates.day <= 3).astype(float)})
    missing = pd.Series([np.nan] * len(signals), dtype="str")
    signals = signals.assign(sku=missing, category=missing, keyword=missing, location=missing, known_ahead=True)
    signals["available_on"] = pd.Series(pd.NaT, index=signals.index).astype("datetime64[s]")
    promotion = pd.DataFrame(promotions, columns=["sku", "start", "end", "kind", "discount"]).astype({"sku": "str"})
    nothing = pd.Series([np.nan] * len(promotion), dtype="str")
    promotion = promotion.assign(category=nothing, location=nothing)
    promotion["known_from"] = pd.Series(pd.NaT, index=promotion.index).astype("datetime64[s]")
    events = pd.DataFrame({"date": dates[180::91], "name": "sale day", "kind": "deal"})
    events["location"] = pd.Series([np.nan] * len(events), dtype="str")
    products = pd.DataFrame({"sku": skus, "category": ["a" if place % 2 else "b" for place in range(series)]})
    products = products.astype("str")
    return {"sales": sales, "products": products, "signals": signals, "promotions": promotion, "events": events}


def simulated_signals(tables: dict[str, pd.DataFrame], seed: int) -> dict[str, pd.DataFrame]:
    """Return the tables with signals known only afterwards (rank, search volume, competitor, ads, traffic, weather),
    the keywords that feed each sku, and returns; seeded."""
    random = np.random.default_rng(seed)
    sales = tables["sales"][["sku", "date", "units", "price"]]
    noise = np.exp(random.normal(0, 0.2, len(sales)))
    level = sales["units"].rolling(7, min_periods=1).mean().to_numpy() + 0.2
    values = {
        "bsr": 20_000 * noise / level,
        "competitor_price": sales["price"] * noise,
        "ad_spend": level * noise,
        "ad_sales": 6 * level,
        "sessions": 20 * level * noise,
        "temperature": 15 + 10 * np.sin(np.arange(len(sales)) / 58),
    }
    parts = [sales[["sku", "date"]].assign(name=name, value=value) for name, value in values.items()]
    volume = sales[["sku", "date"]].assign(name="keyword_volume", value=1000 * level * noise)
    volume = volume.assign(keyword="term of " + volume["sku"]).drop(columns="sku")
    afterwards = pd.concat([*parts, volume], ignore_index=True).assign(known_ahead=False)
    afterwards["available_on"] = afterwards["date"] + pd.Timedelta(days=1)
    signals = pd.concat([tables["signals"], afterwards], ignore_index=True)
    for text in ("name", "sku", "category", "keyword", "location"):
        signals[text] = signals[text].astype("str")
    skus = sorted(sales["sku"].unique())
    keywords = pd.DataFrame({"keyword": [f"term of {sku}" for sku in skus], "sku": skus, "weight": 1.0})
    returns = sales[random.random(len(sales)) < 0.1][["sku", "date"]].assign(location="main", units=1.0)
    return {
        **tables,
        "signals": signals.astype({"known_ahead": "bool"}),
        "keywords": keywords.astype({"keyword": "str", "sku": "str"}),
        "returns": returns.astype({"location": "str"}).reset_index(drop=True),
    }
