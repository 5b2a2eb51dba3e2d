"""The window. May import `engine` and `export`; never torch, diffusers or transformers."""

import ctypes
import sys

if sys.version_info < (3, 12):
    # PySide6 6.12.0 drops one reference to None in every call of a method that returns nothing, and one to True in
    # every Signal.emit. From Python 3.12 on these objects are immortal; on 3.11 the process aborts ("deallocating
    # None") after some 5,000 such calls. So give them more references than a program can use up.
    for constant in (None, True, False, NotImplemented):
        ctypes.c_ssize_t.from_address(id(constant)).value += 1 << 48
