"""Small example texts: the canned replies of the demo, one a subject."""

LABEL = "*This is a canned demo reply: no model was asked.*"

WELCOME = """\
{label}

You wrote:

> {quote}

The demo shows what Sounding does with a reply. Send one of these words to see more:

| Word | What comes back |
|:--|:--|
| `markdown` | headings, lists, quotes and links |
| `code` | code in several languages |
| `table` | tables with aligned columns |
| `maths` | formulas, inline and on their own |
| `reasoning` | a summary of the reasoning before the answer |
| `citation` | an answer with its source |
| `long` | a long answer, to stop or to scroll |
| `slow` | an answer that takes its time |
| `tool` | a call to one of the functions you defined |
| `refusal` | an answer that was declined |
| `error` or `error 429` | an error from the provider |
| `error midway` | an answer that breaks off |

Nothing you type here leaves this machine.
"""

MARKDOWN = """\
{label}

# A heading

Text can be **bold**, *italic*, ~~struck out~~ or `code`, and it can hold a
[link to the documentation](https://docs.aimlapi.com).

## Lists

1. Take the lead line.
2. Heave it ahead of the ship:
   - the lead is armed with tallow,
   - so that it brings up a sample of the bottom.
3. Read the mark, and call it out.

- [x] by the mark seven
- [ ] by the deep eight

> Any port in a storm.
>
> > And any depth that floats the ship.

---

### Other scripts

Grüße aus Kiel · Καλημέρα · Добрый день · 你好世界 · こんにちは · שלום · مرحبا · 👩🏽‍🚀⚓️
"""

CODE = """\
{label}

The same small function three times. Python:

```python
from collections.abc import Iterable


def mean_depth(casts: Iterable[float]) -> float:
    \"\"\"The mean of all casts, in metres.\"\"\"
    depths = list(casts)
    return sum(depths) / len(depths) if depths else 0.0
```

JavaScript:

```javascript
export const meanDepth = (casts) =>
  casts.length ? casts.reduce((sum, depth) => sum + depth, 0) / casts.length : 0;
```

SQL:

```sql
SELECT ship, avg(depth_m) AS mean_depth_m
FROM casts
GROUP BY ship
ORDER BY mean_depth_m DESC;
```

And in a shell, on one line: `awk '{{ s += $1 }} END {{ print s / NR }}' casts.txt`.
"""

TABLE = """\
{label}

| Mark on the line | Fathoms | Metres | Told by |
|:--|--:|--:|:-:|
| two strips of leather | 2 | 3.66 | touch |
| three strips of leather | 3 | 5.49 | touch |
| white cotton | 5 | 9.14 | sight |
| red wool | 7 | 12.80 | sight |
| leather with a hole | 10 | 18.29 | touch |

One fathom is **1.8288 m**.
"""

MATHS = """\
{label}

The depth of water at time $t$ is the charted depth and the height of tide:

$$
d(t) = d_0 + \\sum_{{k=1}}^{{n}} A_k \\cos(\\omega_k t + \\varphi_k)
$$

Sound travels at $c \\approx 1500\\,\\mathrm{{m/s}}$ in sea water, so an echo after
$\\Delta t$ seconds means

$$
d = \\frac{{c \\, \\Delta t}}{{2}}
$$

A lead costs between $5 and $6, which is no formula.
"""

REASONING = """\
{label}

The answer is **18.29 metres**: ten fathoms of 1.8288 metres each.
"""

REASONING_SUMMARIES = (
    "**Reading the question**\n\nTen fathoms are asked for in metres, so one conversion is enough.",
    "**Converting**\n\nOne fathom is six feet of 0.3048 metres: 1.8288 metres."
    " Ten of them are 18.288.",
)

CITATION = """\
{label}

A sounding line is a length of rope with a weight at its end. Before echo sounders it was the only
way to tell how deep the water was, and where the ship might be.
"""

CITED = "sounding line"
CITED_URL = "https://en.wikipedia.org/wiki/Depth_sounding"
CITED_TITLE = "Depth sounding"

LONG_STANZA = """\
## Cast {number}

The lead went over the side at the turn of the glass and ran out **{fathoms} fathoms**
before it struck. The tallow brought up {bottom}, which agrees
with the chart{agreement}.

- Wind: {wind}
- Helm: steady
- Next cast: in half a glass
"""

BOTTOMS = ("fine grey sand", "broken shell", "blue mud", "small black stones", "nothing at all")
WINDS = ("south-west, fresh", "west, moderate", "calm", "north-west, a gale", "variable, light")

SLOW = """\
{label}

This one comes slowly, so that there is time to press Stop, to type ahead, or to look at another
conversation while it goes on.
"""

REFUSAL = "I can't help with that. (This is a canned demo reply: nothing was judged.)"

TOOL_RESULT = """\
{label}

The function returned:

```
{result}
```
"""

NO_TOOL = """\
{label}

No function is defined, so none was called. Put one into Tools and send `tool` again.
"""

MIDWAY = """\
{label}

This answer breaks off in the middle of a
"""
