"""The `unflatten` command."""


def run() -> None:
    raise SystemExit("unflatten: not built yet")
