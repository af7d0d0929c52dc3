"""What can go wrong, in words for whoever typed the command."""


class StandinError(Exception):
    """It failed, and this is why."""


class Missing(StandinError):
    """Something has to be installed first."""
