"""Why an edit is refused, and what it did beside what was asked."""

SENTENCES = {
    "editing.group-locked": "The layers in the group are locked; unlock them first.",
    "editing.selected-locked": "The selected layers are locked; unlock them first.",
    "editing.one-locked": "{name} is locked; unlock it first.",
    "editing.in-locked-group": "{name} is in a locked group; unlock the group first.",
    "editing.nothing-to-rasterize": "There is nothing to rasterize: no transform, recolour or mask.",
    "editing.merge-needs-two": "Select at least two layers to merge.",
    "editing.merge-one-group": "Only layers of the same group can be merged.",
    "editing.merge-nothing-below": "There is no visible layer below to merge with.",
    "editing.merge-nothing-visible": "Fewer than two layers are visible; there is nothing to merge.",
    "editing.merge-nothing-shown": "There is nothing visible to merge.",
    "editing.merge-undrawn": "{name} cannot be made into pixels yet; leave it out of the selection.",
    "editing.covers-nothing": "The selection covers nothing of {name}.",
    "editing.covers-none": "The selection covers nothing of the selected layers.",
    "editing.not-a-layer": "Choose a layer, not a group.",
    "editing.no-pixels": "{name} has no pixels of its own; choose a layer that has.",
    "editing.nothing-covers": "Nothing covers {name}; there is nothing to fill behind.",
    "editing.covered-altogether": "{name} is covered altogether; there is nothing to fill it from.",
    "editing.one-piece": "{name} is one piece; there is nothing to split.",
    "editing.pieces-joined": ("{found} pieces: the largest {count} are apart, the others went with the nearest."),
    "editing.one": "{name}",
    "editing.several": "{count} layers",
    "editing.left-out-effects": "The effects of {what} are not part of the new pixels and were left out.",
    "editing.left-out-clipping": "The clipping of {what} is not part of the new pixels and was left out.",
    "editing.dropped-text": "The text of {what} can no longer be edited in Photoshop: it changed and is pixels now.",
    "editing.dropped-smart-object": (
        "The smart object of {what} can no longer be opened in Photoshop: it changed and is pixels now."
    ),
    "editing.dropped-shape": "The shape of {what} can no longer be edited in Photoshop: it changed and is pixels now.",
    "editing.dropped-settings": "Photoshop's own settings of {what} gave way to those that were chosen here.",
    "editing.dropped-effects": "Photoshop's own effects of {what} gave way to those that were chosen here.",
    "editing.dropped-other": (
        "Settings of {what} that only Photoshop knows were dropped: what they describe has changed."
    ),
}
