"""The weekly report as files: an HTML page without scripts, a workbook with a sheet a section, and JSON."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

from core.errors import UsageError
from monitoring.weekly_report import WeeklyReport

__all__ = ["FORMATS", "check_suffix", "html_page", "json_text", "report_bytes", "workbook"]

FORMATS = (".html", ".xlsx", ".json")

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Fillrate, week to {{ report.as_of }}</title>
<style>
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1b1b;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{padding:.3rem .5rem;text-align:left;vertical-align:top}
th{border-bottom:2px solid #444}td{border-bottom:1px solid #ddd}td.n{text-align:right;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:max-content auto;gap:.2rem 1rem}dt{font-weight:600}dd{margin:0}
</style></head><body>
<h1>Week {{ report.week_start }} to {{ report.as_of }}</h1>
<dl>{% for name, value in report.headline.items() %}<dt>{{ name|replace("_", " ") }}</dt><dd>{{ value|shown }}</dd>
{% endfor %}<dt>currency</dt><dd>{{ report.currency }}</dd></dl>
{% for name, section in report.sections.items() %}<section id="{{ name }}"><h2>{{ section.title }}</h2>
<p>{{ section.words }}</p>
{% if section.rows %}<table><thead><tr>{% for column in section.rows[0] %}
<th scope="col">{{ column|replace("_", " ") }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in section.rows %}<tr>{% for value in row.values() %}
<td{% if value is number %} class="n"{% endif %}>{{ value|shown }}</td>{% endfor %}</tr>{% endfor %}</tbody></table>
{% else %}<p>Nothing.</p>{% endif %}</section>{% endfor %}
</body></html>
"""


def report_bytes(report: WeeklyReport, suffix: str) -> bytes:
    """Return the report in the format of a file's suffix; raises UsageError for one that is not known."""
    if suffix == ".html":
        return html_page(report).encode()
    if suffix == ".xlsx":
        return workbook(report)
    if suffix == ".json":
        return json_text(report).encode()
    raise UsageError(f"the report's format {suffix!r} is not known; end the name in {', '.join(FORMATS)}")


def html_page(report: WeeklyReport) -> str:
    """Return the page; every text is escaped, nothing is loaded from elsewhere."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True)
    environment.filters["shown"] = _shown
    return environment.from_string(_PAGE).render(report=report.as_plain()) + "\n"


def json_text(report: WeeklyReport) -> str:
    """Return the report as JSON, the same bytes for the same report."""
    return json.dumps(report.as_plain(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def workbook(report: WeeklyReport) -> bytes:
    """Return the workbook: a sheet with the headline, then one a section; texts that look like formulas stay texts."""
    from datetime import datetime

    from openpyxl import Workbook

    plain = report.as_plain()
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "headline"
    for name, value in plain["headline"].items():
        _append(first, [name, value])
    for name, section in plain["sections"].items():
        sheet = book.create_sheet(name[:31])
        rows = section["rows"]
        if rows:
            _append(sheet, list(rows[0]))
        for row in rows:
            _append(sheet, list(row.values()))
        sheet.freeze_panes = "A2"
    # openpyxl writes the present moment; a fixed one keeps the same report the same in content.
    book.properties.created = book.properties.modified = datetime.combine(report.as_of, datetime.min.time())
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _append(sheet: Any, values: list[Any]) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cells = [ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value for value in values]
    sheet.append(cells)
    for cell in sheet[sheet.max_row]:
        if isinstance(cell.value, str):
            cell.data_type = "s"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1 else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def check_suffix(path: Path) -> Path:
    """Return the path; raises UsageError where its suffix is no format of the report."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"--out {path}: the format {path.suffix!r} is not known; end the name in {', '.join(FORMATS)}")
    return path
