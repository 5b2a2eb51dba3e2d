"""Pixels in, pixels out: compositing, colouring, profiles, array helpers, fills, patches. Knows the document only."""
