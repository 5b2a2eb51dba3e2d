"""One job at a time, each ending in exactly one signal, heard in the window's own thread."""

import threading

import pytest

from engine.errors import Cancelled, InputError, RunFailed
from gui.jobs import JobHost


@pytest.fixture
def host(qtbot):
    host = JobHost()
    host.heard = []
    for name in ("progress", "done", "failed"):
        getattr(host, name).connect(lambda value, name=name: host.heard.append((name, value)))
    host.cancelled.connect(lambda: host.heard.append(("cancelled", None)))
    yield host
    host.close()


def run(qtbot, host, job):
    with qtbot.waitSignal(host.finished, timeout=5000):
        assert host.start(job)
    assert not host.running
    return host.heard


def test_result_and_progress_arrive_in_order(qtbot, host):
    def job(report, cancelled):
        report(0.5)
        assert threading.current_thread() is not threading.main_thread()
        return {"bytes": 1 << 40}

    assert run(qtbot, host, job) == [("progress", 0.5), ("done", {"bytes": 1 << 40})]


def test_an_error_for_the_user_is_passed_on_and_the_next_job_runs(qtbot, host):
    def job(report, cancelled):
        raise InputError("The file is empty; choose another one.")

    heard = run(qtbot, host, job)
    assert heard[0][0] == "failed"
    assert str(heard[0][1]).startswith("The file is empty")
    assert run(qtbot, host, lambda report, cancelled: 7)[-1] == ("done", 7)


def test_an_unexpected_error_becomes_a_sentence(qtbot, host):
    def job(report, cancelled):
        raise ZeroDivisionError("oops")

    ((name, error),) = run(qtbot, host, job)
    assert name == "failed"
    assert isinstance(error, RunFailed)
    assert "nothing was lost" in str(error)


def test_cancel_ends_the_job_and_a_second_one_is_refused_meanwhile(qtbot, host):
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
    assert host.heard == [("cancelled", None)]


def test_close_stops_a_running_job_and_nothing_is_heard_afterwards(qtbot, host):
    host.start(lambda report, cancelled: cancelled.wait(5))
    host.close()
    qtbot.wait(20)
    assert host.heard == []
