"""A Document out to a file.

May import `engine.document`, `engine.imaging` and `engine.errors`; no Qt, so it runs without a QApplication.
"""
