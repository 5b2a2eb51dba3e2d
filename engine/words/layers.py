"""What the layer panel says."""

SENTENCES = {
    "layers.count": "{count} layers",
    "layers.count-one": "1 layer",
    "layers.eye-tip": "Show or hide; drag over several. Alt+click shows only this one, and again the others.",
    "layers.fold-tip": "Fold or unfold; Alt+click unfolds what is inside, too.",
    "layers.found": "{count} found",
    "layers.hide-several": "Hide {count} layers",
    "layers.lock-several": "Lock {count} layers",
    "layers.lock-tip": "Lock or unlock; drag over several.",
    "layers.no-document": "Open an image to see its layers here.",
    "layers.no-layers": "This document has no layers.",
    "layers.no-match": "No layer matches the filter.",
    "layers.nothing-to-rename": "Select a layer to rename it.",
    "layers.show-several": "Show {count} layers",
    "layers.unlock-several": "Unlock {count} layers",
}
