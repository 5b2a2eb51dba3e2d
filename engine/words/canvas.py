"""What the canvas and its tools say in the status bar."""

SENTENCES = {
    "canvas.description": "Shows the picture. Layers are selected and moved here.",
    "canvas.drag-ended": "The layers changed meanwhile, so the drag was ended.",
    "canvas.locked-here": "“{name}” is locked: unlock it in the layer panel to select it here.",
    "canvas.no-color-here": "There is no colour here: the picture is transparent or ends.",
    "canvas.nothing-selected": "Select a layer first.",
    "canvas.nothing-to-drag": "Select a layer first: click it, or click its name in the layer panel.",
    "canvas.nothing-to-paint": "Select the layer to paint on first.",
    "canvas.nothing-to-transform": "Select a layer first, then transform it.",
    "canvas.one-mask-only": "Select one layer only: a stroke paints one layer's mask.",
    "canvas.stroke-ended": "The layer changed meanwhile, so the stroke was ended.",
    "canvas.transforming": "Drag the handles or the number fields. Enter applies, Esc cancels.",
}
