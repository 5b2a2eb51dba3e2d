"""The child process that a GPU engine runs in: messages over pipes, a heartbeat, and an end that is always noticed.

A driver fault, the OOM killer or a hang takes the child, never the program. What is said is `engine.wire`'s messages,
each a JSON object and any number of uint8 arrays; nothing is pickled. The child notices that its parent is gone by the
end of its standard input.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from engine.document import Pixels
from engine.errors import Cancelled, InputError, RunFailed
from engine.wire import Account, Alive, CancelAsked, Failed, Frame, WireMessage, from_wire, to_wire
from engine.words import Message, note

HEARTBEAT = 1.0
"""Seconds between two signs of life."""
SILENCE = 90.0
"""Seconds without a sign of life after which the child counts as hung; importing torch can hold the interpreter."""
ALIVE = Alive.__name__
LAST_WORDS = 200
"""Characters of what a child said last that are shown."""
KILLED = (-9, 137)
"""Exit codes of a process that was ended by SIGKILL, as the kernel does where memory runs out."""


class Channel:
    """Messages over two byte streams. `send` may be called from several threads."""

    def __init__(self, reader: IO[bytes], writer: IO[bytes]) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = threading.Lock()

    def send(self, frame: Frame) -> None:
        """Raises OSError or ValueError where the other side is gone."""
        text = json.dumps({**frame.header, "shapes": [list(a.shape) for a in frame.arrays]}).encode()
        with self._lock:
            self._writer.write(struct.pack("<I", len(text)) + text)
            for array in frame.arrays:
                self._writer.write(np.ascontiguousarray(array, dtype=np.uint8).tobytes())
            self._writer.flush()

    def receive(self) -> Frame | None:
        """The next frame, or None at the end of the stream."""
        head = self._exactly(4)
        if head is None:
            return None
        text = self._exactly(struct.unpack("<I", head)[0])
        if text is None:
            return None
        header = json.loads(text)
        arrays: list[Pixels] = []
        for shape in header.pop("shapes"):
            raw = self._exactly(int(np.prod(shape, dtype=np.int64)))
            if raw is None:
                return None
            arrays.append(np.frombuffer(raw, dtype=np.uint8).reshape(shape))
        return Frame(header, tuple(arrays))

    def _exactly(self, count: int) -> bytes | None:
        parts: list[bytes] = []
        while count:
            part = self._reader.read(count)
            if not part:
                return None
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


class Child:
    """A running child process, seen from the parent. `receive` gives its messages and notices its end or silence."""

    def __init__(self, command: Sequence[str], silence: float = SILENCE, env: Mapping[str, str] | None = None) -> None:
        self._silence = silence
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **_importable(), **(env or {})},
            start_new_session=os.name == "posix",  # Ctrl+C in a terminal reaches the parent only, which then decides
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._channel = Channel(self._process.stdout, self._process.stdin)
        self._inbox: queue.Queue[Frame | None] = queue.Queue()
        self._log: deque[str] = deque(maxlen=200)
        self._last_sign = time.monotonic()
        self._killed = False
        self._threads = [
            threading.Thread(target=self._read, name="child messages", daemon=True),
            threading.Thread(target=self._read_log, args=(self._process.stderr,), name="child log", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; 0 where it ended by itself because nobody asked for anything."""
        return self._process.poll()

    def log(self) -> str:
        """The last lines that the child wrote to its standard error."""
        return "\n".join(self._log)

    def send(self, message: WireMessage, cancelled: threading.Event | None = None) -> None:
        """Hand over a message; a child that does not read it is ended, as one that is silent is.

        Raises RunFailed where the child has ended, and Cancelled, with the child ended, once `cancelled` is set.
        """
        failures: list[Exception] = []
        frame = to_wire(message)

        def write() -> None:
            try:
                self._channel.send(frame)
            except (OSError, ValueError) as error:
                failures.append(error)

        writer = threading.Thread(target=write, name="child request", daemon=True)
        writer.start()
        writer.join(0.05)
        while writer.is_alive():  # the pipe is full: wait for as long as the child lives and nobody minds
            if cancelled is not None and cancelled.is_set():
                self.kill()
                raise Cancelled
            self._check_silence()
            writer.join(0.05)
        if failures:
            raise RunFailed.of(self.obituary()) from failures[0]

    def receive(self, timeout: float) -> WireMessage | None:
        """The next message, or None after `timeout` seconds without one.

        Raises RunFailed, with a sentence that says why, where the child has ended or fallen silent, and InputError,
        with the child ended, where it says what cannot be understood.
        """
        try:
            frame = self._inbox.get(timeout=timeout)
        except queue.Empty:
            self._check_silence()
            return None
        if frame is None:
            self._inbox.put(None)
            raise RunFailed.of(self.obituary())
        try:
            return from_wire(frame)
        except InputError:
            self.kill()  # whatever else it says would be taken for an answer to the next request
            raise

    def obituary(self) -> Message:
        """What a person should read about how the child ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        return obituary(self._process.returncode, self.log())

    @property
    def ended_by_system(self) -> bool:
        """True where the child was killed and not by this program: for want of memory, most likely."""
        return not self._killed and self._process.poll() in KILLED

    def kill(self) -> None:
        """End the child at once; its memory is back on return."""
        self._killed = True
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self.close()

    def close(self, grace: float = 5.0) -> None:
        """Ask the child to end, and make it after `grace` seconds. Safe to call twice."""
        for stream in (self._process.stdin,):
            with contextlib.suppress(OSError, ValueError):
                if stream:
                    stream.close()
        try:
            self._process.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(timeout=2)
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()

    def _check_silence(self) -> None:
        if time.monotonic() - self._last_sign > self._silence:
            self.kill()
            raise RunFailed("engines.child-silent", seconds=round(self._silence))

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (frame := self._channel.receive()) is not None:
                self._last_sign = time.monotonic()
                if frame.header.get("kind") != ALIVE:
                    self._inbox.put(frame)
        self._inbox.put(None)

    def _read_log(self, stream: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in stream:
                self._log.append(line.decode(errors="replace").rstrip())


def obituary(code: int | None, log: str) -> Message:
    """What a person should read about a child that ended with that exit code and log."""
    text = log.lower()
    if code == -signal.SIGTERM:
        return note("engines.child-ended-from-outside")
    if code in KILLED:
        return note("engines.child-killed")
    if "cuda error" in text or "cublas" in text or "cudnn" in text:
        return note("engines.driver-fault")
    last = next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "")
    if last:
        return note("engines.child-ended-saying", code=str(code), said=last[:LAST_WORDS])
    return note("engines.child-ended", code=str(code))


@dataclass(slots=True)
class Parent:
    """The parent, seen from the child. Made once, at the start of the child's `main`."""

    channel: Channel
    cancelled: threading.Event = field(default_factory=threading.Event)
    inbox: queue.Queue[WireMessage | None] = field(default_factory=queue.Queue)

    def receive(self, timeout: float | None) -> WireMessage | None:
        """The next request. Raises queue.Empty after `timeout` seconds; None means that the parent is gone."""
        return self.inbox.get(timeout=timeout)

    def tell(self, message: WireMessage) -> None:
        """Say something to the parent. Raises OSError or ValueError where it is gone."""
        self.channel.send(to_wire(message))


def attach() -> Parent:
    """Take over standard input and output for messages, send signs of life, and end when the parent does.

    Whatever prints to standard output from now on goes to standard error.
    """
    reader = os.fdopen(os.dup(0), "rb")
    writer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    parent = Parent(Channel(reader, writer))
    threading.Thread(target=_listen, args=(parent,), name="requests", daemon=True).start()
    threading.Thread(target=_beat, args=(parent,), name="heartbeat", daemon=True).start()
    return parent


def _listen(parent: Parent) -> None:
    with contextlib.suppress(OSError, ValueError):
        while (frame := parent.channel.receive()) is not None:
            try:
                message = from_wire(frame)
            except InputError as error:
                parent.tell(Failed.of(error, Account()))
                continue
            if isinstance(message, CancelAsked):
                parent.cancelled.set()
                continue
            parent.cancelled.clear()  # a cancel that came after the end of its run is not the next one's
            parent.inbox.put(message)
    os._exit(0)  # the parent is gone: nobody waits for a tidy end, and the memory is wanted back


def _beat(parent: Parent) -> None:
    # The watchdog's own thread needs no interpreter lock: it ends a child that hangs inside one even without a parent.
    while True:
        faulthandler.dump_traceback_later(SILENCE * 2, exit=True)
        try:
            parent.tell(Alive())
        except (OSError, ValueError):
            os._exit(0)
        time.sleep(HEARTBEAT)


def _importable() -> dict[str, str]:
    """The environment in which `python -m` finds this program's packages, from wherever it was started."""
    root = str(Path(__file__).resolve().parent.parent)
    known = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": root if not known else root + os.pathsep + known, "PYTHONUNBUFFERED": "1"}
