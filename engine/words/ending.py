"""How a command ends, and what it says beside its result."""

SENTENCES = {
    "ending.note": "Note: {text}",
    "ending.stopped": "Stopped; nothing was left half-written.",
}
