"""Dialogs: export, errors, shortcuts, about."""
