"""The house rules that a program can check: public surfaces, docstrings, sizes, and that importing does nothing."""

import ast
import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("core", "inventory", "features", "training", "optimizer", "monitoring", "serving", "fillrate_client")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60


def public_names(tree: ast.Module) -> list[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]


def stated_names(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        target = (
            node.target
            if isinstance(node, ast.AnnAssign)
            else node.targets[0]
            if isinstance(node, ast.Assign)
            else None
        )
        if isinstance(target, ast.Name) and target.id == "__all__":
            return [ast.literal_eval(item) for item in node.value.elts]
    return None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_states_its_public_surface_sorted_and_whole_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it is for"
    assert text.count("\n") <= LONGEST_MODULE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < LONGEST_FUNCTION or "njit" in ast.unparse(
                node.decorator_list or []
            ), node.name
    if path.name == "__init__.py":
        assert text.count("\n") <= 12
        return
    stated = stated_names(tree)
    assert stated is not None, "__all__ is missing"
    assert set(public_names(tree)) <= set(stated)
    assert sorted(stated) == sorted(set(stated))


@pytest.mark.parametrize(
    "path", [path for path in MODULES if ">>> " in path.read_text(encoding="utf-8")], ids=lambda path: path.name
)
def test_the_examples_in_docstrings_run(path: Path) -> None:
    module = importlib.import_module(str(path.relative_to(ROOT).with_suffix("")).replace("/", "."))
    assert doctest.testmod(module).failed == 0


def test_importing_every_room_makes_no_file_and_opens_no_store(tmp_path: Path) -> None:
    light = [
        str(path.relative_to(ROOT).with_suffix("")).replace("/", ".") for path in MODULES if path.name != "__init__.py"
    ]
    code = "import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in light)
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": "", "MPLCONFIGDIR": str(tmp_path / "mpl")}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert [item.name for item in tmp_path.iterdir() if item.name not in ("mpl", "bentoml", ".config", ".cache")] == []
