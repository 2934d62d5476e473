"""JSON in and out, and loose reading of decoded objects.

Requests come from anywhere, so nothing here trusts a type: what is not as expected is absent.
"""

import json
from collections.abc import Mapping
from typing import Any

Payload = dict[str, Any]


def as_json(raw: bytes) -> object:
    """The decoded value, or None where the bytes are not JSON."""
    try:
        decoded: object = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return decoded


def dumps(value: object) -> bytes:
    """Compact JSON as UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def mapping(value: object) -> Payload:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """The value if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """The value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def count(body: Mapping[str, Any], *keys: str) -> int | None:
    """The first of the keys that holds a positive whole number, or None."""
    for key in keys:
        value = body.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 1:
            return int(value)
    return None
