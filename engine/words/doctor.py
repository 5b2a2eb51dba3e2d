"""What `unflatten doctor` says."""

SENTENCES = {
    "doctor.lacking": "{package} is not installed: {without}. `pip install {package}` in the program's folder brings it.",
    "doctor.install": "Not installed: {names}. `{how}` in the program's folder brings them.",
}
