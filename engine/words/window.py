"""What the strip above the canvas, number fields and the small dialogs say."""

SENTENCES = {
    "window.no-screen": "There is no screen to open a window on; use `unflatten decompose IMAGE`.",
    "window.about": (
        "Turns a flat image back into layers, on your own computer. Nothing is sent anywhere.\n\nApache License 2.0"
    ),
    "window.auto-select-tip": "A press picks the layer under the cursor; off, a drag moves what is selected",
    "window.color-copied": "{color} is on the clipboard.",
    "window.copy-color-tip": "Put the colour on the clipboard, as #rrggbb",
    "window.sample-tip": "How much of the picture the colour is the mean of; Shift: at least 5 × 5 px",
    "window.select-hint": "Shift adds, Alt takes away. A drag inside moves the outline.",
    "window.no-number": "{name}: type a number, or a small sum such as 120*2.",
    "window.too-large": "{name} must be at most {most:,.0f}{unit}.",
    "window.too-small": "{name} must be at least {least:,.0f}{unit}.",
}
