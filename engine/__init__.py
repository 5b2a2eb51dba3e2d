"""Image in, layers out.

Knows pixels, documents and models. Imports nothing else of ours, and no widgets: everything here runs without a screen.
Heavy libraries (torch, onnxruntime, rapidocr) are imported inside the function that needs them.
"""
