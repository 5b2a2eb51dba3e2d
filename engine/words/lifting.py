"""Sentences of the lift, which makes an engine's layers give the image back."""

SENTENCES = {
    "lifting.all-empty": "Every layer that the engine returned is empty; run it again with another seed.",
    "lifting.doubled": "{layer} was the same as {twin} and was merged into it.",
    "lifting.empty": "{layer} was empty and was left out.",
    "lifting.engine-layer": "Layer {number} of the engine's result",
    "lifting.named": "“{name}”",
    "lifting.no-canvas": "The engine returned a canvas of {width} x {height} pixels; run it again.",
    "lifting.no-layers": "The engine returned no layers; run it again with another seed or number of layers.",
    "lifting.no-pixels": "{what} has no pixels.",
    "lifting.not-rgba": "{what} must be 8-bit RGBA pixels, not {found}.",
    "lifting.numbered": "Layer {number}",
    "lifting.residual": "“Residual” holds what none of the engine's layers covered.",
    "lifting.speck": "{layer} was only a speck and was left out.",
    "lifting.the-image": "The image",
    "lifting.transparent": "The image is fully transparent, so there is nothing to separate; open another image.",
}
