"""What actions say in the status bar, and what the list of keys and the palette say."""

SENTENCES = {
    "actions.area-copied": "The selected part is on the clipboard.",
    "actions.area-shows-nothing": "The selected part shows nothing to copy.",
    "actions.decompose-tip": "Separate the image into layers",
    "actions.everything-was-selected": "Everything was selected, so nothing is now.",
    "actions.key-fixed": "{key} always means “{action}”; choose another key.",
    "actions.key-hint": "Double-click a key, or press Enter on it, to press another one. Delete removes it.",
    "actions.key-is-own": "Its keys are your own",
    "actions.key-opens-menu": "{key} opens the {menu} menu; choose another key.",
    "actions.key-taken": "{key} is the key of “{action}”.",
    "actions.layers-show-nothing": "The selected layers show nothing to copy.",
    "actions.nothing-to-move": "Draw a selection and select a layer first.",
    "actions.palette-asks": "What do you want to do?",
    "actions.picture-copied": "The whole picture is on the clipboard.",
    "actions.reset-all-keys-tip": "Give every action its first keys again",
    "actions.reset-keys-tip": "Give this action its first keys again",
}
