"""Sentences that belong to no one room."""

SENTENCES = {
    "general.out-of-memory": "The computer ran out of memory; close other programs.",
    "general.unforeseen": "Something went wrong inside Unflatten ({kind}: {detail}); nothing was lost.",
}
