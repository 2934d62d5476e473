"""Conversations that show every element."""

from desktop.domain.messages import (
    ActivityPart,
    Citation,
    Fault,
    Note,
    ReasoningPart,
    Status,
    TextPart,
    ToolCallPart,
)
from desktop.domain.timeline import Row
from tests.ui.transcript.fake_timeline import assistant, failed, user

CODE = """def find(items, target):
    lo, hi = 0, len(items) - 1
    while lo <= hi:
        mid = (lo + hi) // 2
        if items[mid] == target:
            return mid
        lo, hi = (mid + 1, hi) if items[mid] < target else (lo, mid - 1)
    return -1
"""

ANSWER = f"""Your loop stops one step early. With `lo < hi` and an *inclusive* upper bound, the \
range of one element is never looked at.

Keep the bound inclusive and let the loop run while the range is **not empty**:

```python
{CODE}```

The number of steps stays at most ⌊log₂ n⌋ + 1, so for a million items that is 20 comparisons.
"""

RICH = """# What changes

A paragraph with a [link to the docs](https://docs.aimlapi.com), ~~a mistake~~ and **bold *both***.

- first point, which is long enough that it will need more than one line of the reading column to \
be shown in full
- second point
  1. nested one
  2. nested two
- third

> A quote that says something.
>
> And goes on.

## A table

| Name | Value | Note |
|:-----|------:|:----:|
| alpha | 1.5 | `x` |
| beta, longer | 22.75 | see [site](https://example.com) |

---

- [x] done
- [ ] open

\u05e9\u05dc\u05d5\u05dd, this paragraph begins in Hebrew.

$$
e^{i\\pi} + 1 = 0
$$
"""

FAULT = Fault(
    kind="rate_limit",
    user_text="The provider is getting too many requests. Wait a moment, then retry.",
    provider_text="Rate limit reached for gpt-5.1 in organization org-x on tokens per min.",
    request_id="req_01JC9X3",
    status=429,
    link_text="Get help",
    link_url="https://help.aimlapi.com/",
    is_retryable=True,
)


def short() -> list[Row]:
    return [
        user(
            "Why does my binary search miss the last element? It returns -1 for the largest "
            "value in the list.",
            1,
        ),
        assistant(
            ReasoningPart("The loop condition is wrong.", duration_s=2.1),
            ANSWER,
            number=2,
            sibling_index=1,
            sibling_count=3,
        ),
    ]


def rich() -> list[Row]:
    cited = "The tower is 330 m tall. It opened in 1889."
    citation = Citation(
        "url_citation", "https://en.wikipedia.org/wiki/Eiffel_Tower", "Eiffel Tower", 0, 24
    )
    return [
        user("Show me everything", 1),
        assistant(RICH, number=2),
        user("Search for it", 3),
        assistant(
            ActivityPart("web_search_call", "completed"),
            ToolCallPart("c1", "get_weather", '{"city": "Paris"}'),
            TextPart(cited, citations=(citation,)),
            number=4,
            note=Note.LENGTH,
        ),
        user("And again", 5),
        *failed(FAULT, "Half of an ans", number=6),
        user("Stop", 7),
        assistant("Some text that was", number=8, status=Status.STOPPED),
    ]
