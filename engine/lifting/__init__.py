"""The parts of the lift: placing, mattes, colours, the exact solve, cleaning and measuring.

Everything here works on `Sheet`s, layers at the source's size that may still change; `engine.lift` is the only door.
"""
