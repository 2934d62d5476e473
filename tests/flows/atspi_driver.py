#!/usr/bin/python3
"""Drives an application through the accessibility bus, as a screen reader's user would.

It runs under the system's Python, which alone has pyatspi, and imports nothing of the project.
``atspi_driver.py PID`` follows orders on standard input, one JSON object a line, and answers each
with one on standard output: ``{"ok": ...}`` or ``{"error": "..."}``. The tree changes under a
client, so every order is tried again until it works or its time is over.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pyatspi  # type: ignore[import-not-found]

LIMIT_S = 15.0
PAUSE_S = 0.03

UNSETTLED = (LookupError, RuntimeError, AttributeError, TypeError, ValueError, StopIteration)
"""What pyatspi raises for a node that is gone, not there yet, or another one by now."""


class Driver:
    """One application, found by its process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def follow(self, order: dict[str, Any]) -> dict[str, Any]:
        """The answer to an order."""
        deadline = time.monotonic() + order.pop("limit_s", LIMIT_S)
        verb = getattr(self, order.pop("do"))
        while True:
            try:
                return {"ok": verb(**order)}
            except UNSETTLED as error:
                if time.monotonic() > deadline:
                    return {"error": f"{type(error).__name__}: {error}"}
            time.sleep(PAUSE_S)

    # What can be ordered.

    def title(self) -> str:
        """The window's title."""
        return str(self._frame().name)

    def press(self, name: str) -> None:
        """Presses a button that is enabled."""
        button = self._one(name, pyatspi.ROLE_PUSH_BUTTON)
        self._require(button, pyatspi.STATE_ENABLED, pyatspi.STATE_SHOWING)
        self._act(button, "press")

    def toggle(self, name: str, wanted: bool) -> None:
        """Brings a check box to a state."""
        box = self._one(name, pyatspi.ROLE_CHECK_BOX)
        self._require(box, pyatspi.STATE_ENABLED)
        if box.getState().contains(pyatspi.STATE_CHECKED) != wanted:
            self._act(box, "toggle")
        if box.getState().contains(pyatspi.STATE_CHECKED) != wanted:
            raise LookupError(f"{name} does not change")

    def is_checked(self, name: str) -> bool:
        """Whether a check box is checked."""
        return bool(
            self._one(name, pyatspi.ROLE_CHECK_BOX).getState().contains(pyatspi.STATE_CHECKED)
        )

    def is_enabled(self, name: str) -> bool:
        """Whether the control with a name is enabled."""
        return bool(self._one(name).getState().contains(pyatspi.STATE_ENABLED))

    def description(self, name: str) -> str:
        """The description of a control."""
        return str(self._one(name).description)

    def write(self, name: str, text: str) -> None:
        """Puts a text into a text box."""
        box = self._one(name, pyatspi.ROLE_TEXT, pyatspi.ROLE_ENTRY, pyatspi.ROLE_PASSWORD_TEXT)
        box.queryEditableText().setTextContents(text)

    def read(self, name: str) -> str:
        """The text of a text box."""
        box = self._one(name, pyatspi.ROLE_TEXT, pyatspi.ROLE_ENTRY, pyatspi.ROLE_PASSWORD_TEXT)
        text = box.queryText()
        return str(text.getText(0, text.characterCount))

    def set_value(self, name: str, value: float) -> None:
        """Gives a spin box a value."""
        box = self._one(name, pyatspi.ROLE_SPIN_BUTTON)
        box.queryValue().currentValue = value
        if box.queryValue().currentValue != value:
            raise LookupError(f"{name} does not take {value}")

    def choose(self, label: str, text: str) -> None:
        """Chooses an entry of the combo box that a label names, with the keyboard."""
        box = self._labelled(label)
        if box.name == text:
            return
        entries = [item.name for item in self._below(box) if _is(item, pyatspi.ROLE_LIST_ITEM)]
        if text not in entries:
            raise LookupError(f"{text!r} is not among {entries!r}")
        self._act(box, "press")
        time.sleep(0.3)
        keys = ["Home", *(["Down"] * entries.index(text)), "Return"]
        subprocess.run(["xdotool", "key", "--delay", "30", *keys], check=True)
        for _ in range(100):
            if self._labelled(label).name == text:
                return
            time.sleep(PAUSE_S)
        raise LookupError(f"{label!r} does not become {text!r}")

    def chosen(self, label: str) -> str:
        """What the combo box that a label names shows."""
        return str(self._labelled(label).name)

    def key(self, keys: list[str]) -> None:
        """Presses keys in the window that has the keyboard."""
        subprocess.run(["xdotool", "key", "--delay", "30", *keys], check=True)

    def items(self, name: str) -> list[str]:
        """The names of all direct children of a list."""
        found = self._one(name, pyatspi.ROLE_LIST, pyatspi.ROLE_TREE)
        children = [found.getChildAtIndex(n) for n in range(found.childCount)]
        wrong = [child.getRoleName() for child in children if not _is_item(child)]
        if wrong:
            raise LookupError(f"{name} holds {wrong!r}")
        return [child.name for child in children]

    def wait_for_items(self, name: str, names: list[str]) -> list[str]:
        """The names of a list's items once they are the given ones."""
        found = self.items(name)
        if found != names:
            raise LookupError(f"{name} holds {found!r}")
        return found

    def press_in_item(self, name: str, number: int, button: str) -> None:
        """Presses a button inside an item of a list."""
        found = self._one(name, pyatspi.ROLE_LIST).getChildAtIndex(number)
        children = [found.getChildAtIndex(n) for n in range(found.childCount)]
        named = [child for child in children if child.name == button]
        if len(named) != 1:
            raise LookupError(f"item {number} has {[child.name for child in children]!r}")
        self._act(named[0], "press")

    def widgets_named(self, name: str) -> list[str]:
        """The role names of all that has a name."""
        return [one.getRoleName() for one in self._below(self._application()) if one.name == name]

    # Finding.

    def _application(self) -> Any:
        desktop = pyatspi.Registry.getDesktop(0)
        for number in range(desktop.childCount):
            application = desktop.getChildAtIndex(number)
            if application is not None and application.get_process_id() == self._pid:
                return application
        raise LookupError(f"no application has the process id {self._pid}")

    def _frame(self) -> Any:
        application = self._application()
        frames = [application.getChildAtIndex(n) for n in range(application.childCount)]
        return next(frame for frame in frames if _is(frame, pyatspi.ROLE_FRAME))

    def _below(self, node: Any) -> Iterator[Any]:
        for number in range(node.childCount):
            child = node.getChildAtIndex(number)
            if child is None:
                continue
            yield child
            if not _is_item(child):
                yield from self._below(child)

    def _one(self, name: str, *roles: int) -> Any:
        found = [
            one
            for one in self._below(self._application())
            if one.name == name
            and (_is(one, *roles) if roles else not _is(one, pyatspi.ROLE_LABEL))
            and one.getState().contains(pyatspi.STATE_VISIBLE)
        ]
        if len(found) != 1:
            raise LookupError(f"{len(found)} things are named {name!r}")
        return found[0]

    def _labelled(self, label: str) -> Any:
        for one in self._below(self._application()):
            if not _is(one, pyatspi.ROLE_COMBO_BOX):
                continue
            for relation in one.getRelationSet():
                if relation.getRelationType() == pyatspi.RELATION_LABELLED_BY:
                    targets = range(relation.getNTargets())
                    if any(relation.getTarget(n).name == label for n in targets):
                        return one
        raise LookupError(f"no combo box is labelled by {label!r}")

    def _act(self, node: Any, name: str) -> None:
        action = node.queryAction()
        names = [action.getName(n).lower() for n in range(action.nActions)]
        action.doAction(names.index(name))

    def _require(self, node: Any, *states: int) -> None:
        if not all(node.getState().contains(state) for state in states):
            raise LookupError(f"{node.name!r} is not enabled or not in sight")


def _is(node: Any, *roles: int) -> bool:
    return node.getRole() in roles


def _is_item(node: Any) -> bool:
    return _is(node, pyatspi.ROLE_LIST_ITEM, pyatspi.ROLE_TREE_ITEM)


def main() -> None:
    """Follows orders until there are no more."""
    driver = Driver(int(sys.argv[1]))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(driver.follow(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
