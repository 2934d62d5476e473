"""What the benchmarks do in the running application; each returns what it measured."""

import asyncio
import time
from typing import TYPE_CHECKING, Any

from tests.benchmarks.harness import resident_mb
from tests.benchmarks.reading import Reading

if TYPE_CHECKING:
    from tests.benchmarks.driven import Hand

WARM_UP = "flood 2000"
SETTLE_S = 2.0
"""In which what is loaded after the first paint is loaded."""


async def memory(hand: "Hand", replies: int, events: int) -> dict[str, Any]:
    """Resident memory before and after a conversation of long replies."""
    await asyncio.sleep(SETTLE_S)
    before = resident_mb()
    await hand.ask(WARM_UP)
    warm = resident_mb()
    for _ in range(replies):
        await hand.ask(f"flood {events}")
    await asyncio.sleep(SETTLE_S)
    return {"before": before, "warm": warm, "after": resident_mb()}


async def flood(hand: "Hand", events: int) -> dict[str, Any]:
    """Seconds from the first content of a flood to the paint of its last."""
    await hand.ask(WARM_UP)
    await hand.new_conversation()
    reply = await hand.ask(f"flood {events}")
    return {"seconds": reply.painted_s - reply.first_s, "chars": reply.chars}


async def stamps(hand: "Hand", events: int, interval_ms: int) -> dict[str, Any]:
    """Milliseconds from sending each delta to the paint that showed it."""
    await hand.ask(WARM_UP)
    await hand.new_conversation()
    seen = hand.stamps()
    await hand.ask(f"stamps {events} every {interval_ms} ms")
    return {"late_ms": list(seen.values())}


async def ramp(hand: "Hand", rate: int, small: int, large: int, span: int) -> dict[str, Any]:
    """Lateness of a frame's timer and processor time, by the characters received; sizes in KB."""
    await hand.ask(WARM_UP)
    await hand.new_conversation()
    meter = hand.watch(is_typing=True)
    await hand.ask(f"ramp {rate} small {small} large {large} span {span}")
    return {"late_ms": meter.late_ms, "cpu_s": meter.cpu_s}


async def pace(hand: "Hand", rate: int, kilobytes: float) -> dict[str, Any]:
    """Processor time of an evenly paced reply, and how long it took."""
    await hand.ask(WARM_UP)
    await hand.new_conversation()
    cpu, wall = time.process_time(), time.perf_counter()
    await hand.ask(f"pace {rate} for {kilobytes} KB")
    return {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}


async def opening(hand: "Hand", conversations: list[int], rounds: int) -> dict[str, Any]:
    """Seconds to open each of some conversations, in turn."""
    taken: dict[str, list[float]] = {str(each): [] for each in conversations}
    for number in range(rounds + 1):
        for each in conversations:
            seconds = await hand.open(each)
            if number:
                taken[str(each)].append(seconds)
            await asyncio.sleep(0.2)
    return taken


async def large(hand: "Hand", conversation: int, steps: int) -> dict[str, Any]:
    """How a conversation opens, and how late frames are while it is read and written under."""
    await asyncio.sleep(SETTLE_S)
    before = resident_mb()
    open_s = await hand.open(conversation)
    reading = Reading(hand)
    late_ms = {
        "typing": await reading.late_ms(steps, reading.type),
        "wheel": await reading.late_ms(steps, reading.turn_wheel),
        "page": await reading.late_ms(steps, reading.turn_page),
        "bar": await reading.late_ms(steps, reading.drag_bar),
    }
    return {"open_s": open_s, "late_ms": late_ms, "before": before, "after": resident_mb()}
