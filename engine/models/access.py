"""How this user reaches the model hub: a mirror's address and a key. The window writes them; the command reads them.

They lie in a file of their own that only this user can read, not among the window's settings.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import OutputError


@dataclass(frozen=True, slots=True)
class Access:
    """`mirror`: address of a mirror, "" for the hub itself. `token`: this user's key, "" for none."""

    mirror: str = ""
    token: str = ""


def path() -> Path:
    import platformdirs

    return Path(platformdirs.user_config_dir("unflatten", appauthor=False)) / "hub.json"


def load() -> Access:
    """What was saved; nothing where there is no file or it cannot be read."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        data = json.loads(path().read_text(encoding="utf-8"))
        return Access(str(data.get("mirror", "")), str(data.get("token", "")))
    return Access()


def save(access: Access) -> None:
    """Raises OutputError where it cannot be written."""
    target = path()
    part = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(access), file)
        part.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise OutputError(f"{target} cannot be written ({error.strerror}); mirror and token are not kept.") from None
