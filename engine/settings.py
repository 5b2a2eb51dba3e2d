"""Every setting of Unflatten: one typed model over one file, which window and command both read.

In force is, strongest first: what a command was given, an environment variable, the file, the default. The file holds
only what was set; a value in it that cannot be is passed over with a line in the log, a key that this version does not
know stays in it, and a file that is no JSON is set aside under another name.

An engine's settings are the fields of its own options record, which this file does not know: see `options_of`.
"""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from engine.settings_file import FILE, THEME, Data, SettingsFile, config_folder, dig, put

log = logging.getLogger(__name__)

VERSION = 1
"""Of the file. A later one is read all the same: what is unknown is kept, what cannot be is passed over."""
ENGINE_VARIABLE = "UNFLATTEN_{engine}_{option}"
T = TypeVar("T")


class Env(tuple[str, ...]):
    """Names of environment variables that go before the file, strongest first; stands in a field's annotation."""

    __slots__ = ()


class Section(BaseModel):
    """Settings that belong together."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Files(Section):
    """Where the user was last, as paths; "" for nowhere yet. `recent`: latest first. `layers`: of exported layers."""

    folder: str = ""
    recent: tuple[str, ...] = ()
    layers: str = ""


class View(Section):
    """How things are shown. `background`: what is seen through the document."""

    theme: Annotated[Literal["system", "dark", "light"], Env([THEME])] = "dark"
    background: Annotated[str, Field(pattern=r"^(checker|white|black|#[0-9a-fA-F]{6})$")] = "checker"
    rulers: bool = False
    pixel_grid: bool = True
    auto_select: bool = True


class Window(Section):
    """`geometry`: as Qt saves it, in base64. `sections`: by name, whether a panel's section is open."""

    geometry: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$")] = ""
    sections: dict[str, bool] = {}


class Palette(Section):
    """`recent`: ids of the commands chosen last, latest first."""

    recent: tuple[str, ...] = ()


class Export(Section):
    """What was chosen last in the export dialog. `options`: by name; one that is missing has its format's default."""

    folder: str = ""
    format: str = "psd"
    options: dict[str, bool] = {}


class Opening(Section):
    """`max_megapixels`: the largest picture that is opened, in millions of pixels; None: as built in."""

    max_megapixels: Annotated[float | None, Field(gt=0), Env(["UNFLATTEN_MAX_MEGAPIXELS"])] = None


class Models(Section):
    """`folder`: where fetched models lie; "": in this user's data folder. `mirror`: of the hub; "": the hub itself."""

    folder: Annotated[str, Env(["UNFLATTEN_MODELS"])] = ""
    mirror: Annotated[str, Env(["HF_ENDPOINT"])] = ""


class Settings(Section):
    """What is in force. Names of settings are dotted paths: "view.theme", "keys.move", "engines.qwen.steps".

    Attributes:
        carried: settings that an older version kept elsewhere were looked for.
        keys: the user's own keys of an action, by its id, in Qt's portable text.
        engines: what was set of an engine's options, by its id, as plain data; `options_of` types it.
    """

    version: int = VERSION
    carried: bool = False
    files: Files = Files()
    view: View = View()
    window: Window = Window()
    palette: Palette = Palette()
    export: Export = Export()
    opening: Opening = Opening()
    models: Models = Models()
    keys: dict[str, tuple[str, ...]] = {}
    engines: dict[str, dict[str, JsonValue]] = {}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the value in force comes from: "default", "file" or "environment", then with the variable's name."""

    kind: Literal["default", "file", "environment"]
    variable: str = ""


def _variables() -> Mapping[str, tuple[str, ...]]:
    found = {}
    for section, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            for name, inner in kind.model_fields.items():
                for names in inner.metadata:
                    if isinstance(names, Env):
                        found[f"{section}.{name}"] = tuple(names)
    return MappingProxyType(found)


VARIABLES = _variables()
"""Environment variables by the setting that they override, strongest first. Engines' options have one each besides:
UNFLATTEN_QWEN_STEPS is "engines.qwen.steps"."""


def current() -> Settings:
    """The settings in force. Cheap: the file is read again only where it changed. Never raises."""
    overrides = _environment()
    return _file().settings(overrides, lambda data: validated(data, overrides))


def keep(changes: Mapping[str, object]) -> None:
    """Set settings by name, all at once; None brings a default back.

    Where the file cannot be written, the settings hold for this run and the log says so. Raises ValueError for a name
    that is none and for a value that cannot be.
    """
    _file().keep(checked(changes), VERSION)


def checked(changes: Mapping[str, object]) -> Data:
    """The changes as the file has them. Raises ValueError for a name that is none and for a value that cannot be."""
    trial: Data = {}
    for name, value in changes.items():
        put(trial, name, to_jsonable_python(value))
    plain = Settings.model_validate(trial).model_dump(mode="json", exclude_unset=True)
    found = {name: dig(plain, name) for name in changes}
    if lost := [name for name, value in found.items() if value is None and changes[name] is not None]:
        raise ValueError(lost[0])
    return found


def value_of(name: str) -> Any:
    """The value in force, by name; None where a table (keys, sections, an engine's options) has no such entry."""
    if overridden := _of_engine(name):
        return overridden
    found: Any = current()
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else getattr(found, part)
        if found is None:
            break
    return found


def origin(name: str) -> Origin:
    """Where the value in force comes from, so that one who wonders why a setting does not hold can be told."""
    for variable in VARIABLES.get(name, ()) or (_engine_variable(name),):
        if os.environ.get(variable):
            return Origin("environment", variable)
    return Origin("default" if dig(_file().data(), name) is None else "file")


def options_of(engine: str, kind: type[T]) -> dict[str, Any]:
    """What was set of an engine's options, typed by the fields of its dataclass `kind`, environment before file.

    A value that is not of its field's type is passed over with a line in the log; whether the values go together is for
    the dataclass to say. Raises nothing.
    """
    stored = current().engines.get(engine, {})
    hints = get_type_hints(kind)
    found = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # a dataclass, as said
        name, hint = f"engines.{engine}.{field.name}", hints[field.name]
        for given in (stored.get(field.name), _of_engine(name)):
            if given is None:
                continue
            none = given == "" and type(None) in get_args(hint)  # how a window says "none"
            try:
                found[field.name] = _adapter(hint).validate_python(None if none else given)
            except ValidationError as error:
                _passed_over(name, error)
    return found


@lru_cache(maxsize=64)
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)


def _engine_variable(name: str) -> str:
    """The variable for an engine's option; "" where the name is of no such."""
    parts = name.split(".")
    if len(parts) != 3 or parts[0] != "engines":
        return ""
    return ENGINE_VARIABLE.format(engine=parts[1].upper(), option=parts[2].upper())


def _of_engine(name: str) -> str | None:
    """What the environment says of an engine's option."""
    return os.environ.get(_engine_variable(name)) or None


def _environment() -> tuple[tuple[str, str], ...]:
    """(setting, value) of each override."""
    return tuple(
        (name, next(os.environ[v] for v in names if os.environ.get(v)))
        for name, names in VARIABLES.items()
        if any(os.environ.get(v) for v in names)
    )


def validated(data: Data, overrides: tuple[tuple[str, str], ...]) -> Settings:
    """The model over the file's data and what overrides it; values that cannot be are dropped, one after the other."""
    for name, value in overrides:
        try:
            checked({name: value})
        except ValidationError as error:
            _passed_over(name, error)
        else:
            put(data, name, value)
    while True:
        try:
            return Settings.model_validate(data)
        except ValidationError as error:
            where = _drop(data, error.errors()[0]["loc"])
            _passed_over(where, error)
            if not where:
                return Settings()


def _drop(data: Data, place: tuple[int | str, ...]) -> str:
    """Take out what stands at a place, or the innermost thing around it; gives its name, "" for nothing."""
    holder: Any = None
    inner: Any = data
    walked: list[int | str] = []
    for part in place:
        try:
            holder, inner = inner, inner[part]
        except (KeyError, IndexError, TypeError):
            break
        walked.append(part)
    if walked:
        del holder[walked[-1]]
    return ".".join(map(str, walked))


def _passed_over(name: str, error: ValidationError) -> None:
    first = error.errors(include_url=False)[0]
    _warn(name or "(all)", f"{first['msg']}, got {first['input']!r:.80}")


@lru_cache(maxsize=256)
def _warn(name: str, why: str) -> None:
    """Once for each value, however often it is read."""
    log.warning("setting %s passed over: %s", name, why)


_files: dict[Path, SettingsFile[Settings]] = {}


def _file() -> SettingsFile[Settings]:
    path = config_folder() / FILE
    if path not in _files:
        _files[path] = SettingsFile(path)
    return _files[path]
