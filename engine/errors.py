"""What can go wrong, as types. The message of each is one sentence for a person: what happened and what to do."""


class UnflattenError(Exception):
    """Base of every error that is shown to a person as it stands."""


class InputError(UnflattenError):
    """The user gave something that cannot be used: a bad file, path or option. The command exits with 2."""


class OutputError(UnflattenError):
    """A result could not be written: no permission, no space, or it exists already."""


class EngineUnavailable(UnflattenError):
    """The engine that was asked for cannot run here: weights, a library or a device is missing."""


class RunFailed(UnflattenError):
    """The engine started and did not finish."""


class Cancelled(Exception):
    """The user stopped the run; nothing was changed."""
