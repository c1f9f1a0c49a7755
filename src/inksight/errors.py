"""The one error that users are meant to see."""


class InputError(Exception):
    """The input can't be used. The message is one line that names the file and what to do about it.

    The command line prints it and exits with code 2; library callers may catch it.
    """
