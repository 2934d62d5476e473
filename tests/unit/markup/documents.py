"""Hostile Markdown made of line fragments, and streams of it in pieces."""

import random
from collections.abc import Sequence
from itertools import pairwise

from desktop.markup.blocks import Block
from desktop.markup.stream import MarkdownStream

_ANY, *_FAMILIES = (
    family.split(";")
    for family in (
        "# h;para;  text;- a;  - b;    - c;* d;+ e;1. x;2. y;10) z;   3. q;> q;> - z;> > w;>;;;;"
        "   ;---;===;***;```;```py;~~~;    code;\tcode;- \tx;| a | b |;|--|--|;--|--;| 1 | 2;"
        "- a | b;-|-;a | b;$$;$$x$$;\\[;\\];x$$;[r]: /u;[r]: /v;'tit';[^1]: n;[^1]:;- [ ] t;-;1.;"
        "- [x] t;- - n;  ```;  # h;- ```;> ```;> # h;> a | b;>-|-;[x;]: /y;- # h;    - - o;"
        "   - ~~~;\u00a0;1. 1. k;- > q;      deep;$$ y;> $$;> 1. a;> 2. b;\ud83d;\ude00;\0"
        ";~~~a | b",
        "- a;  - b;    - c;* d;1. x;2. y;10) z;-;1.;- - n;para;;  text;      deep;   1. z;"
        "  - - k;     - five;   two",
        "> p;>;> ;> q;> - z;> > w;> t;> [r]: /u;>   - k;para;;-|-;> | a | b |;> |--|--|;> | 1 |",
        "| a | b |;|--|--|;| 1 | 2 |;|x|;a\\|b | c;- k;;> q;    code;# h;text;```;a | b",
        "[r]: /u;'t;x';\"t;  (a;b);> 't;> x';===;--;[q]:;[k]: <;/dest;[r]:   ;[r] [s];[s]: <x> 'y;"
        "z';;para;- a;[^1]: k;[^2]: m [r];# [r];> [s]: k;> [t]",
        "```;~~~;````;   ```;    ```;code;;  ;\tx;``` x;~~~~ py `k`;``` `no`;text;# h;- ```;  ```",
        "$$;\\[;\\];x$$;$$a;$$a$$;b\\];;text;- $$;  $$;> $$;# h;    $$",
    )
)
_ENDS = ["\n"] * 7 + ["\n\n", "\r\n", "\r", ""]


def seeded(seed: int) -> random.Random:
    """Choices that are the same on every run."""
    return random.Random(seed)  # noqa: S311 - nothing here is secret


def document(choose: random.Random) -> str:
    """A document of up to 30 lines, half of them about one kind of block."""
    lines: Sequence[str] = _ANY
    if choose.random() < 0.7:
        lines = choose.choice(_FAMILIES) + choose.choices(_ANY, k=2)
    count = choose.randint(1, choose.choice([8, 16, 30]))
    return "".join(choose.choice(lines) + choose.choice(_ENDS) for _ in range(count))


def pieces(text: str, choose: random.Random, longest: int = 20) -> list[str]:
    """The text cut at random."""
    cuts = [0]
    while cuts[-1] < len(text):
        cuts.append(cuts[-1] + choose.randint(1, longest))
    return [text[start:end] for start, end in pairwise(cuts)]


def streamed(parts: Sequence[str], stream: MarkdownStream | None = None) -> tuple[Block, ...]:
    """All blocks a stream of these pieces froze."""
    stream = stream or MarkdownStream()
    blocks: list[Block] = []
    for part in parts:
        stream.feed(part)
        blocks += stream.advance().frozen
    last = stream.finish()
    assert last.open == ()
    return (*blocks, *last.frozen)
