"""Working layers to full-size layers whose stack is the image: placing, mattes, colours, the exact solve, measuring.

Everything here works on `Sheet`s, layers at the source's size that may still change, or on `SmallSheet`s, the same at
the engine's working size; `engine.lifting.lift` is the only door. Knows an engine's contract and pixels, no engine.
"""
