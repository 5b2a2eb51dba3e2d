"""The engine that needs no download and no GPU: text by OCR, flat shapes and objects by their colours and edges.

`engine.py` is the door, `run.py` one run from picture to layers. Text is read (`engine.text`) and its ink found
(`glyphs.py`, `lines.py`); the picture is studied at a small size (`background.py`, `scene.py`, `busy.py`: what is
there, in which order); the layers are then made at full size, bottom to top (`render.py`), and merged where there are
too many (`merging.py`). `care.py` goes through all of it: a check that hears a cancel, and what to do where one thing
fails.

May import numpy, OpenCV, SciPy and onnxruntime; of ours the contract of an engine, pixels (`imaging`), `text` and the
subject model. Knows no other engine, no document's edits and nothing of Qt.
"""
