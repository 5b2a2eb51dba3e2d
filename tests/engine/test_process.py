"""A child and a parent that are not of the same version say so, instead of taking one thing for another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.process import Channel, Child
from engine.wire import VERSION, Failed, Frame, WireMessage, from_wire

ROOT = Path(__file__).parents[2]
FROM_TOMORROW = {"version": VERSION + 1, "kind": "Progressed", "data": {}}
SAYS_IT = f"""
import sys, time
from engine.process import Channel
from engine.wire import Frame
Channel(sys.stdin.buffer, sys.stdout.buffer).send(Frame({FROM_TOMORROW!r}))
time.sleep(60)
"""


def test_a_child_that_speaks_a_newer_version_is_ended_with_a_sentence() -> None:
    child = Child((sys.executable, "-c", SAYS_IT))
    try:
        with pytest.raises(InputError, match="update Unflatten here"):
            child.receive(60.0)
        assert not child.alive
    finally:
        child.kill()


def test_a_request_of_a_newer_version_is_answered_with_a_sentence() -> None:
    command = (sys.executable, "-m", "engine.qwen.child.worker")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        channel = Channel(child.stdout, child.stdin)
        channel.send(Frame(FROM_TOMORROW))
        said = next(message for message in messages(channel) if isinstance(message, Failed))
        assert "update Unflatten here" in str(said.error())
        child.stdin.close()
        assert child.wait(timeout=30) == 0


def messages(channel: Channel) -> list[WireMessage]:
    """Up to the first answer that is more than a sign of life."""
    found: list[WireMessage] = []
    while not any(isinstance(message, Failed) for message in found):
        frame = channel.receive()
        assert frame is not None
        found.append(from_wire(frame))
    return found
