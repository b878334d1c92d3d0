"""Reports in another language: headers of the seller's own from the home folder, beside the published ones."""

import pytest

from core.errors import ConfigurationError
from inventory.imports.layout import layout_names, load_layout
from inventory.imports.own_headers import HEADERS_FILE, read_own_headers, with_own_headers
from serving.access import tenant_settings
from tests.serving.imports.test_import_routes import URL, send

GERMAN = """[customer-returns]
sku = ["Händler-SKU"]
date = ["Rückgabedatum"]
units = ["Menge", "Anzahl"]
"""
REPORT = "Rückgabedatum\torder-id\tHändler-SKU\tAnzahl\tdetailed-disposition\n2024-07-01\tO-1\tA\t2\tSELLABLE\n"


def test_translated_headers_are_read_where_the_tenants_home_names_them(client, key, platform):
    missing = send(client, key, "customer-returns", REPORT)
    assert missing.status_code == 422
    assert "return-date" in missing.text
    home = tenant_settings(platform.settings, "local").home
    home.mkdir(parents=True, exist_ok=True)
    (home / HEADERS_FILE).write_text(GERMAN, encoding="utf-8")
    sent = send(client, key, "customer-returns", REPORT)
    assert sent.status_code == 201, sent.text
    assert sent.json()["rows"] == {"read": 1, "kept": 1} | {
        name: count for name, count in sent.json()["rows"].items() if name not in ("read", "kept")
    }
    assert client.get(f"{URL}/{sent.json()['import_id']}").json()["status"] == "accepted"


def test_the_command_line_reads_them_from_its_own_home(fillrate, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / HEADERS_FILE).write_text(GERMAN, encoding="utf-8")
    report = tmp_path / "rueckgaben.txt"
    report.write_bytes(REPORT.encode("cp1252"))
    said = fillrate("import", "customer-returns", report, "--out", tmp_path / "shop")
    assert said.code == 0, said.err
    assert "A," in (tmp_path / "shop" / "returns.csv").read_text(encoding="utf-8")


def test_published_headers_go_before_own_ones_and_every_layout_takes_them():
    for kind in layout_names():
        layout = load_layout(kind)
        first = layout.fields[0]
        made = with_own_headers(layout, {first.name: ("Eigenes",)})
        assert made[first.name].headers == (*first.headers, "Eigenes")
        assert made.fields[1:] == layout.fields[1:]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[customer-returns", "is no TOML"),
        ('[returns]\nsku = ["x"]', r"\[returns\] is no kind of report"),
        ('[customer-returns]\nSKU = ["x"]', "'SKU' is no field of customer-returns; there are"),
        ('[customer-returns]\nsku = "x"', "customer-returns.sku is no list of headers"),
        ('sku = ["x"]', r"\[sku\] is no kind of report"),
    ],
)
def test_what_the_file_says_wrong_is_named(text, words):
    with pytest.raises(ConfigurationError, match=words):
        read_own_headers(text, "customer-returns")
