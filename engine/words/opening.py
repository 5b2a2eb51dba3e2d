"""What opening a file has to say."""

SENTENCES = {
    "opening.needs-package": (
        "{name} cannot be read without the package {package}; `pip install {package}` in the program's folder brings it."
    ),
}
