"""What writing a file has to say: why it cannot be, and what a person should know about it."""

SENTENCES = {
    "export.hint-ora": "Krita, GIMP and MyPaint; layers, groups and blend modes, with final pixels.",
    "export.hint-png": "Every program; final pixels. Names, order, places and blend modes are listed in layers.json.",
    "export.hint-pptx": "PowerPoint, Keynote, Google Slides and Impress; each layer is a picture; no blend modes.",
    "export.hint-psd": "Photoshop, Affinity, Krita, GIMP and Photopea; layers, groups, blend modes and masks.",
    "export.hint-zip": "The PNG layers and layers.json as one file to send.",
    "export.one": "{name}",
    "export.several": "{count} layers",
    "export.nothing": "There is nothing to export: the document has no layers.",
    "export.no-format-for": "Nothing can be written as {suffix}; choose one of {known}.",
    "export.no-format": "There is no format called {name}; choose {known}.",
    "export.out-of-memory": "There is not enough memory to write this document; close other programs.",
    "export.nul-in-name": "A file name cannot contain a NUL character; choose another name.",
    "export.no-folder": "The folder {folder} does not exist; create it or choose another.",
    "export.is-folder": "{target} is a folder; choose a file name.",
    "export.is-file": "{target} is a file; choose a folder.",
    "export.holds-files": "{target} holds files already; choose another name or allow overwriting.",
    "export.exists": "{target} exists already; choose another name or allow overwriting.",
    "export.disk-full": ("{target} could not be written: the disk is full. Free some space or choose another disk."),
    "export.quota": (
        "{target} could not be written: your disk quota is used up. Free some space or choose another disk."
    ),
    "export.too-large-for-disk": "{target} is too large for this disk's file system; choose another disk.",
    "export.may-not-write": (
        "You may not write to {parent}, or {name} is open in another program; choose another folder."
    ),
    "export.read-only": "{parent} is on a read-only disk; choose another folder.",
    "export.name-too-long": "The name {short} is too long for this disk; choose a shorter one.",
    "export.in-use": "{name} is in use by another program; close it there or choose another name.",
    "export.folder-gone": "The folder {parent} is gone; choose another.",
    "export.cannot-write": "{target} could not be written: {reason}. Choose another place.",
    "export.psb-side": "Photoshop documents end at {limit:,} px a side; make the picture smaller.",
    "export.psb-for-side": (
        "The document is larger than {limit:,} px, the limit of PSD,"
        " so it is written as the large document format {name}."
    ),
    "export.psb-for-size": (
        "The document would not fit into a PSD, which ends at 2 GB,"
        " so it is written as the large document format {name}."
    ),
    "export.no-original": "This document has no original picture to include.",
    "export.slides-blend": "Slides know no blend modes; layers with {modes} are placed as Normal.",
    "export.no-adjustments": "Adjustments are not written yet, nor seen in the picture: {what}.",
    "export.no-fills": "Fills are not written yet, nor seen in the picture: {what}.",
    "export.no-clipping": "Clipping is not written yet; what is clipped is written whole: {what}.",
    "export.no-effects": "Effects are not written yet, nor seen in the picture: {what}.",
    "export.no-carried": (
        "What only Photoshop can edit (text, smart objects, its own settings) is not written yet: {what}."
    ),
}
