"""The bytes of reports and feeds, over real sockets."""

import gzip

import pytest

from core.errors import DataError, MarketplaceBusyError, MarketplaceError, UploadTooLargeError, UsageError
from inventory.imports.layout import layout_names, load_layout
from serving.marketplace import documents
from serving.marketplace.documents import fetch_document, send_document
from serving.marketplace.import_sink import import_kind
from serving.marketplace.report_sink import FolderSink, PulledReport

TEXT = "sku\tquantity\nGrüße\t3\n".encode("cp1252")


def fetch(amazon, name, pauses):
    return fetch_document(lambda: amazon.document(name, "reportDocumentId"), True, pauses.append)


@pytest.mark.parametrize("packing", [None, "GZIP"])
def test_a_document_arrives_byte_for_byte_with_its_character_set(amazon, pauses, packing) -> None:
    name = amazon.keep(TEXT, packing, "text/plain; charset=Windows-1252")
    found = fetch(amazon, name, pauses)
    assert (found.data, found.media_type, found.charset) == (TEXT, "text/plain", "windows-1252")


@pytest.mark.parametrize("fault", ["403", "404", "500", "cut"])
def test_an_address_that_does_not_hold_any_more_is_asked_for_anew(amazon, pauses, fault) -> None:
    name, asked = amazon.keep(TEXT, None, "text/plain"), []
    amazon.faults["document"] = [fault] * 2

    def describe():
        asked.append(name)
        return amazon.document(name, "reportDocumentId")

    assert fetch_document(describe, True, pauses.append).data == TEXT
    assert (len(asked), pauses) == (3, [1.0, 2.0])


def test_a_document_that_never_comes_is_told_without_its_signature(amazon, pauses) -> None:
    amazon.faults["document"] = ["403"] * 9
    with pytest.raises(MarketplaceBusyError, match=r"cannot be fetched \(status 403\)") as told:
        fetch(amazon, amazon.keep(TEXT, None, "text/plain"), pauses)
    assert "Signature" not in str(told.value)


def test_a_bomb_is_refused_and_a_cut_archive_is_told(amazon, pauses, monkeypatch) -> None:
    bomb = amazon.keep(b"\0" * 50_000_000, "GZIP", "text/plain")
    with pytest.raises(UploadTooLargeError):
        fetch(amazon, bomb, pauses)
    amazon.documents["half"] = (gzip.compress(TEXT * 100)[:40], "GZIP", "text/plain")
    with pytest.raises(DataError, match="cut off"):
        fetch(amazon, "half", pauses)
    monkeypatch.setattr(documents, "MOST_PACKED_BYTES", 10)
    with pytest.raises(MarketplaceError, match="more than 10 bytes"):
        fetch(amazon, amazon.keep(TEXT, None, "text/plain"), pauses)


def test_another_packing_and_a_place_without_address_are_told(amazon, pauses) -> None:
    name = amazon.keep(TEXT, None, "text/plain")
    place = amazon.document(name, "reportDocumentId")
    with pytest.raises(MarketplaceError, match="'ZSTD', which is not known"):
        fetch_document(lambda: place | {"compressionAlgorithm": "ZSTD"}, True, pauses.append)
    with pytest.raises(MarketplaceError, match="no address"):
        fetch_document(dict, True, pauses.append)


def test_an_address_in_our_own_network_is_not_fetched(amazon, pauses) -> None:
    place = amazon.document(amazon.keep(TEXT, None, "text/plain"), "reportDocumentId")
    with pytest.raises(UsageError, match="not a public address"):
        fetch_document(lambda: place, False, pauses.append)
    assert amazon.asked["document"] == 0


def test_a_document_is_sent_again_where_the_connection_is_cut_and_not_where_it_is_refused(amazon, pauses) -> None:
    name = amazon.keep(b"", None, "")
    place = amazon.document(name, "feedDocumentId")
    amazon.faults["upload"] = ["cut-after", "503"]
    send_document(place, TEXT, True, pauses.append)
    assert (amazon.documents[name][0], amazon.asked["upload"]) == (TEXT, 3)
    amazon.faults["upload"] = ["403"]
    with pytest.raises(MarketplaceError, match="status 403"):
        send_document(place, TEXT, True, pauses.append)


def test_a_report_in_a_folder_is_the_same_however_often_it_is_taken(tmp_path, amazon, pauses) -> None:
    found = fetch(amazon, amazon.keep(TEXT, "GZIP", "text/plain; charset=cp1252"), pauses)
    sink = FolderSink(tmp_path / "reports")
    facts = [sink.take(PulledReport("GET_X", "R1", found)) for _ in range(2)]
    assert facts[0] == facts[1]
    assert (tmp_path / "reports" / facts[0]["file"]).read_bytes() == TEXT
    assert sorted(path.name for path in (tmp_path / "reports" / "GET_X").iterdir()) == ["R1.facts.json", "R1.txt"]


def test_every_layout_that_can_be_imported_is_found_by_its_report_type() -> None:
    for name in layout_names():
        assert import_kind(load_layout(name).report) == name
    assert import_kind("GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL") == "all-orders"
    with pytest.raises(UsageError, match="kept as a file"):
        import_kind("GET_XML_BROWSE_TREE_DATA")
