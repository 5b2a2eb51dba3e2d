"""What a command prints of a run."""

SENTENCES = {
    "printing.files": "{folder} ({count} files)",
    "printing.left": "{time} left",
    "printing.steps": "{stage} ({step} of {total})",
    "printing.summary": (
        "{count} layers in {seconds:.1f} s ({engine}). Stacked, {within:.3%} of pixels are within 1/255 of the image;"
        " largest difference {error}."
    ),
    "printing.summary-of-one": (
        "{count} layer in {seconds:.1f} s ({engine}). Stacked, {within:.3%} of pixels are within 1/255 of the image;"
        " largest difference {error}."
    ),
    "printing.wrote": "Wrote {what}",
}
