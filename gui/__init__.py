"""The window. May import `engine` and `export`; never torch, diffusers or transformers."""

import ctypes
import sys

if sys.version_info < (3, 12):
    # PySide6 6.12.0 drops one reference to None in every call of a method that returns nothing. From Python 3.12 on
    # None is immortal; on 3.11 the process aborts ("deallocating None") after some 5,000 such calls. So give None
    # more references than a program can use up.
    ctypes.c_ssize_t.from_address(id(None)).value += 1 << 48
