"""Edits of a document: quick ones as pure functions, slow ones as plans in two halves. Knows `imaging`, no engine."""
