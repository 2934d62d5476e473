"""Bare addresses in text: `https://...`, `www....` and mail addresses.

Works on the finished text of a leaf, so no split can change it.

Source: https://github.github.com/gfm/#autolinks-extension-
"""

import re
from collections.abc import Iterator

from desktop.markup.limits import MAX_AUTOLINK_CHARS

_STOP = r"\s<>\u2026\u3001\u3002\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\u300a-\u3011"
"""Ends an address: white space, angle brackets, and the punctuation of Chinese and Japanese."""
_ADDRESS = re.compile(
    rf"(?<![A-Za-z0-9_])(?:https?://[^{_STOP}/?#]+|www\.[\w-]+\.[\w-]+)[^{_STOP}]*"
    r"|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
_PUNCTUATION = "?!.,:*_~'\""


def find_links(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and target of each bare address, in order; the target is percent-encoded."""
    if "://" not in text and "www." not in text.lower() and "@" not in text:
        return
    for found in _ADDRESS.finditer(text):
        address = _trimmed(found[0])
        if address and len(address) <= MAX_AUTOLINK_CHARS:
            yield found.start(), found.start() + len(address), _target(address)


def _trimmed(address: str) -> str:
    """The address without punctuation of the sentence around it; empty if nothing is left."""
    surplus = address.count(")") - address.count("(")
    while address:
        if address[-1] in _PUNCTUATION:
            address = address.rstrip(_PUNCTUATION)
        elif address[-1] == ")" and surplus > 0:
            address, surplus = address[:-1], surplus - 1
        elif address[-1] == ";" and address[address.rfind("&") + 1 : -1].isalnum():
            address = address[: max(address.rfind("&"), 0)]
        else:
            break
    return "" if address.endswith("://") else address


def _target(address: str) -> str:
    from mdurl import encode

    lowered = address.lower()
    if lowered.startswith(("http://", "https://")):
        return encode(address)
    return ("https://" if lowered.startswith("www.") else "mailto:") + encode(address)
