"""The box for what nobody foresaw."""

SENTENCES = {
    "fault.hint": "You can go on. The report has versions, your hardware and the end of the log; nothing of your picture.",
}
