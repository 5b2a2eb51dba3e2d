"""What opening a file has to say: why it cannot be opened, what had to be changed, and what could not be kept."""

_RAISE = " Raise it with UNFLATTEN_MAX_MEGAPIXELS if your computer has the memory."

SENTENCES = {
    "opening.needs-package": (
        "{name} cannot be read without the package {package};"
        " `pip install {package}` in the program's folder brings it."
    ),
    # Files
    "opening.is-folder": "{path} is a folder; give an image file.",
    "opening.not-there": "{path} does not exist; check the name.",
    "opening.no-file": "{path} is not a file; give an image file.",
    "opening.empty": "{path} is empty; choose another file.",
    "opening.no-permission": "{path} cannot be read: you have no permission for it.",
    "opening.cannot-open": "{path} cannot be opened: {reason}.",
    "opening.bad-name": "its name cannot be used",
    "opening.unreadable": "{path} cannot be read: {reason}.",
    "opening.unknown-kind": "{name} is not an image that Unflatten can read; give a {readable} file.",
    "opening.pasted": "Pasted image",
    # Sizes
    "opening.no-pixels": "{name} has no pixels ({width} x {height}); choose another file.",
    "opening.too-large": (
        "{name} is {width} x {height}, {megapixels:,.0f} megapixels; the limit is {limit:,.0f}." + _RAISE
    ),
    "opening.too-many-layers": "{name} has {layers:,} layers; Unflatten opens up to {limit:,}.",
    "opening.claims-pixels": "{name} claims more pixels than it can hold; it is damaged.",
    "opening.layers-too-large": (
        "The layers of {name} have {megapixels:,.0f} megapixels; the limit is {limit:,.0f}." + _RAISE
    ),
    "opening.out-of-memory": "{name} is too large for this computer's memory; make it smaller first.",
    # Damage
    "opening.damaged": "{name} is damaged or cut short and cannot be read.",
    "opening.damaged-why": "{name} is damaged or cut short and cannot be read ({reason}).",
    "opening.merged-cut-short": "{name} is damaged or cut short and cannot be read (its merged image ends early).",
    "opening.no-merged-image": "{name} has no merged image; save it with maximum compatibility first.",
    "opening.too-deep": "{name} nests its groups too deeply to be opened.",
    "opening.no-stack": "{name} is not an OpenRaster file: it has no layer stack.",
    "opening.other-size": "{name} is damaged: its merged image has another size.",
    "opening.points-outside": "{name} points outside of itself and is not opened.",
    "opening.claims-data": "{name} claims more data than it can hold; it is damaged.",
    "opening.holds-data": "{name} holds more data than it says; it is damaged.",
    # What was changed
    "opening.first-frame": "{name} has {frames} frames; the first one was opened.",
    "opening.eight-bits": "The image has more than 8 bits a channel; it was reduced to 8.",
    "opening.bad-profile": "The image's colour profile is damaged; its colours were read as sRGB.",
    "opening.cmyk-without-profile": "The image is CMYK without a profile; its colours on screen are approximate.",
    "opening.was-lab": "The image was Lab; it was converted to sRGB.",
    "opening.was-cmyk": "The image was CMYK; it was converted to sRGB.",
    "opening.no-way-to-rgb": "The image's colours cannot be converted to RGB; save it as RGB first.",
    # What was lost: the full stop, and how often, come with `lost` and `lost-often`
    "opening.lost": "{what}.",
    "opening.lost-often": "{what} ({count} layers).",
    "opening.lost-layer": "A layer without pixels was left out",
    "opening.lost-named-layer": "The layer {name} has no pixels in the file and was left out",
    "opening.lost-mode": "The blend mode {mode} is not known here and became Normal",
    "opening.lost-group-mask": "The mask of a group was left out",
    "opening.lost-adjustment": "The adjustment {name} was left out",
    "opening.lost-effects": "The effects of {name} were left out",
    "opening.lost-clipping": "A layer clipped to the one below got that one's shape as its mask",
}
