"""The page's own files: scripts, styles and pictures, each under an address that changes with its content."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path as FilePath

from fastapi import APIRouter, Request
from starlette.responses import Response

from serving.access.gate import PAGE
from serving.problems import ApiProblem

__all__ = ["Asset", "address_of", "find_asset", "get_asset", "router"]

router = APIRouter(prefix=f"{PAGE}/static")

FOLDER = FilePath(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
DIGEST_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """A file: its bytes, plain and packed, its media type, and a digest of the content."""

    content: bytes
    packed: bytes
    media_type: str
    digest: str


@cache
def find_asset(name: str) -> Asset | None:
    """Return a file of the folder by its path in there, None where it has none; read once."""
    path = FOLDER / name
    if ".." in name or "\\" in name or not path.is_file() or not path.resolve().is_relative_to(FOLDER.resolve()):
        return None
    content = path.read_bytes()
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    digest = hashlib.sha256(content).hexdigest()[:DIGEST_LETTERS]
    return Asset(content, gzip.compress(content, 9, mtime=0), media_type, digest)


def address_of(name: str) -> str:
    """Return the address of a file; raises KeyError where there is none."""
    asset = find_asset(name)
    if asset is None:
        raise KeyError(name)
    return f"{PAGE}/static/{asset.digest}/{name}"


@router.get("/{digest}/{name:path}", name="asset")
def get_asset(request: Request, digest: str, name: str) -> Response:
    """Answer a file; browsers keep it for a year, for its address says what is in it."""
    asset = find_asset(name)
    if asset is None or asset.digest != digest:
        raise ApiProblem("route.unknown", f"{request.url.path} is not there.")
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding", "ETag": f'"{asset.digest}"'}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(asset.content, headers=headers, media_type=asset.media_type)
    return Response(asset.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=asset.media_type)
