"""Bad input, case by case: what is in the folder, and the exact message it must get.

`docs/bad_input.md` is made of these cases: python tests/inventory/bad_input_cases.py > docs/bad_input.md
"""

import gzip
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CASES", "Case", "as_markdown"]

HEADER = "sku,location,date,units,price,in_stock\n"
GOOD = "A,main,2024-03-04,5,2.50,1\n"


@dataclass(frozen=True)
class Case:
    what: str
    files: dict[str, str | bytes]
    message: str
    fatal: bool = True  # refused even with best effort

    def write(self, folder: Path) -> Path:
        for name, content in self.files.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder


def sales(what: str, rows: str, message: str, fatal: bool = False, header: str = HEADER) -> Case:
    return Case(what, {"sales.csv": header + rows}, message, fatal)


def beside(what: str, name: str, text: str, message: str, fatal: bool = False) -> Case:
    return Case(what, {"sales.csv": HEADER + GOOD, name: text}, message, fatal)


SEMICOLONS = HEADER.replace(",", ";")
FIELDS_REMEDY = "quote cells that contain the separator; write one record a line"
NUMBER_REMEDY = "write a plain number such as 1234.5, or leave an optional cell empty"
ISO_REMEDY = "write dates as YYYY-MM-DD, such as 2024-03-31"
YEAR_REMEDY = "correct the year, or leave an optional date empty"
KEY_REMEDY = "keep one row for each sku, location and date, or add the rows up"

CASES = [
    sales(
        "a required column is missing",
        "A,2024-03-04,5\n",
        "sales.csv: column 'units': required column is missing; add or rename it; the nearest header is 'unit'",
        fatal=True,
        header="sku,date,unit\n",
    ),
    sales(
        "a word where a number is meant",
        "A,main,2024-03-04,five,2.50,1\n",
        f"sales.csv:2: column 'units': is not a number (got 'five'); {NUMBER_REMEDY}",
    ),
    sales(
        "a currency sign",
        "A,main,2024-03-04,5,$2.50,1\n",
        f"sales.csv:2: column 'price': is not a number (got '$2.50'); {NUMBER_REMEDY}",
    ),
    sales(
        "a thousands separator",
        'A,main,2024-03-04,"1,234",2.50,1\n',
        "sales.csv:2: column 'units': has thousands separators (got '1,234'); write it without them: 1234",
    ),
    sales(
        "a thousands point beside decimal commas",
        "A;main;2024-03-04;1.234;2,50;1\n",
        "sales.csv:2: column 'units': has thousands separators (got '1.234'); write it without them: 1234",
        header=SEMICOLONS,
    ),
    sales(
        "a decimal comma in a file separated by commas",
        'A,main,2024-03-04,"12,5",2.50,1\n',
        "sales.csv:2: column 'units': has a decimal comma in a file separated by commas (got '12,5'); "
        "write 12.5, or separate the columns with ';'",
    ),
    sales(
        "decimal points and decimal commas in one file",
        "A;main;2024-03-04;1.5;2,50;1\n",
        "sales.csv:2: column 'units': has a decimal point in a file with decimal commas (got '1.5'); "
        "use one decimal mark throughout",
        header=SEMICOLONS,
    ),
    sales(
        "an infinite number",
        "A,main,2024-03-04,inf,2.50,1\n",
        "sales.csv:2: column 'units': is not a finite number (got 'inf'); "
        "write the number, or leave an optional cell empty",
    ),
    sales(
        "an absurdly large number",
        "A,main,2024-03-04,2e12,2.50,1\n",
        "sales.csv:2: column 'units': is beyond 1e12 (got '2e12'); correct the number",
    ),
    sales(
        "negative units",
        "A,main,2024-03-04,-5,2.50,1\n",
        "sales.csv:2: column 'units': is negative (got '-5'); "
        "record what came back in the table returns; sales are never below 0",
    ),
    sales(
        "a negative price",
        "A,main,2024-03-04,5,-2.50,1\n",
        "sales.csv:2: column 'price': is negative (got '-2.50'); correct the number",
    ),
    sales(
        "in_stock as a percentage",
        "A,main,2024-03-04,5,2.50,95\n",
        "sales.csv:2: column 'in_stock': is outside 0 … 1 (got '95'); "
        "write the share of the period it could be bought, 0 to 1 (95 % is 0.95), or true/false",
    ),
    sales(
        "a date that two countries read differently",
        "A,main,03/04/2024,5,2.50,1\n",
        "sales.csv:2: column 'date': is not an ISO date: which is the day, which the month? (got '03/04/2024'); "
        "write 2024-03-04 or 2024-04-03 (YYYY-MM-DD)",
    ),
    sales(
        "a date that is not ISO",
        "A,main,13.04.2024,5,2.50,1\n",
        "sales.csv:2: column 'date': is not an ISO date (got '13.04.2024'); write 2024-04-13 (YYYY-MM-DD)",
    ),
    sales(
        "a spreadsheet's day number",
        "A,main,45355,5,2.50,1\n",
        "sales.csv:2: column 'date': is not a date (got '45355'); "
        "looks like a spreadsheet's day number; format the column as YYYY-MM-DD (perhaps 2024-03-04)",
    ),
    sales(
        "a day that does not exist",
        "A,main,2024-02-30,5,2.50,1\n",
        f"sales.csv:2: column 'date': is a day that no calendar has (got '2024-02-30'); {ISO_REMEDY}",
    ),
    sales(
        "order lines instead of days",
        "A,main,2024-03-04 08:26,5,2.50,1\n",
        "sales.csv:2: column 'date': has a time of day where a whole day is meant (got '2024-03-04 08:26'); "
        "sum the lines of a day into one row; order lines are read by `fillrate import orders`",
    ),
    sales(
        "a date long past",
        GOOD + "A,main,1900-01-01,5,2.50,1\n",
        f"sales.csv:3: column 'date': is before 1980-01-01 (got '1900-01-01'); {YEAR_REMEDY}",
    ),
    sales(
        "a date in the far future",
        GOOD + "A,main,2204-03-04,5,2.50,1\n",
        "sales.csv:3: column 'date': is more than 5 years after the newest plausible sales date, 2024-03-04 "
        f"(got '2204-03-04'); {YEAR_REMEDY}",
    ),
    sales(
        "an empty sku",
        " ,main,2024-03-04,5,2.50,1\n",
        "sales.csv:2: column 'sku': is empty; fill the cell or remove the row",
    ),
    sales(
        "the same row twice",
        GOOD + GOOD,
        f"sales.csv:3: column 'sku': repeats row 2 (got 'A'); {KEY_REMEDY}",
    ),
    sales(
        "two rows that contradict each other",
        GOOD + "A,main,2024-03-04,6,2.50,1\n",
        "sales.csv:3: column 'sku': contradicts row 2: same sku, location and date (got 'A'); " + KEY_REMEDY,
    ),
    sales(
        "a line with too few fields",
        GOOD + "A,main,2024-03-05,5\n",
        f"sales.csv:3: has 4 fields where the header has 6 (got 'A,main,2024-03-05,5'); {FIELDS_REMEDY}",
    ),
    sales(
        "a line with too many fields",
        GOOD + "A,main,2024-03-05,5,2.50,1,x\n",
        f"sales.csv:3: has 7 fields where the header has 6 (got 'A,main,2024-03-05,5,2.50,1,x'); {FIELDS_REMEDY}",
    ),
    sales(
        "the same column twice",
        "A,A,2024-03-04,5\n",
        "sales.csv: column 'sku': appears twice in the header; keep one of the two columns",
        fatal=True,
        header="sku,sku,date,units\n",
    ),
    sales(
        "sales with a header only",
        "",
        "sales.csv: has a header but no rows; add at least one row of sales",
        fatal=True,
    ),
    Case(
        "an empty file",
        {"sales.csv": ""},
        "sales.csv: is empty (0 bytes); write at least the header line, or remove the file",
    ),
    Case(
        "binary content",
        {"sales.csv": bytes(range(256)) * 4},
        "sales.csv: is not a text file (binary content); save it as CSV (UTF-8)",
    ),
    Case(
        "a spreadsheet with the wrong suffix",
        {"sales.csv": b"PK\x03\x04spreadsheet"},
        "sales.csv: is a spreadsheet or zip archive, not text; "
        "save it as CSV (UTF-8), or name it by what it is: .csv.gz, .parquet",
    ),
    Case(
        "a web page saved as a table",
        {"sales.csv": b"<!DOCTYPE html><html><body>Sign in</body></html>"},
        "sales.csv: is a web page, not a table; sign in where it comes from and download it again",
    ),
    Case(
        "a .gz file that is none",
        {"sales.csv.gz": b"hello"},
        "sales.csv.gz: cannot be decompressed (Not a gzipped file (b'he')); make or download the .gz file again",
    ),
    Case(
        "one table in two files",
        {"sales.csv": HEADER + GOOD, "sales.csv.gz": gzip.compress((HEADER + GOOD).encode(), mtime=0)},
        "sales.csv.gz: the table 'sales' is there twice, also as sales.csv; keep one of the two files",
    ),
    Case(
        "no sales table",
        {"sale.csv": HEADER + GOOD},
        "FOLDER: has no sales table; add sales.csv or sales.parquet (sku, date, units); "
        "sale.csv is not read: if it is the table 'sales', name it so",
    ),
    Case(
        "a weekly dataset with another day than Monday",
        {"sales.csv": HEADER + GOOD + "A,main,2024-03-12,5,2.50,1\n", "dataset.toml": 'frequency = "W-MON"\n'},
        "sales.csv:3: column 'date': is not a Monday in a weekly (W-MON) dataset (got '2024-03-12'); "
        'name the week by its Monday, 2024-03-11, or set frequency = "D" in dataset.toml',
        fatal=False,
    ),
    beside(
        "a discount in per cent",
        "promotions.csv",
        "sku,start,end,discount\nA,2024-03-04,2024-03-10,20\n",
        "promotions.csv:2: column 'discount': is outside 0 … 1 (got '20'); "
        "write the share off the price, 0 to 1 (20 % off is 0.2)",
    ),
    beside(
        "a promotion that ends before it starts",
        "promotions.csv",
        "sku,start,end\nA,2024-03-09,2024-03-05\n",
        "promotions.csv:2: column 'end': is before start (got '2024-03-05'); swap or correct start and end",
    ),
    beside(
        "neither true nor false",
        "supply.csv",
        "sku,available\nA,maybe\n",
        "supply.csv:2: column 'available': is neither true nor false (got 'maybe'); write true or false",
    ),
    beside(
        "unreadable price breaks",
        "supply.csv",
        "sku,price_breaks\nA,cheaper from 100\n",
        "supply.csv:2: column 'price_breaks': is not a list of price breaks (got 'cheaper from 100'); "
        "write quantity:unit cost pairs with rising quantities, such as 100:4.50;500:4.10",
    ),
    beside(
        "a negative lead time",
        "supply.csv",
        "sku,lead_time_days\nA,-1\n",
        "supply.csv:2: column 'lead_time_days': is negative (got '-1'); write the days from order to sale, 0 or more",
    ),
    beside(
        "a minimum order of nothing",
        "supply.csv",
        "sku,minimum_order_quantity\nA,0\n",
        "supply.csv:2: column 'minimum_order_quantity': is below 1 (got '0'); "
        "write a whole number of units, 1 for no minimum",
    ),
    beside(
        "half a unit in a pack",
        "supply.csv",
        "sku,case_pack\nA,2.5\n",
        "supply.csv:2: column 'case_pack': is not a whole number (got '2.5'); "
        "write the whole number of units in a pack, 1 for single units",
    ),
    beside(
        "a negative open order",
        "open_orders.csv",
        "sku,quantity,expected_on\nA,-1,2024-04-01\n",
        "open_orders.csv:2: column 'quantity': is negative (got '-1'); correct the number",
    ),
    beside(
        "an unknown key in dataset.toml",
        "dataset.toml",
        'frequncy = "D"\n',
        "dataset.toml: frequncy is not a known key; did you mean frequency?",
        fatal=True,
    ),
    beside(
        "a value out of range in dataset.toml",
        "dataset.toml",
        "[planning]\nbudget = -1\n",
        "dataset.toml: planning.budget = -1 is not a number of at least 0; correct it or leave it out",
        fatal=True,
    ),
]


def as_markdown() -> str:
    """Return the table of docs/bad_input.md."""
    rows = [f"| {case.what} | `{_cell(_split(case)[0])}` | {_cell(_split(case)[1])} |" for case in CASES]
    return "\n".join([*INTRODUCTION, "| input | message | what to do |", "|---|---|---|", *rows, ""])


INTRODUCTION = [
    "# Bad input and what Fillrate says to it",
    "",
    "Every message names the file, the row (CSV: the line, the header being line 1; Parquet: the record), the column,",
    "the rule and the remedy. `--best-effort` keeps the good rows and writes the bad ones to TABLE.rejected.csv, with",
    "reasons; problems with a whole file, a column or dataset.toml are refused all the same. The source folder is not",
    "written to.",
    "",
    "Allowed, but reported as a warning: cp1252 instead of UTF-8, spaces around cells, empty lines, unknown columns,",
    "headers in other capitals, garbled text, skus of stock, open orders or supply without sales or a product.",
    "",
]


def _split(case: Case) -> tuple[str, str]:
    rule, _, remedy = case.message.partition("; ")
    return rule, remedy


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(as_markdown(), end="")
