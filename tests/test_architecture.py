"""Rules of the whole source: layers, sizes, forbidden calls, and the bugs of pinned libraries."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest

import desktop
from tests.source_rules import mentions, python_files, violations

ROOT = Path(__file__).parent.parent
DESKTOP = ROOT / "desktop"
MOST_LINES = 500

IMPORT_WITHOUT = """
import importlib, pkgutil, sys

blocked, skipped = (set(argument.split(",")) for argument in sys.argv[1:])

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if any(name == each or name.startswith(each + ".") for each in blocked):
            raise ModuleNotFoundError(f"{name} is blocked")

sys.meta_path.insert(0, Blocker())
import desktop

def walk(package):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        if module.name in skipped:
            continue
        imported = importlib.import_module(module.name)
        print(module.name)
        if module.ispkg:
            walk(imported)

walk(desktop)
"""

COUNT_NONE = """
import sys
from PySide6.QtCore import QObject, QTimer

timer, item = QTimer(), QObject()
for name in ("a", "b"):
    item.setObjectName(name)
before = sys.getrefcount(None)
for _ in range(5000):
    item.setObjectName("c")
    timer.setInterval(7)
print(sys.getrefcount(None) - before)
"""


def python(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints for this code; a failure shows what it said."""
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_layers_below_the_bridge_import_without_qt() -> None:
    above = "desktop.__main__,desktop.app,desktop.bridge,desktop.ui"
    imported = python(IMPORT_WITHOUT, "PySide6,shiboken6,qasync", above).split()
    assert {"desktop.api", "desktop.core", "desktop.domain", "desktop.storage"} <= set(imported)


def test_the_bridge_imports_without_widgets() -> None:
    above = "desktop.__main__,desktop.app,desktop.ui"
    imported = python(IMPORT_WITHOUT, "PySide6.QtGui,PySide6.QtWidgets", above).split()
    assert "desktop.bridge.tasks" in imported


def test_imports_go_one_way() -> None:
    python("from importlinter.cli import lint_imports_command as run; run()")


def test_a_void_method_of_qt_keeps_the_count_of_none() -> None:
    assert abs(int(python(COUNT_NONE))) < 100


def test_no_file_is_too_long() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in python_files(DESKTOP)
    }
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}


def test_packaging_is_no_package() -> None:
    """It would take the place of PyPI's ``packaging``."""
    assert not (ROOT / "packaging" / "__init__.py").exists()


@pytest.mark.parametrize("path", python_files(DESKTOP), ids=lambda path: path.name)
def test_source_keeps_the_rules(path: Path) -> None:
    name = path.relative_to(DESKTOP).as_posix()
    assert violations(path.read_text("utf-8"), name) == []


def test_links_are_opened_in_one_file() -> None:
    users = [path for path in python_files(DESKTOP) if mentions(path.read_text(), "openUrl")]
    assert len(users) <= 1


@pytest.mark.parametrize(
    "source",
    [
        "async def f():\n    dialog.exec()",
        "app.processEvents()",
        "view.setHtml(text)",
        "response.aiter_lines()",
        "httpx.AsyncClient(follow_redirects=True)",
        "httpx.AsyncClient(verify=False)",
        "subprocess.run(line, shell=True)",
        "shutil.copy2(a, b)",
        "archive.extractall()",
        "import pickle",
        "from qasync import asyncSlot",
        "asyncio.create_task(f())",
        "try:\n    f()\nexcept Exception:\n    pass",
        "def f():\n    QLabel(conversation.title)",
        "def f(title):\n    QLabel(f'About {title}', self)",
        "def f(text):\n    QMessageBox(QMessageBox.Icon.Warning, 'a', text)",
        "QMessageBox.warning(self, 'a', 'b')",
    ],
)
def test_the_rules_find_what_they_forbid(source: str) -> None:
    assert len(violations(source, "ui/a.py")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    menu.exec()",
        "client.stream(follow_redirects=False, verify=context)",
        "def f(self, line):\n    QLabel(self.tr('History'), line)",
        "def f(text):\n    label = QLabel(text)\n    label.setTextFormat(Qt.TextFormat.PlainText)",
        "async def f():\n    async with TaskGroup() as group:\n        group.create_task(g())",
        "try:\n    f()\nexcept OSError:\n    pass",
    ],
)
def test_the_rules_let_good_code_be(source: str) -> None:
    assert violations(source, "ui/a.py") == []


def test_broad_except_has_its_places() -> None:
    source = "try:\n    f()\nexcept Exception:\n    report()"
    assert violations(source, "credentials.py") == []


def httpx_errors() -> list[type[Exception]]:
    """Every exception class that httpx can raise from a request."""
    found: list[type[Exception]] = [httpx.HTTPError, httpx.InvalidURL, httpx.StreamError]
    for each in found:
        found.extend(each.__subclasses__())
    return found


def instance(kind: type[Exception]) -> Exception:
    """One exception of the kind, made as httpx makes it."""
    request = httpx.Request("POST", "https://api.example/v1")
    if issubclass(kind, httpx.HTTPStatusError):
        return kind("status", request=request, response=httpx.Response(500, request=request))
    try:
        return kind("")
    except TypeError:
        return kind()


@pytest.mark.parametrize("kind", httpx_errors(), ids=lambda kind: kind.__name__)
def test_every_httpx_error_is_mapped(kind: type[Exception]) -> None:
    from desktop.api.errors import from_httpx
    from desktop.domain.errors import DesktopError

    error = from_httpx(instance(kind), "api.example")
    assert isinstance(error, DesktopError)
    assert error.user_text


def test_pyside_is_pinned_below_the_version_that_breaks_none() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "PySide6-Essentials>=6.11,<6.12" in project["dependencies"]


def test_the_package_has_a_version() -> None:
    assert desktop.__version__.count(".") == 2
