"""Rules about the source that neither ruff nor import-linter has: syntax trees in, lines out."""

import ast
from collections.abc import Iterator
from pathlib import Path

FORBIDDEN_NAMES = {
    "aiter_lines": "splits JSON at U+2028; use api.sse",
    "asyncClose": "re-enters the event loop",
    "asyncSlot": "guesses the slot's arguments; use TaskScope.spawn",
    "extractall": "read archive members in memory instead",
    "pickle": "runs what it reads",
    "processEvents": "re-enters the event loop",
    "setHtml": "only our own renderer makes rich text",
}
FORBIDDEN_ARGUMENTS = {
    ("follow_redirects", True): "a redirect takes the prompt to another host",
    ("verify", False): "no connection without checking the certificate",
    ("shell", True): "no shell",
}
BROAD_EXCEPT_FILES = {"bridge/tasks.py", "credentials.py", "ui/transcript/math.py"}
RICH_TEXT_WIDGETS = {"QLabel", "QMessageBox"}
MODAL_BOXES = {"about", "critical", "information", "question", "warning"}
TRANSLATIONS = {"tr", "translate"}


def violations(source: str, path: str) -> list[str]:
    """What breaks a rule in one file, as ``path:line: what``; `path` is relative to desktop/."""
    tree = ast.parse(source)
    found = [*_names(tree), *_arguments(tree), *_calls(tree), *_execs(tree), *_rich_text(tree)]
    if path not in BROAD_EXCEPT_FILES and not path.startswith("app/"):
        found += _broad_excepts(tree)
    return [f"{path}:{line}: {what}" for line, what in sorted(found)]


def mentions(source: str, name: str) -> bool:
    """Whether the code, comments aside, uses a name."""
    return any(name in used for _, used in _used_names(ast.parse(source)))


def python_files(folder: Path) -> list[Path]:
    """Every Python file in a folder, in a stable order."""
    return sorted(folder.rglob("*.py"))


Finding = tuple[int, str]


def _used_names(tree: ast.AST) -> Iterator[tuple[int, tuple[str, ...]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.lineno, (node.id,)
        elif isinstance(node, ast.Attribute):
            yield node.lineno, (node.attr,)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            yield node.lineno, (module, *(alias.name for alias in node.names))


def _names(tree: ast.AST) -> Iterator[Finding]:
    for line, names in _used_names(tree):
        for name in names:
            if name in FORBIDDEN_NAMES:
                yield line, f"{name}: {FORBIDDEN_NAMES[name]}"


def _arguments(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            value = node.value.value
            if isinstance(value, bool) and (str(node.arg), value) in FORBIDDEN_ARGUMENTS:
                why = FORBIDDEN_ARGUMENTS[str(node.arg), value]
                yield node.value.lineno, f"{node.arg}={value}: {why}"


def _calls(tree: ast.AST) -> Iterator[Finding]:
    """Calls that are wrong because of what they are called on."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            continue
        owner, name = node.value.id, node.attr
        if owner == "shutil" and name.startswith("copy"):
            yield node.lineno, "shutil.copy: an open database needs the backup API"
        elif owner == "asyncio" and name == "create_task":
            yield node.lineno, "asyncio.create_task: use TaskScope.spawn or TaskGroup"
        elif owner == "QMessageBox" and name in MODAL_BOXES:
            yield node.lineno, f"QMessageBox.{name} blocks in a second event loop; use open()"


def _execs(tree: ast.AST) -> Iterator[Finding]:
    for function in ast.walk(tree):
        if isinstance(function, ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if _called_name(node) in {"exec", "exec_"}:
                    yield function.lineno, "exec() in a coroutine stops all other tasks"


def _broad_excepts(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            is_broad = node.type is None or (
                isinstance(node.type, ast.Name) and node.type.id == "Exception"
            )
            if is_broad:
                yield node.lineno, "broad except: name what can be raised"


def _rich_text(tree: ast.AST) -> Iterator[Finding]:
    """Labels and boxes that get a text which is not ours, in a function without PlainText."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if any("PlainText" in names for _, names in _used_names(function)):
            continue
        for node in ast.walk(function):
            name = _called_name(node)
            if name in RICH_TEXT_WIDGETS and any(map(_may_be_foreign_text, _texts(node))):
                yield function.lineno, f"{name} may take data for HTML: set PlainText"


def _called_name(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _texts(call: ast.AST) -> list[ast.expr]:
    """The arguments that hold the text: a label's first, a box's title and what follows."""
    arguments = call.args if isinstance(call, ast.Call) else []
    return arguments[:1] if _called_name(call) == "QLabel" else arguments[1:3]


def _may_be_foreign_text(node: ast.expr) -> bool:
    """Whether an argument may be a text that is not written in the source; a parent is none."""
    if isinstance(node, ast.Constant) or _called_name(node) in TRANSLATIONS:
        return False
    return not (isinstance(node, ast.Name) and node.id in {"self", "parent"})
