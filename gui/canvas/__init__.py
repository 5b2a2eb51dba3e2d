"""The canvas: shows the session's document and lets the hand work on it. Knows the session and the compositor.

`viewport`, `snapping`, `handles`, `placing` and `picking` are pure. `images` and `painter` make the picture. `view` is
the widget; it hands what Qt tells it to its parts: `picture` (what is shown, and where), `router` (who gets the input),
`area_holder` (the selected part), `toolbox` (which tool is in hand) and `arranger` (placing by keys). `tools` turn
input into edits and know of all that only what `tools.canvas.ToolCanvas` says.
"""
