"""What Qwen-Image-Layered says: its settings, its weights, its plans, and how a run of it can end."""

SENTENCES = {
    "qwen.libraries-missing": "Qwen-Image-Layered needs the libraries {libraries}: install them with {install} in the program's folder.",
    "qwen.passed-over-as-slow": "The built-in engine was used, because Qwen-Image-Layered would take about {time} here; choose it and the device {device} to run it all the same.",
    "qwen.passed-over-as-large": "The built-in engine was used, because Qwen-Image-Layered does not fit this computer now: {reason}.",
    "qwen.settings-of-another-engine": "These settings are for another engine; use those of Qwen-Image-Layered.",
}
