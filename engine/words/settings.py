"""Sentences about settings."""

SENTENCES = {
    "settings.overridden": "Set by the environment variable {variable}.",
}
