"""The command line from outside: help, refusals before any work, exit codes, and what a run writes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from core.errors import UsageError
from serving import use_cases
from serving.options import check_paths
from tests.tiny_shop import AS_OF, write_shop

COMMANDS = ["demo", "validate", "features", "train", "forecast", "plan", "simulate", "serve"]
COMMANDS += ["backtest", "tune", "drift", "explain", "models", "promote", "rollback", "migrate", "backup", "restore"]


@pytest.mark.parametrize(
    "words",
    [[name] for name in COMMANDS] + [["import", "orders"], ["keys", "create"], ["keys", "list"], ["keys", "revoke"]],
)
def test_every_command_explains_itself_with_an_example(fillrate, words):
    said = fillrate(*words, "--help")
    assert said.code == 0
    assert "Example" in said.out
    assert f"fillrate {' '.join(words)}" in said.out


def test_the_version_is_one_line(fillrate):
    said = fillrate("--version")
    assert said.code == 0
    assert said.out.startswith("fillrate ")
    assert said.out.count("\n") == 1


def test_help_imports_no_heavy_library():
    code = "import sys; from serving.cli import application; application(); print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0]={sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    for heavy in ("pandas", "numpy", "mlflow", "lightgbm", "bentoml", "fastapi"):
        assert f"'{heavy}'" not in done.stdout


REFUSED = [
    (["forecast"], 2, "--data"),
    (["forecast", "--data", "nowhere"], 2, "nowhere is not a folder"),
    (["forecast", "--data", "{shop}", "--as-of", "yesterday"], 2, "write it like 2024-04-15"),
    (["forecast", "--data", "{shop}", "--as-of", "20240415"], 2, "write it like 2024-04-15"),
    (["forecast", "--data", "{shop}", "--as-of", "2019-01-01"], 2, "choose a day from 2024-01-02 to 2024-08-26"),
    (["forecast", "--data", "{shop}", "--as-of", "2031-01-01"], 2, "the newest sales end on 2024-07-28"),
    (["forecast", "--data", "{shop}", "--horizon", "0"], 2, "outside 1 … 365"),
    (["forecast", "--data", "{shop}", "--horizon", "366"], 2, "outside 1 … 365"),
    (["forecast", "--data", "{shop}", "--horizon", "many"], 2, "--horizon"),
    (["forecast", "--data", "{shop}", "--levels", "0.5,x"], 2, "'x' is not a number; give levels like 0.05,0.5,0.95"),
    (["forecast", "--data", "{shop}", "--levels", ","], 2, "--levels is empty"),
    (["forecast", "--data", "{shop}", "--levels", "nan"], 2, "outside 0.001 … 0.999"),
    (["forecast", "--data", "{shop}", "--levels", "1.5"], 2, "outside 0.001 … 0.999"),
    (["forecast", "--data", "{shop}", "--paths-out", "p.csv", "--paths", "1"], 2, "give 2 … 10,000"),
    (["forecast", "--data", "{shop}", "--paths-out", "p.xlsx"], 2, ".csv, .parquet, .json"),
    (["forecast", "--data", "{shop}", "--out", "f.csv", "--paths-out", "./f.csv"], 2, "give each table a file"),
    (["forecast", "--data", "{shop}", "--out", "f.xlsx"], 2, ".csv, .parquet, .json"),
    (["forecast", "--data", "{shop}", "--out", "no/such/folder/f.csv"], 2, "create it first"),
    (["plan", "--data", "{shop}", "--forecast-out", "no/f.csv"], 2, "--forecast-out no/f.csv: the folder no does not"),
    (["plan", "--data", "{shop}", "--planned-out", "f.pdf"], 2, "--planned-out f.pdf: the format '.pdf' is not known"),
    (["suppliers", "--data", "{shop}", "--floors", "f.pdf"], 2, "--floors f.pdf"),
    (["plan", "--data", "{shop}", "--budget", "-1"], 2, "0 (unlimited) or more"),
    (["plan", "--data", "{shop}", "--budget", "nan"], 2, "0 (unlimited) or more"),
    (["plan", "--data", "{shop}", "--seed", "-1"], 2, "--seed"),
    (["plan", "--data", "{shop}", "--out", "a.csv", "--forecast-out", "./a.csv"], 2, "a file of its own"),
    (["fly"], 2, "fly"),
    (["import", "orders", "missing.csv", "--out", "x"], 2, "missing.csv is not a file"),
    (["serve", "--data", "{shop}", "--host", "256.1.1.1"], 2, "cannot listen"),
]


@pytest.mark.parametrize(("words", "code", "message"), REFUSED)
def test_bad_words_are_refused_with_one_line_and_their_code(
    fillrate, shop, tmp_path, monkeypatch, words, code, message
):
    monkeypatch.chdir(tmp_path)
    said = fillrate(*(word.format(shop=shop) for word in words))
    assert said.code == code
    assert message in said.err
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    assert not list(tmp_path.iterdir()), "a refused call leaves nothing behind"


def test_a_bad_table_is_refused_with_file_row_and_column(fillrate, tmp_path):
    folder = write_shop(tmp_path / "shop")
    sales = (folder / "sales.csv").read_text(encoding="utf-8").splitlines()
    sales[1] = sales[1].replace("2024-01-01", "2024-01-41")
    (folder / "sales.csv").write_text("\n".join(sales), encoding="utf-8")
    said = fillrate("forecast", "--data", folder)
    assert said.code == 3
    assert "sales.csv:2: column 'date'" in said.err


def test_best_effort_leaves_the_bad_row_out_and_says_where_it_is(fillrate, tmp_path):
    folder = write_shop(tmp_path / "shop")
    sales = (folder / "sales.csv").read_text(encoding="utf-8").splitlines()
    sales[1] = sales[1].replace("2024-01-01", "2024-01-41")
    (folder / "sales.csv").write_text("\n".join(sales), encoding="utf-8")
    said = fillrate("validate", folder, "--best-effort")
    assert said.code == 0
    assert "1 bad rows left out" in said.err
    assert (folder / "rejected" / "sales.rejected.csv").is_file()


def test_a_bad_setting_is_a_configuration_error(fillrate, shop, monkeypatch):
    monkeypatch.setenv("FILLRATE_THREADS", "lots")
    said = fillrate("validate", shop)
    assert said.code == 8
    assert "FILLRATE_THREADS" in said.err


def test_an_unexpected_error_is_one_line_and_a_traceback_only_on_demand(fillrate, shop, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(use_cases, "open_dataset", broken)
    said = fillrate("validate", shop)
    assert (said.code, said.err) == (1, "error: unexpected: ZeroDivisionError: a bug (--debug shows where)\n")
    assert "Traceback" in fillrate("--debug", "validate", shop).err


def test_ctrl_c_leaves_with_130(fillrate, shop, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(use_cases, "open_dataset", interrupted)
    said = fillrate("validate", shop)
    assert said.code == 130
    assert "interrupted" in said.err


def test_validate_prints_a_profile(fillrate, shop):
    said = fillrate("validate", shop)
    assert said.code == 0
    assert "12 (12 SKUs, 1 locations)" in said.out
    assert "The dataset is valid." in said.out


def test_the_same_seed_writes_the_same_bytes_in_every_format(at_home, shop, tmp_path):
    for suffix in (".csv", ".parquet", ".json"):
        files = [tmp_path / f"{turn}{suffix}" for turn in "ab"]
        for file in files:
            said = at_home("forecast", "--data", shop, "--horizon", 7, "--levels", "0.9,0.1", "--out", file)
            assert said.code == 0, said.err
            assert "Training" not in said.err
        assert files[0].read_bytes() == files[1].read_bytes()


def test_a_forecast_table_keeps_its_contract(at_home, shop, tmp_path):
    out = tmp_path / "forecast.csv"
    assert (
        at_home("forecast", "--data", shop, "--horizon", 7, "--levels", "0.9,0.1,0.5,0.5000000001", "--out", out).code
        == 0
    )
    table = pd.read_csv(out)
    assert list(table) == ["sku", "location", "date", "mean", "q0.1", "q0.5", "q0.9"]
    assert len(table) == 12 * 7
    assert table["date"].iloc[0] == AS_OF
    quantiles = table[["q0.1", "q0.5", "q0.9"]]
    assert (quantiles.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert (quantiles >= 0).all(axis=None)


def test_sample_paths_agree_with_the_forecast_and_hang_together_where_asked(at_home, shop, tmp_path):
    words = ("forecast", "--data", shop, "--horizon", 7, "--levels", "0.5,0.9", "--paths", 2000)
    tables = {}
    for name, more in (("apart", ()), ("across", ("--across",)), ("again", ("--across",))):
        out, file = tmp_path / f"{name}.csv", tmp_path / f"{name}.parquet"
        said = at_home(*words, "--out", out, "--paths-out", file, *more)
        assert said.code == 0, said.err
        assert f"2,000 sample paths a series written to {file}" in said.err
        tables[name] = pd.read_parquet(file)
    assert (tmp_path / "across.parquet").read_bytes() == (tmp_path / "again.parquet").read_bytes()
    stated = pd.read_csv(tmp_path / "apart.csv", parse_dates=["date"])
    key = ["sku", "location", "date"]
    for paths in tables.values():
        assert list(paths.columns) == ["sku", "location", "path", "date", "units"]
        assert len(paths) == len(stated) * 2000
        drawn = paths.groupby(key)["units"].quantile([0.5, 0.9]).unstack()
        beside = stated.set_index(key).loc[drawn.index]
        assert abs(drawn[0.5] - beside["q0.5"]).max() <= 1
        assert abs(drawn[0.9] - beside["q0.9"]).max() <= 1
    totals = {name: paths.groupby(["path", "date"])["units"].sum().var() for name, paths in tables.items()}
    assert totals["across"] >= totals["apart"] * 0.95


def test_more_paths_than_a_file_bears_are_refused_with_the_number_that_it_does():
    assert check_paths(10_000, 50, 28) == 10_000
    with pytest.raises(UsageError, match="give --paths 35 or less"):
        check_paths(200, 50_000, 28)
    with pytest.raises(UsageError, match="give a shorter --horizon"):
        check_paths(2, 200_000, 365)


def test_a_plan_writes_orders_and_prints_what_they_cost(at_home, shop, tmp_path):
    out, under = tmp_path / "plan.csv", tmp_path / "forecast.parquet"
    said = at_home("plan", "--data", shop, "--budget", 200, "--out", out, "--forecast-out", under)
    assert said.code == 0, said.err
    table = pd.read_csv(out)
    names = ["proposal_id", "sku", "location", "supplier", "mode", "quantity", "order_by", "arrive_on"]
    assert list(table)[:8] == names
    assert (table["quantity"] > 0).all()
    assert (table["order_by"] == AS_OF).all()
    assert (table["quantity"] * table["unit_cost"]).sum() <= 200
    assert "budget 200.00" in said.out
    assert under.is_file()


def test_a_plan_without_unit_costs_says_what_was_taken_for_them(fillrate, tmp_path):
    folder = write_shop(tmp_path / "young", days=12)
    products = pd.read_csv(folder / "products.csv").drop(columns=["unit_cost", "price"])
    products.to_csv(folder / "products.csv", index=False)
    told = fillrate("plan", "--data", folder).out
    assert "EUR with half the price for 12 of 12 orders, whose unit cost is unknown" in told
    sales = pd.read_csv(folder / "sales.csv").drop(columns="price")
    sales.to_csv(folder / "sales.csv", index=False)
    told = fillrate("plan", "--data", folder).out
    assert "with 1 a unit for 12 of 12 orders, whose unit cost is unknown" in told
    assert "EUR" not in told


def test_what_has_no_sales_yet_is_named_before_it_is_left_out(fillrate, tmp_path):
    folder = write_shop(tmp_path / "young", days=12)
    sales = pd.read_csv(folder / "sales.csv")
    sales[(sales["sku"] != "SKU-03") | (sales["date"] >= "2024-07-25")].to_csv(folder / "sales.csv", index=False)
    stock = pd.read_csv(folder / "stock.csv")
    stock.assign(date="2024-07-01", location="depot").to_csv(folder / "stock.csv", index=False)
    said = fillrate("forecast", "--data", folder, "--as-of", "2024-07-25")
    assert said.code == 0
    assert "neither forecast nor planned, for want of sales before 2024-07-25 (1): SKU-03 at main\n" in said.err
    assert "stock that counts nowhere, for want of sales there before 2024-07-25 (11): SKU-01 at depot" in said.err


def test_a_supplier_who_cannot_deliver_is_named_as_the_reason_for_no_order(fillrate, tmp_path):
    folder = write_shop(tmp_path / "young", days=12)
    (folder / "supply.csv").write_text("sku,available\n*,false\n", encoding="utf-8")
    said = fillrate("plan", "--data", folder)
    assert said.code == 0
    assert "12 series cannot be ordered: no supply row that fits them is available" in said.err


def test_a_lead_time_beyond_all_forecasts_is_named(fillrate, tmp_path):
    folder = write_shop(tmp_path / "young", days=12)
    (folder / "supply.csv").write_text("sku,lead_time_days\n*,7\nSKU-04,400\n", encoding="utf-8")
    said = fillrate("plan", "--data", folder)
    assert said.code == 2
    assert "lead time (400 days for SKU-04 at main) and review (7 days) need 435 periods" in said.err


def test_a_repeated_plan_has_the_same_proposals(at_home, shop, tmp_path):
    files = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for file in files:
        assert at_home("plan", "--data", shop, "--out", file).code == 0
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_model_that_saw_later_facts_is_not_used_for_an_earlier_day(
    at_home, shop, tmp_path, monkeypatch, trained_home
):
    import shutil

    home = tmp_path / "copied"
    shutil.copytree(trained_home, home)
    monkeypatch.setenv("FILLRATE_HOME", str(home))
    out = tmp_path / "earlier.csv"
    said = at_home("forecast", "--data", shop, "--as-of", "2024-07-15", "--horizon", 7, "--out", out)
    assert said.code == 0, said.err
    assert "it has seen facts up to 2024-07-29, which 2024-07-15 must not know" in said.err


def test_an_unwritable_home_is_a_storage_error(fillrate, shop, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("FILLRATE_HOME", str(tmp_path / "file" / "home"))
    said = fillrate("forecast", "--data", shop, "--horizon", 7)
    assert said.code == 7
    assert said.err.splitlines()[-1].startswith("error: ")


def test_a_terminated_run_leaves_no_half_written_file(shop, tmp_path):
    environment = {**os.environ, "FILLRATE_HOME": str(tmp_path / "home"), "PYTHONPATH": str(Path.cwd())}
    environment.pop("MLFLOW_TRACKING_URI", None)  # MLflow sets it in this process: the run must train in its own home
    words = [sys.executable, "-m", "serving.cli", "forecast", "--data", str(shop), "--out", str(tmp_path / "f.csv")]
    run = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not (tmp_path / "home").exists() and run.poll() is None:  # made when it looks for a champion
        time.sleep(0.05)
    run.send_signal(signal.SIGTERM)
    assert run.wait(timeout=60) == 143
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == []


def test_features_are_listed_in_words_and_a_block_switched_off_says_so(fillrate, tmp_path):
    folder = write_shop(tmp_path / "shop")
    with (folder / "dataset.toml").open("a", encoding="utf-8") as file:
        file.write('\n[features]\noff = ["price"]\n')
    said = fillrate("features", "--data", str(folder), "--out", str(tmp_path / "features.csv"))
    assert said.code == 0
    assert "price is off: switched off" in said.out
    written = pd.read_csv(tmp_path / "features.csv")
    assert {"own_windows", "calendar"} <= set(written["block"])
    assert "price" not in set(written["block"])
    (folder / "dataset.toml").write_text('[features]\noff = ["prise"]\n', encoding="utf-8")
    said = fillrate("features", "--data", str(folder))
    assert (said.code, "did you mean 'price'?" in said.err) == (2, True)


def test_without_a_dataset_all_features_are_listed(fillrate):
    said = fillrate("features")
    assert said.code == 0
    assert "mean_28" in said.out
    assert "group_season" in said.out
