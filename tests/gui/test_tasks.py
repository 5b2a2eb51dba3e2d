"""Tasks are kept while they run, cancelled on closing, and what they raise is heard."""

from __future__ import annotations

import asyncio
import gc

from gui.tasks import Tasks, loop


def test_a_task_that_nobody_else_holds_runs_to_its_end(qtbot):
    ended = []

    async def flow():
        await asyncio.sleep(0.05)
        ended.append(1)

    tasks = Tasks()
    tasks.start(flow(), "flow")
    gc.collect()
    assert tasks
    qtbot.waitUntil(lambda: ended == [1])
    qtbot.waitUntil(lambda: not tasks)


def test_closing_cancels_what_runs_and_lets_it_clean_up(qtbot):
    cleaned = []

    async def flow():
        try:
            await asyncio.sleep(60)
        finally:
            cleaned.append(1)

    tasks = Tasks()
    tasks.start(flow(), "flow")
    qtbot.wait(10)
    tasks.close()
    qtbot.waitUntil(lambda: not tasks)
    assert cleaned == [1]


def test_what_a_task_raises_reaches_the_loop_with_its_name(qtbot, flow):
    async def broken():
        await asyncio.sleep(0)
        raise ValueError("a broken flow")

    tasks = Tasks()
    tasks.start(broken(), "opening a.png")
    qtbot.waitUntil(lambda: bool(flow))
    (context,) = flow
    assert "opening a.png" in context["message"]
    assert isinstance(context["exception"], ValueError)
    flow.clear()
    assert not tasks


def test_waiting_stops_no_other_task(qtbot):
    """Two dialogs' worth of waiting at once: neither nests a loop in the other."""
    order = []

    async def flow(name: str, seconds: float):
        order.append(f"{name} begins")
        await asyncio.sleep(seconds)
        order.append(f"{name} ends")

    tasks = Tasks()
    tasks.start(flow("long", 0.1), "long")
    tasks.start(flow("short", 0.02), "short")
    qtbot.waitUntil(lambda: not tasks)
    assert order == ["long begins", "short begins", "short ends", "long ends"]


def test_there_is_one_loop(qtbot):
    assert loop() is loop() is asyncio.get_running_loop()
