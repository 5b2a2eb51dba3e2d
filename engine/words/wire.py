"""Messages between two programs of ours that do not understand each other."""

SENTENCES = {
    "wire.newer": "The other side speaks version {version} of Unflatten's messages and this one knows {known}; update Unflatten here.",
    "wire.unreadable": "A message ({kind}) could not be read; both sides have to be the same version of Unflatten.",
}
