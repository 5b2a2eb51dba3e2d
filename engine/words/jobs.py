"""Edits that are worked out beside the window."""

SENTENCES = {
    "jobs.wait": "Wait until the edit before is done, or cancel it.",
    "jobs.cancelled": "Cancelled; nothing was changed.",
    "jobs.changed-meanwhile": "The layers changed meanwhile, so “{edit}” was not done; choose it again.",
}
