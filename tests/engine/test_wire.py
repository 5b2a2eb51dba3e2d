"""Every message survives the way to another process, and one that is not understood is refused with a sentence."""

from __future__ import annotations

import json
from dataclasses import fields
from io import BytesIO
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine import errors
from engine.decomposer import Stage
from engine.document import LayerKind
from engine.errors import InputError, RunFailed, UnflattenError
from engine.process import Channel
from engine.wire import (
    MESSAGES,
    VERSION,
    Account,
    Alive,
    CancelAsked,
    Captioned,
    Done,
    Failed,
    Frame,
    LayerMade,
    Machine,
    MachineAsked,
    MemoryRanOut,
    Planned,
    Progressed,
    RunAsked,
    Stopped,
    WireMessage,
    from_wire,
    to_wire,
)
from engine.words import Message, note

numbers = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(max_size=20)
names = st.text("abcdefgh-", min_size=1, max_size=8)
plain_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
plain = st.dictionaries(texts, plain_values, max_size=4)
seconds = st.dictionaries(names, numbers, max_size=4)
counts = st.integers(0, 2**60)
pictures = arrays(np.uint8, st.tuples(st.integers(1, 4), st.integers(1, 4), st.just(4)))
single = texts | st.integers(0, 99) | numbers | st.booleans()


def messages(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Message]:
    return st.builds(lambda i, v: note(i, **v), names, st.dictionaries(names, values, max_size=2))


words = st.recursive(messages(single), messages, max_leaves=4)
accounts = st.builds(Account, seconds, counts, names)
layers = st.builds(LayerMade, texts, st.sampled_from(LayerKind), texts, st.integers(0, 9))
STRATEGIES: dict[type[Any], st.SearchStrategy[Any]] = {
    RunAsked: st.builds(RunAsked, names, plain, st.integers(2, 10), st.booleans(), counts, plain, pictures),
    CancelAsked: st.builds(CancelAsked),
    MachineAsked: st.builds(MachineAsked),
    Alive: st.builds(Alive),
    Machine: st.builds(Machine, plain),
    Progressed: st.builds(
        Progressed, st.sampled_from(Stage), st.integers(0, 99), st.integers(0, 99), numbers, st.none() | numbers,
        numbers, st.none() | pictures,
    ),
    Planned: st.builds(Planned, names, words, texts, counts, seconds),
    Captioned: st.builds(Captioned, texts),
    MemoryRanOut: st.builds(MemoryRanOut, names, accounts),
    Done: st.builds(
        Done, texts, st.lists(words, max_size=3).map(tuple), st.lists(layers, max_size=3).map(tuple),
        st.dictionaries(names, counts, max_size=3), accounts, st.lists(pictures, max_size=3).map(tuple),
    ),
    Failed: st.builds(Failed, st.sampled_from(("InputError", "RunFailed")), words, accounts, st.booleans()),
    Stopped: st.builds(Stopped, accounts),
}  # fmt: skip


def sent(message: WireMessage) -> WireMessage:
    """The message on the other side of a pipe."""
    pipe = BytesIO()
    Channel(BytesIO(), pipe).send(to_wire(message))
    frame = Channel(BytesIO(pipe.getvalue()), BytesIO()).receive()
    assert frame is not None
    return from_wire(frame)


def test_every_message_has_its_strategy() -> None:
    assert set(STRATEGIES) == set(get_args(WireMessage)) == set(MESSAGES.values())


@pytest.mark.parametrize("kind", STRATEGIES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_what_is_sent_arrives(kind: type[Any], data: st.DataObject) -> None:
    message = data.draw(STRATEGIES[kind])
    there = sent(message)
    assert type(there) is type(message)
    for one in fields(message):
        before, after = getattr(message, one.name), getattr(there, one.name)
        assert type(before) is type(after)
        if isinstance(before, np.ndarray):
            assert np.array_equal(before, after)
        elif isinstance(before, tuple) and before and isinstance(before[0], np.ndarray):
            assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
        else:
            assert before == after
    assert json.dumps(to_wire(there).header) == json.dumps(to_wire(message).header)


@pytest.mark.parametrize("change", [{"version": VERSION + 1}, {"version": 99}])
def test_a_newer_message_is_refused_with_a_sentence(change: dict[str, Any]) -> None:
    frame = to_wire(Captioned("a red box"))
    with pytest.raises(InputError, match="update Unflatten here"):
        from_wire(Frame({**frame.header, **change}))


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"version": VERSION, "kind": "Magic", "data": {}},
        {"version": VERSION, "kind": "Captioned", "data": {}},
        {"version": VERSION, "kind": "Captioned", "data": {"text": 7}},
        {"version": VERSION, "kind": "RunAsked", "data": {}},
        {"version": "1", "kind": "Alive", "data": {}},
    ],
)
def test_what_is_no_message_is_refused_with_a_sentence(header: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="could not be read"):
        from_wire(Frame(header))


def test_arrays_that_belong_to_nothing_are_refused() -> None:
    with pytest.raises(InputError, match="could not be read"):
        from_wire(Frame(to_wire(Alive()).header, (np.zeros((2, 2), np.uint8),)))


ERRORS = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, UnflattenError)]


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_is_the_same_on_the_other_side(kind: type[UnflattenError]) -> None:
    error = kind("qwen.steps-out-of-range", steps=1)
    there = sent(Failed.of(error, Account(phase="load")))
    assert isinstance(there, Failed)
    again = there.error()
    assert (type(again), again.message, str(again)) == (kind, error.message, str(error))


def test_an_error_of_a_kind_that_is_not_known_here_is_a_failed_run() -> None:
    for name in ("SomethingNew", "Value", "Cancelled"):
        assert type(Failed(name, Message("general.unforeseen")).error()) is RunFailed
