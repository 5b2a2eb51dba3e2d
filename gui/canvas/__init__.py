"""The canvas: shows the session's document and lets the hand work on it. Knows the session and the compositor.

`viewport`, `snapping`, `handles` and `placing` are pure; `images` and `painter` make the picture; `tools` turn input
into edits; `view` is the widget that joins them.
"""
