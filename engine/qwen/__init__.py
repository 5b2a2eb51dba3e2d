"""Qwen-Image-Layered: choose a memory plan, run the model in phases in a child process, name the layers.

What the window, the command line and the tests may import without torch: `options`, `geometry`, `plan`, `hardware`,
`weights`, `advise`, `engine`. Everything that imports torch (`phases`, `loading`, `placement`, `bench`) runs in the
child process (`worker`) and is imported inside the function that needs it.
"""
