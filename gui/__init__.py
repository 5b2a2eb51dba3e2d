"""The window. May import `engine` and `export`; never torch, diffusers or transformers."""

import ctypes
import sys

if sys.version_info < (3, 12):
    # PySide6 6.12.0 drops one reference to None in every call of a method that returns nothing, and one to True in
    # every Signal.emit: its wheels are built for a stable ABI whose None and True are immortal, which they are from
    # Python 3.12 on (the reverse of https://github.com/python/cpython/issues/118997). On 3.11 the process aborts
    # ("deallocating None") after some 5,000 such calls. No report stood in https://bugreports.qt.io/projects/PYSIDE in
    # November 2026. So give them more references than a program can use up. tests/gui/test_refcounts.py says when
    # this may go.
    for constant in (None, True, False, NotImplemented):
        ctypes.c_ssize_t.from_address(id(constant)).value += 1 << 48
