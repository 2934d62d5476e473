"""Lexers by the label of a code block, and a matching loop that can be resumed. It knows no Qt.

Pygments is imported with the first block of code. No language is ever guessed.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

Token = tuple[int, "_TokenType", str]
"""Position, type and text."""

Boundary = tuple[int, tuple[str, ...]]
"""Where a lexer stands between two tokens: its position and its stack of states."""

START: Boundary = (0, ("root",))

_MORE_NAMES = {
    "cxx": "cpp",
    "env": "bash",
    "hpp": "cpp",
    "jsonc": "json",
    "jsonl": "json",
    "kt": "kotlin",
    "patch": "diff",
    "sqlite": "sqlite3",
    "svelte": "html",
    "vb": "vbnet",
}
"""Labels people write that Pygments does not know, and what it calls the same."""


def lexer_for(label: str) -> "Lexer | None":
    """A new lexer for a code block's label; None where no lexer goes by it."""
    word = label.casefold().removeprefix("{.").rstrip("}")
    name = word.split(",")[0].split(":")[0]
    found = _classes().get(_MORE_NAMES.get(name, name)) if name else None
    if found is None:
        return None
    from pygments.lexer import DelegatingLexer
    from pygments.lexers import find_lexer_class

    made = find_lexer_class(found)
    if made is None or issubclass(made, DelegatingLexer):
        return None  # two languages in one are read at once, some for seconds. Source: measured
    return made(stripnl=False, ensurenl=False)


@cache
def _classes() -> dict[str, str]:
    """Names of Pygments' own lexers by what they are called; none comes from other packages."""
    from pygments.lexers import get_all_lexers

    return {
        alias.casefold(): name
        for name, aliases, _files, _types in get_all_lexers(plugins=False)
        for alias in aliases
    }


def is_resumable(lexer: "Lexer") -> bool:
    """Whether a Walk can stand in for it."""
    from pygments.lexer import ExtendedRegexLexer, RegexLexer

    return isinstance(lexer, RegexLexer) and not isinstance(lexer, ExtendedRegexLexer)


class Walk:
    """The matching loop of Pygments' RegexLexer, made to tell where it stands.

    What a lexer adds around that loop, such as names it knows, is left out.

    Attributes:
        mark: The last boundary not behind the tail: to resume there is exact.
    """

    __slots__ = ("_lexer", "_position", "_stack", "_tail", "_text", "mark")

    def __init__(self, lexer: "Lexer", text: str, start: Boundary, tail: int) -> None:
        """Begins at a boundary.

        Args:
            lexer: A resumable one.
            text: All there is; tokens count from its beginning.
            start: The boundary.
            tail: Start of the last line, which may be unfinished.
        """
        self._lexer = lexer
        self._text = text
        self._tail = tail
        self._position = start[0]
        self._stack = list(start[1])
        self.mark = start

    def tokens(self) -> Iterator[Token]:
        """The tokens as the lexer itself would give them."""
        from pygments.token import _TokenType

        lexer: Any = self._lexer
        states, text = lexer._tokens, self._text  # noqa: SLF001
        while True:
            position = self._position
            if position <= self._tail:
                self.mark = (position, tuple(self._stack))
            for rule in states[self._stack[-1]]:
                found = rule[0](text, position)
                if found:
                    break
            else:
                if position >= len(text):
                    return
                yield self._unmatched(position)
                continue
            _, action, target = rule
            if type(action) is _TokenType:
                yield position, action, found.group()
            elif action is not None:
                yield from action(lexer, found)
            self._position = found.end()
            self._go_to(target)

    def _unmatched(self, position: int) -> Token:
        """A character no rule knows; at a line's end the loop goes back to its root."""
        from pygments.token import Error, Whitespace

        self._position = position + 1
        char = self._text[position]
        if char == "\n":
            self._stack = ["root"]
            return position, Whitespace, char
        return position, Error, char

    def _go_to(self, target: str | int | Sequence[str] | None) -> None:
        """Changes the stack of states as a rule says."""
        if isinstance(target, tuple):
            for state in target:
                self._go_one(state)
        elif isinstance(target, int):
            del self._stack[max(len(self._stack) - abs(target), 1) :]
        elif target == "#push":
            self._go_one("#push")

    def _go_one(self, state: str) -> None:
        if state == "#pop":
            del self._stack[max(len(self._stack) - 1, 1) :]
        else:
            self._stack.append(self._stack[-1] if state == "#push" else state)
