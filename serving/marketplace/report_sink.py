"""Where a report's bytes go once they are here: the seam between the connector and the importers."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from serving.files import write_atomically
from serving.marketplace.documents import Document

__all__ = ["FolderSink", "PulledReport", "ReportSink"]


@dataclass(frozen=True, slots=True)
class PulledReport:
    """A report as the marketplace made it: its type, id and document."""

    report_type: str
    report_id: str
    document: Document


class ReportSink(Protocol):
    """Takes a report; may be handed the same one twice (after a crash) and then changes nothing more."""

    def take(self, report: PulledReport) -> Mapping[str, Any]:
        """Keep or import the report; return what a job says about it, as JSON."""


class FolderSink:
    """Keeps each report as `<folder>/<type>/<id>.txt` (.json for JSON), byte for byte, with its facts beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take(self, report: PulledReport) -> Mapping[str, Any]:
        """Write both files; the same report overwrites itself."""
        document = report.document
        is_json = document.data.lstrip()[:1] in (b"{", b"[")
        name = f"{report.report_type}/{report.report_id}{'.json' if is_json else '.txt'}"
        facts = {
            "file": name,
            "bytes": len(document.data),
            "sha256": hashlib.sha256(document.data).hexdigest(),
            "media_type": document.media_type,
            "charset": document.charset,
        }
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda file: _fill(file, document.data))
        told = json.dumps(facts, indent=1, sort_keys=True).encode()
        write_atomically(path.with_suffix(".facts.json"), lambda file: _fill(file, told))
        return facts


def _fill(file: Path, data: bytes) -> None:
    file.write_bytes(data)
