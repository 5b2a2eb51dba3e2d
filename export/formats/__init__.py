"""One light file per format, each with a `FORMAT`; `export.registry` finds them by walking this folder."""
