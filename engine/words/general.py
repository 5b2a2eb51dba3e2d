"""Sentences that belong to no one room."""

SENTENCES = {
    "general.out-of-memory": "The computer ran out of memory; close other programs or use a smaller image.",
    "general.unforeseen": "Something went wrong inside Unflatten ({what}); nothing was lost. Details are in {file}.",
    "general.unforeseen-untraced": (
        "Something went wrong inside Unflatten ({what}); nothing was lost. No log could be written in {folder}."
    ),
}
