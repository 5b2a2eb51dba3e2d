"""The engine that needs no download and no GPU: text by OCR, flat shapes and objects by their colours and edges.

The image is studied at a small size (`scene.py`: what is there, in which order) and the layers are then made at full
size, bottom to top (`render.py`). May import numpy, OpenCV, SciPy, onnxruntime and rapidocr; knows nothing of Qt.
"""
