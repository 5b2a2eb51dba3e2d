"""Training of Unflatten's object network: see README.md in this folder."""
