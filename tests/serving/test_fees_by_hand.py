"""One lamp's stock through `fillrate fees`, worked out by hand from the dated tables: storage, age, use, claims."""

import pandas as pd
import pytest

SALES = pd.date_range("2026-01-01", "2026-08-31")


@pytest.fixture
def lamps(tmp_path):
    """400 lamps of half a cubic foot on September 1st, one sold a day: 100 came on July 10th, the others in January."""
    folder = tmp_path / "lamps"
    folder.mkdir()
    tables = {
        "sales": pd.DataFrame({"sku": "LAMP", "date": SALES, "units": 1, "price": 39.99}),
        "products": pd.DataFrame(
            [("LAMP", "Large standard-size", 0.5, 3.0, 11.50, 39.99)],
            columns=["sku", "size_tier", "volume", "weight", "unit_cost", "price"],
        ),
        "stock": pd.DataFrame({"sku": ["LAMP"], "date": ["2026-09-01"], "on_hand": [400]}),
        "receipts": pd.DataFrame(
            {"sku": "LAMP", "received_on": ["2026-01-20", "2026-07-10"], "quantity": [350, 100], "order_id": ["1", "2"]}
        ),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    (folder / "dataset.toml").write_text('frequency = "D"\n')
    return folder


def test_45_days_of_a_lamp_cost_what_the_tables_say(fillrate, lamps, tmp_path) -> None:
    """C01, C11, E15: each term is written out beside its rate."""
    charges, out = tmp_path / "charges.csv", tmp_path / "fees.csv"
    said = fillrate("fees", "--data", lamps, "--days", "45", "--charges", charges, "--out", out)
    assert said.code == 0, said.err
    told = pd.read_csv(charges).groupby(["fee", "date"])["amount"].sum().to_dict()
    wanted = {
        # The ends of September's days are 399 … 370, 384.5 on average; October's first 15 days 369 … 355 of 31.
        ("monthly_storage", "2026-09-01"): 384.5 * 0.5 * 0.78,
        ("monthly_storage", "2026-10-01"): 362 * 15 / 31 * 0.5 * 2.40,
        # The January lot: 238 days old on the 15th, 14 of 300 sold; 268 days in October, 44 sold. July's is young.
        ("aged_inventory", "2026-09-15"): 286 * 0.5 * 1.00,
        ("aged_inventory", "2026-10-15"): 256 * 0.5 * 1.50,
        # 13 weeks to September 30th: 36,965 unit days ÷ 91 ÷ 7 = 58.0 weeks, beyond 52; all are older than 30 days.
        ("storage_utilisation", "2026-09-01"): 384.5 * 0.5 * 1.88,
        ("storage_utilisation", "2026-10-01"): 362 * 15 / 31 * 0.5 * 1.88,
    }
    assert told == pytest.approx(wanted)
    row = pd.read_csv(out).iloc[0]
    assert row["total"] == pytest.approx(sum(wanted.values()))
    assert row["low_inventory"] == 0  # 400 days of supply
    assert (row["sold"], row["left"], row["unknown_age"]) == (45, 355, 0)


def test_lamps_that_were_lost_are_claimed_at_their_cost_for_sixty_days(fillrate, lamps, tmp_path) -> None:
    """C12: 5 lost, 2 found again: 3 at 11.50 until October 19th; those of June were found."""
    (tmp_path / "moves.csv").write_text(
        "sku,date,kind,units\nLAMP,2026-06-10,lost,4\nLAMP,2026-08-20,lost,5\nLAMP,2026-06-25,found,4\n"
        "LAMP,2026-08-25,found,2\n"
    )
    said = fillrate("fees", "--data", lamps, "--movements", tmp_path / "moves.csv")
    assert said.code == 0, said.err
    losses = said.out.split("Losses that are neither found nor paid")[1]
    (line,) = [line for line in losses.splitlines() if line.startswith("LAMP")]
    assert "34.50" in line
    assert "2026-10-19" in line
    assert "claim" in line
