"""How well an engine takes a picture apart, measured on designs whose layers are known.

A design is a folder: `input.png`, `layer_00.png` bottom first (each as large as the input, straight alpha) and
`meta.json`. `python -m tests.bench.layers.make` generates designs from seeds, `python -m tests.bench.layers.score
FOLDER...` scores any such folder, whoever made it.
"""
