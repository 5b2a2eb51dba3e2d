"""A run in the window, and what became of it."""

SENTENCES = {
    "decompose.dropped": "The run was dropped because another image was opened.",
    "decompose.cancelled-by-opening": "Cancelled: another image was opened.",
    "decompose.layer-deleted": "The layer was deleted meanwhile; the run's result was dropped.",
    "decompose.one-thing": "{name} was not separated further: it looks like one thing.",
}
