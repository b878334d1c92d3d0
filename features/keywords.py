"""Search terms and the skus that they feed: rows told by keyword become rows told by sku."""

import pandas as pd

__all__ = ["linked_keywords"]


def linked_keywords(rows: pd.DataFrame, series: pd.DataFrame, keywords: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row for each row told by keyword and sku that the keyword feeds, with `weight` and `total`.

    weight: how much the keyword feeds the sku (1 where a row names its sku itself); total: the weights of all its
    keywords. A location that no series has (a country of searchers) is taken for no location. Keywords that feed no
    sku are left out.
    """
    rows = rows.assign(location=rows["location"].where(rows["location"].isin(series["location"].unique())))
    own = rows[rows["sku"].notna()].assign(weight=1.0, total=1.0)
    if keywords is None or keywords.empty:
        return own
    fed = keywords[keywords["weight"] > 0].drop_duplicates(["keyword", "sku"])
    fed = fed.assign(total=fed.groupby("sku")["weight"].transform("sum"))
    others = rows[rows["sku"].isna()].drop(columns="sku")
    return pd.concat([own, others.merge(fed[["keyword", "sku", "weight", "total"]], on="keyword")], ignore_index=True)
