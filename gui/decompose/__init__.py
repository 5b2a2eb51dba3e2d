"""Asking for a decomposition: the request form, its progress and its result."""
