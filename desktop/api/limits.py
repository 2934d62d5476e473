"""How much of an answer is read before it is cut off."""

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""One event of a stream; large enough for a picture in base64."""

MAX_CONTENT_CHARS = 64 * 1024 * 1024
"""Decoded text, reasoning and arguments of one answer."""

MAX_BODY_BYTES = 64 * 1024 * 1024
"""An answer that comes whole."""

MAX_ERROR_BYTES = 64 * 1024
"""Body of an error; the rest is not read."""

MAX_STEP_BYTES = 64 * 1024
"""Decoded in one go: about 200 events or 3 ms, measured; 256 KiB took 10 ms."""

MAX_ANOMALIES = 100
"""Oddities noted for one answer."""
