"""What the layer panel says."""

SENTENCES = {
    "layers.eye-tip": "Show or hide; drag over several. Alt+click shows only this one, and again the others.",
    "layers.fold-tip": "Fold or unfold; Alt+click unfolds what is inside, too.",
    "layers.lock-tip": "Lock or unlock; drag over several.",
    "layers.no-document": "Open an image to see its layers here.",
    "layers.no-layers": "This document has no layers.",
    "layers.no-match": "No layer matches the filter.",
    "layers.nothing-to-rename": "Select a layer to rename it.",
}
