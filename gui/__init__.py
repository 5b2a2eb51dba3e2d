"""The window. May import `engine` and `export`; never torch, diffusers or transformers."""
