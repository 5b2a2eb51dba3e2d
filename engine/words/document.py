"""What cannot be done with a document's colours."""

SENTENCES = {
    "document.profile-unusable": "The picture's colour profile cannot be converted; save it as sRGB first.",
    "document.colours-unusable": "The picture's colours cannot be converted; save it as sRGB first.",
}
