"""What the inspector says."""

SENTENCES = {
    "inspector.all-locked": "Locked. Unlock it in the layer list to change it.",
    "inspector.clamped": "{name} is {value} now: a side has 1 to 100,000 px, a layer 300 megapixels.",
    "inspector.kind-tip": "What the layer shows; decides its icon in the list",
    "inspector.made-surely": "{engine}, {score:.0%} sure",
    "inspector.nothing-selected": "Select a layer first.",
    "inspector.one-locked": "1 of {count} layers is locked.",
    "inspector.scrub-tip": "{name}: drag sideways to change it",
    "inspector.some-locked": "{locked} of {count} layers are locked.",
    "inspector.tint-tip": "Give everything one hue; light and shade stay",
}
