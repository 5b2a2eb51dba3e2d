"""Sentences of a whole run, and of a run with several seeds."""

SENTENCES = {
    "pipeline.cancelled-after": "Cancelled after {done} of {wanted} variants.",
    "pipeline.no-layers": "No layers were found in this image; try another engine or another number of layers.",
    "pipeline.not-lifted": "Finishing the layers failed ({error}), so they are as the engine made them, only scaled.",
    "pipeline.not-named": "The layers could not be given names of their own, so some may be called the same.",
    "pipeline.one-layer": "Nothing could be told apart from the background; cut it with a selection, or try another "
    "engine.",
    "pipeline.only-some": "Only {done} of {wanted} variants were made: {error}",
    "pipeline.only-some-failed": "Only {done} of {wanted} variants were made; the next one failed ({error}).",
}
