"""A little of everything in ten languages, with characters of two UTF-16 units in between."""

SAMPLES = {
    "python": '''@cache
class Pond(Water):
    """Deep 😀
    water."""

    depth: float = 1.5e3  # metres 😀

    async def sound(self, *, times: int = 0x1F) -> str:
        text = f"{self.depth:>{times}} {'a' if times else 'b'}"
        return text + r"\\d" + b"x".decode() if not times else None


def f(a, b=lambda x: x ** 2):
    try:
        yield from [a @ b for _ in range(10) if a is not b]
    except (KeyError, ValueError) as error:
        raise RuntimeError("🎉 no") from error
''',
    "javascript": """import { a as b } from './m.js';
/* many
   lines 😀 */
export default class A extends B {
  #x = /[/\\\\]+/gi;
  get y() { return `a ${this.#x ? `b ${1 + 2}` : "c"} 😀`; }
  async *z(a = 1_000n) { for await (const q of a) yield q?.r ?? null; } // end
}
const t = x => x / 2 / 3;
""",
    "rust": """//! Docs 😀
#[derive(Debug, Clone)]
pub struct Pond<'a, T: Into<f64>> { name: &'a str, depth: T }

/* one /* nested */ still */
impl<'a> Pond<'a, f32> {
    fn sound(&self) -> Result<u8, Box<dyn std::error::Error>> {
        let s = r#"raw "x" 😀"#;
        match s.len() { 0 => Err("no".into()), n if n > 0xFF => Ok(b'x'), _ => Ok(1u8) }
    }
}
println!("{:?}", vec![1, 2, 3]);
""",
    "bash": """#!/usr/bin/env bash
set -euo pipefail
for f in "${files[@]}"; do # each 😀
  if [[ -f "$f" && $(wc -l < "$f") -gt 10 ]]; then
    echo "long: ${f##*/} $((1 + 2))" >&2
  fi
done
cat <<'EOF'
not $code 😀
EOF
case $x in a|b) exit 1 ;; *) : ;; esac
""",
    "html": """<!DOCTYPE html>
<!-- a comment
     of two lines 😀 -->
<html lang="en"><head><title>A &amp; B</title>
<style>
  .a > b:hover { color: #fff; margin: 0 auto !important }
</style>
<script>
  let x = `a ${1}`; // 😀
  if (x < 2) { alert("</b>") }
</script></head>
<body class='x' data-y=1 hidden><p>Text 😀<br/></p></body></html>
""",
    "sql": """-- Who 😀
WITH t AS (SELECT id, count(*) AS n FROM users u LEFT JOIN posts p ON p.user_id = u.id
  WHERE u.name LIKE 'a''b%' AND p.at >= '2024-01-01' GROUP BY 1 HAVING count(*) > 10)
/* and
   how many */
INSERT INTO "log" (a, b) VALUES (1.5, NULL), (2, 'c 😀');
CREATE TABLE x (id INTEGER PRIMARY KEY, y TEXT NOT NULL DEFAULT '');
""",
    "go": """// Package pond 😀
package pond

import (
	"fmt"
)

/* many
lines */
type Pond struct { Depth float64 `json:"depth"` }

func (p *Pond) Sound(ch chan<- int) (s string, err error) {
	defer close(ch)
	for i := range 10 { ch <- i << 2 }
	s = `raw
text 😀` + "x\\n" + string('a')
	if p == nil { return "", fmt.Errorf("no: %w", err) }
	return
}
""",
    "c": """#include <stdio.h>
#define MAX(a, b) \\
    ((a) > (b) ? (a) : (b))
/* many
   lines 😀 */
typedef struct pond { unsigned long depth; const char *name; } pond_t;

static inline int sound(pond_t *p, size_t n) {
    for (size_t i = 0; i < n; ++i)
        printf("%lu %s\\n", p[i].depth, "😀"); // each
    return n ? 0x1Fu : 'a';
}
#if 0
dead code
#endif
""",
    "yaml": """# A file 😀
%YAML 1.2
---
name: &anchor "a \\u00e9 😀"
on:
  push: {branches: [main, 'x']}
steps:
  - run: |
      echo "hello"
        more: no
    if: true
  - *anchor
  - ? complex
    : 1.5e3
...
""",
    "json": """{
  "model": "gpt-5.1", "n": [1, -2.5e3, true, null],
  "text": "a \\"b\\" \\u00e9 😀",
  "deep": {"a": {"b": []}},
  // not quite json
  "last": {}
}
""",
}
