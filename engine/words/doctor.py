"""What `unflatten doctor` says."""

SENTENCES = {
    "doctor.system": "{system}, Python {python}, {cores} cores",
    "doctor.memory": "{free} of {total} free",
    "doctor.no-card": "No NVIDIA card was found: use the built-in engine.",
    "doctor.card": "{card}, {free} of {total} free, bus {bus}/s",
    "doctor.model-here": "{title}: here, {size} in {folder}",
    "doctor.model-begun": "{title}: {size} came so far; go on with `unflatten models fetch {id}`.",
    "doctor.no-model": "No weights are here; {fetch} brings them (58 GB; {free} are free).",
    "doctor.no-runs": "None on record yet: times are predictions.",
    "doctor.run": "{which}: {outcome}, {time}",
    "doctor.run-on-card": "{which}: {outcome}, {time}, {peak} on the card",
    "doctor.plans": "List every memory plan and what it needs.",
    "doctor.bench": "Which engine: {known}.",
    "doctor.lacking": "{package} is not installed: {without}. `pip install {package}` in the program's folder brings it.",
    "doctor.install": "Not installed: {names}. `{how}` in the program's folder brings them.",
}
