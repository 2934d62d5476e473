"""Reads a transcript through AT-SPI; run by the system's Python, which has pyatspi.

Prints what it found as one JSON object.
"""

import json
import sys
import time

import pyatspi

DEADLINE_S = 40.0


def find(process_id, role, name):
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        for app in pyatspi.Registry.getDesktop(0):
            if app is not None and app.get_process_id() == process_id:
                found = pyatspi.findDescendant(app, lambda n: is_it(n, role, name))
                if found is not None:
                    return found
        time.sleep(0.05)
    raise TimeoutError(name)


def is_it(node, role, name):
    return node.getRoleName() == role and node.name == name


def wait_for(condition):
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(condition)
        time.sleep(0.05)


def main():
    transcript = find(int(sys.argv[1]), "list", "Transcript")
    found = {"count": transcript.childCount}
    for index in (0, 500, 1_000):
        item = transcript.getChildAtIndex(index)
        found[str(index)] = [item.getRoleName(), item.name, item.getIndexInParent()]
    item = transcript.getChildAtIndex(1_000)
    children = [item.getChildAtIndex(n) for n in range(item.childCount)]
    found["children"] = [[child.getRoleName(), child.name] for child in children]
    found["description"] = item.description
    children[0].queryAction().doAction(0)
    wait_for(lambda: transcript.childCount == 1_003)
    last = transcript.getChildAtIndex(1_002)
    wait_for(lambda: last.name.endswith("Sentence 19."))
    found["last"] = last.name
    transcript.clearCache()
    wait_for(lambda: "Text" in pyatspi.listInterfaces(transcript.getChildAtIndex(1_002)))
    text = transcript.getChildAtIndex(1_002).queryText()
    wait_for(lambda: "Sentence 19." in text.getText(0, -1))
    found["text"] = text.getText(0, -1)
    found["word"] = text.getTextAtOffset(12, pyatspi.TEXT_BOUNDARY_WORD_START)[0]
    text.setCaretOffset(9)
    wait_for(lambda: text.caretOffset == 9)
    print(json.dumps(found))  # noqa: T201


main()
