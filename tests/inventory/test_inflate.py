"""Compressed uploads: unpacked as they are, and never beyond the limits."""

import gzip
import io
import zipfile

import pytest

from core.errors import DataError, UploadTooLargeError
from inventory.inflate import UploadLimits, check_archive, gunzip

LIMITS = UploadLimits(inflated_bytes=4_000_000)


def test_a_gzip_file_of_several_members_is_unpacked_as_gzip_does():
    data = gzip.compress(b"sku,units\n") + gzip.compress(b"A,1\n" * 1000)
    assert gunzip("sales.csv", data, LIMITS) == gzip.decompress(data)


def test_zeros_after_the_last_member_are_padding():
    assert gunzip("sales.csv", gzip.compress(b"A") + b"\0" * 512, LIMITS) == b"A"


@pytest.mark.parametrize("size", [5_000_000, 100_000_000])
def test_what_unpacks_to_too_much_is_refused_without_being_unpacked(size):
    packer = io.BytesIO()
    with gzip.GzipFile(fileobj=packer, mode="wb", compresslevel=9) as file:
        for _ in range(size // 1_000_000):
            file.write(b"0" * 1_000_000)
    with pytest.raises(UploadTooLargeError, match=r"4,000,000 bytes|times its size"):
        gunzip("sales.csv", packer.getvalue(), LIMITS)


def test_a_ratio_that_no_table_has_is_a_bomb_even_within_the_size():
    with pytest.raises(UploadTooLargeError, match="200 times"):
        gunzip("sales.csv", gzip.compress(b"0" * 3_000_000), LIMITS)


@pytest.mark.parametrize(
    "data",
    [gzip.compress(b"sku,units\n" * 100)[:-12], b"\x1f\x8bnonsense", b"\x1f\x8b\x08" + b"\0" * 40],
    ids=["cut short", "nonsense", "empty"],  # gzip writes the time of day into its header
)
def test_a_broken_gzip_file_says_so(data):
    with pytest.raises(DataError, match="cannot be decompressed"):
        gunzip("sales.csv", data, LIMITS)


def archive(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return target.getvalue()


def test_an_archive_that_unpacks_to_too_much_is_refused():
    with pytest.raises(UploadTooLargeError):
        check_archive("sales.xlsx", archive(sheet=b"0" * 5_000_000), LIMITS)


def test_an_archive_of_very_many_files_is_refused():
    with pytest.raises(UploadTooLargeError, match="2,000 is the limit"):
        check_archive("sales.xlsx", archive(**{f"part{number}": b"" for number in range(2_001)}), LIMITS)


def test_xml_with_a_document_type_is_refused():
    evil = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><a/>'
    with pytest.raises(DataError, match="document type"):
        check_archive("sales.xlsx", archive(sheet=evil), LIMITS)


def test_what_is_no_archive_says_so():
    with pytest.raises(DataError, match="not a readable spreadsheet"):
        check_archive("sales.xlsx", b"PK\x03\x04 but no more", LIMITS)
