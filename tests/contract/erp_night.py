"""Run the commands of docs/erp_night.md, compare their answers with those printed there, or print them anew.

`python -m tests.contract.erp_night` prints the document with the answers of this tree (some minutes). What differs from
one run to the next (names, hashes, moments, figures of a model trained here) is compared by its shape.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.contract.test_service import environment_of, free_port, running, until_ready

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "erp_night.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
GAP = "…"
MARK = "@@@ end of command"
MOVING = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)"  # a moment
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,27}|(?<![A-Za-z0-9])[0-9a-f]{7,64}(?![A-Za-z0-9])"  # a name or a hash
    r"|-?\d+(?:\.\d+)?(?:e-?\d+)?"  # a figure
)


@dataclass(frozen=True)
class Command:
    """One command of the document and the answer that is printed below it."""

    words: str
    answer: str


def commands_of(text: str) -> list[Command]:
    """Return the commands in order; one begins at `$ ` and goes on over lines that begin with `> `."""
    found = []
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.rstrip("\n").split("\n")
            more = 1
            while more < len(lines) and lines[more].startswith("> "):
                more += 1
            words = "\n".join([lines[0], *(line[2:] for line in lines[1:more])])
            found.append(Command(words, "\n".join(lines[more:])))
    return found


def run(commands: list[Command], folder: Path, port: int) -> list[str]:
    """Run the commands in one shell and return what each said; raises AssertionError for one that fails."""
    steps = [f"{{ {one.words}\n}} 2>&1\nprintf '\\n{MARK} %s\\n' $?\n" for one in commands]
    script = "set -o pipefail\n" + "".join(steps).replace("127.0.0.1:3000", f"127.0.0.1:{port}")
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, timeout=1500)
    parts = re.split(rf"\n{MARK} (\d+)\n", done.stdout.decode().replace("\r\n", "\n"))
    answers, codes = parts[0::2], parts[1::2]
    for one, code, answer in zip(commands, codes, answers, strict=False):
        assert code == "0", f"{one.words}\nended with {code}: {answer}"
    assert len(codes) == len(commands), done.stderr.decode()
    return [answer.rstrip().replace(f"127.0.0.1:{port}", "127.0.0.1:3000") for answer in answers[: len(commands)]]


def shape(printed: str) -> re.Pattern[str]:
    """Return what an answer must match: the printed words, with gaps, and anything where figures and names are."""
    segments = [_shape_of(segment) for segment in printed.split(GAP)]
    return re.compile("(" + ").*?(".join(segments) + ")", re.DOTALL)


def _shape_of(segment: str) -> str:
    parts = MOVING.split(segment)
    return r"[-+.\w:]+".join(re.escape(part) for part in parts).replace(r"\ ", r"\s+")


def refreshed(printed: str, answer: str) -> str | None:
    """Return the printed answer with what was answered now; None where it does not match."""
    found = shape(printed).search(answer)
    return None if found is None else GAP.join(found.groups())


def mismatches(commands: list[Command], answers: list[str]) -> list[str]:
    """Return each command whose answer is not as it is printed, with both."""
    pairs = zip(commands, answers, strict=True)
    return [f"$ {one.words}\n{said}" for one, said in pairs if refreshed(one.answer, said) is None]


@contextmanager
def served_demo(folder: Path) -> Iterator[int]:
    """Run the demo in a folder and serve its shop; yield the port."""
    port, fillrate = free_port(), [sys.executable, "-m", "serving.cli"]
    environment = environment_of(folder / ".fillrate", PYTHONPATH=str(ROOT), FILLRATE_PRIVATE_TARGETS="allow")
    subprocess.run([*fillrate, "demo", "--quiet"], cwd=folder, env=environment, check=True, capture_output=True)
    words = [*fillrate, "serve", "--data", str(folder / ".fillrate/demo/online_retail"), "--port", str(port)]
    with running(words, environment, folder) as (server, log):
        until_ready(f"http://127.0.0.1:{port}", server, log)
        yield port


def main() -> None:
    """Write the document anew with the answers of this tree; those that no longer match are told and left."""
    text = DOCUMENT.read_text(encoding="utf-8")
    commands = commands_of(text)
    with tempfile.TemporaryDirectory() as home, served_demo(Path(home)) as port:
        (Path(home) / "shell").mkdir()
        answers = run(commands, Path(home) / "shell", port)
    place = 0
    for one, answer in zip(commands, answers, strict=True):
        now = refreshed(one.answer, answer)
        place = text.index(one.words.split("\n")[0], place)
        if now is not None and one.answer:
            place = text.index(one.answer, place)
            text = text[:place] + now + text[place + len(one.answer) :]
    DOCUMENT.write_text(text, encoding="utf-8")
    print("\n\n".join(mismatches(commands, answers)))


if __name__ == "__main__":
    main()
