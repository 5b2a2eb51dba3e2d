"""What is written in a picture. Knows the document's types, nothing else of ours; `imaging` and `builtin` know it."""
