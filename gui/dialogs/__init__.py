"""Dialogs that know no actions: export, errors, models, history, about."""
