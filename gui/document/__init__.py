"""The open document: the one door for edits, undo, and edits that run beside the window."""
