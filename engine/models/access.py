"""How this user reaches the model hub: a mirror's address and a key. The window writes them; the command reads them.

The mirror is a setting; the key lies in a file of its own that only this user can read.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from engine import settings
from engine.errors import OutputError
from engine.settings_file import config_folder, replace_text


@dataclass(frozen=True, slots=True)
class Access:
    """`mirror`: address of a mirror, "" for the hub itself. `token`: this user's key, "" for none."""

    mirror: str = ""
    token: str = ""


def path() -> Path:
    """The file that holds the key."""
    return config_folder() / "hub.json"


def load() -> Access:
    """What was saved; nothing where there is no file or it cannot be read."""
    mirror, token = settings.current().models.mirror, ""
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        data = json.loads(path().read_text(encoding="utf-8"))
        token = str(data.get("token", ""))
        mirror = mirror or str(data.get("mirror", ""))  # where older versions kept it
    return Access(mirror, token)


def save(access: Access) -> None:
    """Raises OutputError where the key cannot be written."""
    if access.mirror != settings.current().models.mirror:
        settings.keep({"models.mirror": access.mirror or None})
    try:
        replace_text(path(), json.dumps({"token": access.token}))
    except OSError as error:
        raise OutputError("models.key-not-kept", path=str(path()), reason=error.strerror or str(error)) from None
