"""One job at a time, each ending in exactly one signal, heard in the window's own thread."""

import threading
import time
from typing import Any

import pytest

from engine.errors import Cancelled, InputError, RunFailed
from gui import jobs
from gui.jobs import Done, JobHost
from gui.tasks import Tasks


@pytest.fixture
def host(qtbot):
    host = JobHost()
    yield host
    host.close()


@pytest.fixture
def heard(host) -> list[tuple[str, Any]]:
    """What the host has said: each signal's name and value."""
    said: list[tuple[str, Any]] = []
    for name in ("progress", "done", "failed"):
        getattr(host, name).connect(lambda value, name=name: said.append((name, value)))
    host.cancelled.connect(lambda: said.append(("cancelled", None)))
    return said


def run(qtbot, host, job) -> None:
    with qtbot.waitSignal(host.finished, timeout=5000):
        assert host.start(job)
    assert not host.running


def test_result_and_progress_arrive_in_order(qtbot, host, heard):
    def job(report, cancelled):
        report(0.5)
        assert threading.current_thread() is not threading.main_thread()
        return {"bytes": 1 << 40}

    run(qtbot, host, job)
    assert heard == [("progress", 0.5), ("done", {"bytes": 1 << 40})]


def test_an_error_for_the_user_is_passed_on_and_the_next_job_runs(qtbot, host, heard):
    def job(report, cancelled):
        raise InputError("opening.empty", path="a.png")

    run(qtbot, host, job)
    assert heard[0][0] == "failed"
    assert str(heard[0][1]).startswith("a.png is empty")
    run(qtbot, host, lambda report, cancelled: 7)
    assert heard[-1] == ("done", 7)


def test_an_unexpected_error_becomes_a_sentence(qtbot, host, heard):
    def job(report, cancelled):
        raise ZeroDivisionError("oops")

    run(qtbot, host, job)
    ((name, error),) = heard
    assert name == "failed"
    assert isinstance(error, RunFailed)
    assert "nothing was lost" in str(error)


def test_cancel_ends_the_job_and_a_second_one_is_refused_meanwhile(qtbot, host, heard):
    entered = threading.Event()

    def job(report, cancelled):
        entered.set()
        assert cancelled.wait(5)
        raise Cancelled

    with qtbot.waitSignal(host.finished, timeout=5000):
        assert host.start(job)
        assert not host.start(job)
        assert entered.wait(5)
        host.cancel()
        assert host.stopping
    assert heard == [("cancelled", None)]


def test_close_stops_a_running_job_and_nothing_is_heard_afterwards(qtbot, host, heard):
    host.start(lambda report, cancelled: cancelled.wait(5))
    host.close()
    qtbot.wait(20)
    assert heard == []


def test_a_job_is_awaited_and_reports_in_the_windows_thread(qtbot, host):
    reported, outcomes = [], []

    async def flow():
        def job(report, cancelled):
            report(0.5)
            return 7

        outcomes.append(await host.run(job, lambda value: reported.append((value, threading.current_thread()))))

    tasks = Tasks()
    tasks.start(flow(), "flow")
    qtbot.waitUntil(lambda: bool(outcomes))
    assert reported == [(0.5, threading.main_thread())]
    (outcome,) = outcomes
    assert isinstance(outcome, Done)
    assert outcome.value == 7


@pytest.mark.parametrize("late", ["result", "error"])
def test_a_job_that_ends_after_a_cancel_ends_as_cancelled(qtbot, host, heard, late):
    def job(report, cancelled):
        assert cancelled.wait(5)
        if late == "error":
            raise InputError("opening.empty", path="a.png")
        return "a whole document"

    with qtbot.waitSignal(host.finished, timeout=5000):
        host.start(job)
        host.cancel()
    assert heard == [("cancelled", None)]


def test_a_job_that_hears_nothing_is_let_go_of_and_the_next_one_runs(qtbot):
    deaf, heard = threading.Event(), []
    host = JobHost("deaf", patience=0.1)
    host.done.connect(heard.append)
    with qtbot.waitSignal(host.cancelled, timeout=5000):
        host.start(lambda report, cancelled: deaf.wait(20) and "late")
        host.cancel()
    with qtbot.waitSignal(host.finished, timeout=5000):
        assert host.start(lambda report, cancelled: "next")
    deaf.set()
    assert jobs.wait(5)
    qtbot.wait(50)
    assert heard == ["next"]
    host.close()


def test_closing_waits_for_no_job(qtbot):
    deaf = threading.Event()
    host = JobHost("deaf")
    host.start(lambda report, cancelled: deaf.wait(20))
    started = time.monotonic()
    host.close()
    assert time.monotonic() - started < 0.1
    assert not jobs.wait(0.05)
    deaf.set()
    assert jobs.wait(5)


def test_closing_ends_who_awaits_a_job(qtbot, host):
    reached = []

    async def flow():
        try:
            await host.run(lambda report, cancelled: cancelled.wait(5))
        finally:
            reached.append("end")

    tasks = Tasks()
    tasks.start(flow(), "flow")
    qtbot.waitUntil(lambda: host.running)
    host.close()
    qtbot.waitUntil(lambda: not tasks)
    assert reached == ["end"]
