"""Qwen-Image-Layered: choose a memory plan, run the model in phases in a child process, name the layers.

`planning/`, `options`, `host` and `engine` need no torch. `child/` and `bench/` import it; they run in the child
process, and nothing of theirs is imported by the window or the command except inside the function that needs it.
"""
