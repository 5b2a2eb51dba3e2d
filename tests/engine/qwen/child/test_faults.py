"""Every phase of a run, and every way in which it can end there: cancelled, an error, no memory, the process killed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from engine.decomposer import Progress, Request, Stage
from engine.document import Document, Layer, Pixels
from engine.engines import ENGINES
from engine.errors import Cancelled, RunFailed
from engine.pipeline import decompose
from engine.qwen.child.meter import STAGES
from engine.qwen.host import Follower, Host
from engine.qwen.record import held_back
from engine.wire import Failed, Progressed, WireMessage
from engine.words import Message
from tests.engine.qwen.running import Bench, gone, with_options

PHASES = tuple(STAGES)
WORK = tuple(phase for phase in PHASES if phase != "name")
"""Without which there are no layers."""
MB = 1 << 20


@pytest.fixture
def asks(request_for: Callable[..., Request]) -> Callable[[str], Request]:
    """A request that has something to do in that phase: a text that was not read before, names only to be named."""
    count = 0

    def make(phase: str) -> Request:
        nonlocal count
        count += 1
        prompt = f"{phase} {count} {time.monotonic_ns()}"
        return request_for(prompt=prompt, names=phase == "name", steps=2, memory_plan="cpu")

    return make


def cancel_in(here: Bench, request: Request, phase: str) -> float:
    """Stop the run in that phase. Returns the moment of the click."""
    cancelled, clicked = Event(), [0.0]

    def report(progress: Progress) -> None:
        if progress.caption == "paused":
            clicked[0] = time.monotonic()
            cancelled.set()

    here.next_fault(f"{phase}:pause")
    with pytest.raises(Cancelled):
        here.run(request, report, cancelled)
    return clicked[0]


@pytest.mark.parametrize(
    ("phase", "warmed"),
    [*((phase, False) for phase in PHASES), *((phase, True) for phase in ("describe", "denoise", "name"))],
)
def test_cancel_stops_in_that_phase_and_memory_is_back(
    warm: Bench, asks: Callable[[str], Request], phase: str, warmed: bool
) -> None:
    if warm.host.pid is None:
        warm.run(asks("name"))  # a new process first imports the libraries, which nothing can stop but its end
    cancel_in(warm, asks("load"), "load")
    bare = warm.memory
    if warmed:
        warm.run(asks("denoise"))
        assert warm.memory > bare + 60 * MB, "the model stays loaded between runs"
    clicked = cancel_in(warm, asks(phase), phase)
    assert time.monotonic() - clicked < 2.0
    while warm.memory > bare + 40 * MB and time.monotonic() - clicked < 2.0:
        time.sleep(0.02)
    assert warm.memory <= bare + 40 * MB
    record = warm.runs.recent()[0]
    assert record.outcome == "cancelled"
    assert list(record.phases)[-1] == phase, "no later phase began"


@pytest.mark.parametrize("phase", WORK)
def test_an_error_is_a_sentence_and_the_next_run_works(warm: Bench, asks: Callable[[str], Request], phase: str) -> None:
    request = asks(phase)
    before = request.image.copy()
    warm.next_fault(f"{phase}:raise")
    with pytest.raises(RunFailed, match=r"nobody foresaw.*document is unchanged"):
        warm.run(request)
    record = warm.runs.recent()[0]
    assert (record.outcome, list(record.phases)[-1]) == ("failed", phase)
    assert np.array_equal(request.image, before)
    assert len(warm.run(asks("denoise")).layers) == 2


@pytest.mark.parametrize("phase", WORK)
def test_out_of_memory_steps_down_once_says_so_and_remembers(
    warm: Bench, asks: Callable[[str], Request], phase: str
) -> None:
    warm.next_fault(f"{phase}:oom")
    stack = warm.run(asks(phase))
    assert len(stack.layers) == 2
    assert any("Memory ran out" in note and "8 bit" in note for note in map(str, stack.notes))
    done, failed = warm.runs.recent()
    assert (failed.outcome, failed.plan, done.outcome, done.plan) == ("out of memory", "cpu", "done", "cpu-fp8")
    assert list(failed.phases)[-1] == phase
    assert held_back(warm.runs, "cpu", 640, 2, 0) == {"cpu"}
    assert held_back(warm.runs, "cpu", 1024, 2, 0) == {"cpu"}, "more would not fit either"


@pytest.mark.parametrize(
    ("fault", "said"),
    [("raise", "not named: RuntimeError, something that nobody"), ("oom", "not named: memory ran out")],
)
def test_a_failure_to_name_the_layers_loses_none_of_them(
    warm: Bench, asks: Callable[[str], Request], fault: str, said: str
) -> None:
    """Minutes of work were thrown away because the last stage, which is only a comfort, could not be done."""
    warm.next_fault(f"name:{fault}")
    stack = warm.run(asks("name"))
    assert len({layer.name for layer in stack.layers}) == 2
    assert any(said in note for note in map(str, stack.notes)), stack.notes
    assert warm.runs.recent()[0].outcome == "done"
    assert len(warm.run(asks("denoise")).layers) == 2


def test_a_missing_package_for_reading_text_loses_no_layer(
    bench: Callable[..., Bench], asks: Callable[[str], Request]
) -> None:
    here = bench("--without", "rapidocr")
    stack = here.run(asks("name"))
    assert len(stack.layers) == 2
    notes = [str(note) for note in stack.notes]
    assert "The text on the layers was not read: the package rapidocr is missing." in notes
    assert here.runs.recent()[0].outcome == "done"


@pytest.mark.parametrize("phase", PHASES)
def test_a_killed_child_leaves_the_document_as_it_was_and_the_next_run_works(
    warm: Bench, asks: Callable[[str], Request], phase: str, monkeypatch: pytest.MonkeyPatch, picture: Pixels
) -> None:
    monkeypatch.setitem(ENGINES, "qwen", replace(ENGINES["qwen"], make=lambda: warm.engine))
    before = picture.copy()
    layer = Layer(picture.copy(), name="mine")
    document = Document(picture.shape[1], picture.shape[0], (layer,), original=picture)
    warm.next_fault(f"{phase}:kill")
    with pytest.raises(RunFailed, match=r"ran out of memory.*document is unchanged"):
        decompose(document, replace(asks(phase), image=picture))
    assert document.nodes == (layer,)
    assert np.array_equal(picture, before)
    assert warm.runs.recent()[0].outcome == "out of memory", "so that the next run takes another plan"
    assert held_back(warm.runs, "cpu", 640, 2, 0) == {"cpu"}
    made = decompose(document, replace(asks("denoise"), image=picture))
    assert made.document.layers()


def test_no_plan_that_ran_out_before_is_chosen_for_a_user_who_chose_none(
    warm: Bench, asks: Callable[[str], Request]
) -> None:
    free = with_options(asks("denoise"), memory_plan="auto")
    warm.next_fault("decode:kill")
    with pytest.raises(RunFailed):
        warm.run(free)
    first = warm.runs.recent()[0].plan
    warm.run(free)
    assert warm.runs.recent()[0].plan not in ("", first)


def test_out_of_memory_is_remembered_also_where_the_run_ends_badly(warm: Bench, asks: Callable[[str], Request]) -> None:
    warm.next_fault("denoise:oom:2")
    with pytest.raises(RunFailed, match=r"Memory ran out twice.*640 px"):
        warm.run(asks("denoise"))
    assert [r.plan for r in warm.runs.recent() if r.outcome == "out of memory"] == ["cpu-fp8", "cpu"]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["encode:segfault", "decode:exit"])
def test_a_child_that_ends_by_itself_is_a_sentence(
    bench: Callable[..., Bench], asks: Callable[[str], Request], fault: str
) -> None:
    here = bench()
    here.next_fault(fault)
    with pytest.raises(RunFailed, match=r"ended unexpectedly.*unchanged"):
        here.run(asks(fault.partition(":")[0]))
    assert here.runs.recent()[0].outcome == "failed"


@pytest.mark.slow
def test_a_child_that_freezes_is_ended(
    bench: Callable[..., Bench], asks: Callable[[str], Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = bench()
    child = here.host.child()
    monkeypatch.setattr(child, "_silence", 8.0)
    here.next_fault("denoise:freeze")
    with pytest.raises(RunFailed, match="stopped answering"):
        here.run(asks("denoise"))
    assert gone(child.pid)


def test_a_child_that_reads_nothing_does_not_hold_up_the_program(
    bench: Callable[..., Bench], asks: Callable[[str], Request]
) -> None:
    """A large picture does not fit into the pipe to a process that is stopped: sending it must end all the same."""
    import os
    import signal

    here, cancelled = bench(), Event()
    os.kill(here.host.child().pid, signal.SIGSTOP)
    large = replace(asks("load"), image=np.zeros((600, 800, 4), np.uint8))
    began = time.monotonic()

    def stop(_progress: Progress) -> None:
        cancelled.set()

    with pytest.raises(Cancelled):
        here.run(large, stop, cancelled)
    assert time.monotonic() - began < 5.0
    assert here.host.pid is None


@pytest.mark.slow
def test_a_run_that_makes_no_progress_is_ended(
    bench: Callable[..., Bench], asks: Callable[[str], Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = bench()
    take = Follower.take

    def impatient(self: Follower, message: WireMessage) -> None:
        take(self, message)
        late = isinstance(message, Progressed) and message.stage is Stage.FINISHING
        self.watch.patience = 4.0 if late else 900.0

    monkeypatch.setattr(Follower, "take", impatient)
    here.next_fault("decode:hang")
    with pytest.raises(RunFailed, match="no progress"):
        here.run(asks("decode"))
    assert here.host.pid is None
    assert here.runs.recent()[0].outcome == "failed", "ended by us, not for want of memory"


def test_cancel_ends_a_child_that_does_not_listen(warm: Bench, asks: Callable[[str], Request]) -> None:
    cancelled, clicked = Event(), [0.0]

    def report(progress: Progress) -> None:
        if progress.stage.name == "SEPARATING" and progress.step:
            clicked[0] = time.monotonic()
            cancelled.set()

    warm.next_fault("denoise:hang")
    with pytest.raises(Cancelled):
        warm.run(asks("denoise"), report, cancelled)
    assert time.monotonic() - clicked[0] < 3.0
    assert warm.host.pid is None, "its memory is free again"


def test_a_broken_graphics_driver_ends_the_child_before_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child ends by itself after such a fault; a run that began just then would have met it dying."""
    host, ended = Host(), []
    monkeypatch.setattr(host, "kill", lambda: ended.append(True))
    follower = Follower(host, lambda _p: None, Event())
    with pytest.raises(RunFailed, match="driver"):
        follower.take(Failed("RunFailed", Message("engines.driver-fault"), broken=True))
    assert ended
