"""Every cap of the Markdown layer, in one table.

Beyond a cap text is shown as it was written; nothing is ever left out.
"""

LEAF_CHARS = 16_000
"""Characters of inline source in one leaf; a longer one is plain text."""

LEAF_PIECE_CHARS = 8_000
"""Characters of a block into which a paragraph over `LEAF_CHARS` is cut.

Source: measured, a screen of it is laid out in 1 to 4 ms.
"""

LEAF_SPECIALS = 500
"""Characters that may start inline markup in one leaf; with more it is plain text.

Source: measured, a storm of `**a ` or `[` costs 8 us a character.
"""

CONTAINER_LEVEL = 32
"""Nesting at which a quote or list marker becomes text; a quote counts 1, a list 2."""

INLINE_NESTING = 20
"""Nesting of inline markup beyond which it is text."""

MAX_COLUMNS = 2_000
"""Columns of a table; a wider one is a paragraph."""

PIECE_CHARS = 4_096
"""Characters of waiting text taken into one parse, unless the open block is longer."""

CALM_CHARS = 4_096
"""Open source up to this length is parsed at every step, whatever that costs."""

REST_FACTOR = 8
"""An open block over `CALM_CHARS` rests this many times the cost of its last parse."""

MAX_AUTOLINK_CHARS = 2_048
"""Characters of a bare address that becomes a link."""
