"""Which failures does samestory name, and what does each tell the user to do?

The docstring of an error is its message. `SamestoryError.status` is the HTTP status that the REST door gives;
`detail` adds what only the moment knows (a field's name, a path, a port), never the input itself.
"""

from __future__ import annotations


class SamestoryError(Exception):
    """Something went wrong inside samestory; run `samestory doctor` and report what it says."""

    status = 500

    def __init__(self, detail: str = "", *, retry_seconds: float = 0.0) -> None:
        """`retry_seconds`: when to come back, where that is known."""
        self.detail = detail
        self.retry_seconds = retry_seconds
        super().__init__(f"{self.title} {detail}".strip())

    @property
    def title(self) -> str:
        """The first line of the class docstring: the message without the moment's detail."""
        return (type(self).__doc__ or "").strip().splitlines()[0]


class InvalidInput(SamestoryError):
    """The request cannot be read as JSON; mend what is named and send it again."""

    status = 400


class Refused(SamestoryError):
    """The server refused the request; mend what is named and send it again."""

    status = 400


class InvalidArticle(SamestoryError):
    """The article cannot be accepted; mend the named field and send it again."""

    status = 422


class TooLarge(SamestoryError):
    """The input is larger than the limit; send smaller articles or smaller batches."""

    status = 413


class UnsupportedMedia(SamestoryError):
    """The content type or encoding is not supported; send plain application/json or application/x-ndjson."""

    status = 415


class Forbidden(SamestoryError):
    """The request comes from another site's page; send it from a program, or from a page of this server."""

    status = 403


class Unauthorised(SamestoryError):
    """A key is needed here, send it as `Authorization: Bearer KEY`; `samestory keys create` makes one."""

    status = 401


class ScopeMissing(SamestoryError):
    """The key does not allow this; use one that has the scope which is named."""

    status = 403


class TooManyRequests(SamestoryError):
    """Too many requests came from here; wait as long as Retry-After says, and send batches."""

    status = 429


class Overloaded(SamestoryError):
    """So many articles wait that no more are taken; nothing acknowledged is lost, send these again later."""

    status = 429


class RefusedAddress(SamestoryError):
    """The url is not one that is called; give a public http or https address."""

    status = 422


class NotFound(SamestoryError):
    """Nothing is stored under that id; look it up with `samestory stories`."""

    status = 404


class Gone(SamestoryError):
    """The article was deleted on request; its text is not kept."""

    status = 410


class Misdirected(SamestoryError):
    """This server is not known under that host name; add it to SAMESTORY_ALLOWED_HOSTS or use 127.0.0.1."""

    status = 421


class TooSlow(SamestoryError):
    """The request's body did not arrive in time; send smaller batches."""

    status = 408


class Conflict(SamestoryError):
    """The request contradicts an earlier one; read the detail and send it under a new key."""

    status = 409


class Contradiction(Conflict):
    """The decision contradicts earlier ones; undo one of those that are named, or leave it."""


class InvalidDecision(SamestoryError):
    """The decision cannot be made like this; mend what is named and send it again."""

    status = 422


class InvalidOutlet(SamestoryError):
    """An outlet cannot be described like this; mend what is named and send it again."""

    status = 422


class Unavailable(SamestoryError):
    """A part that must answer is away; try again after a moment."""

    status = 503


class StoreFull(SamestoryError):
    """The disk is full, nothing acknowledged is lost; free some space and send the request again."""

    status = 503


class StoreMismatch(SamestoryError):
    """The data directory does not fit this version or these settings; run the command that is named."""


class StoreCorrupt(SamestoryError):
    """The data directory is damaged; restore a backup, or move it away and import the articles again."""


class StoreBusy(SamestoryError):
    """Another samestory process holds this data directory; stop it, or talk to it through its address."""

    status = 503


class LeaseLost(SamestoryError):
    """Another process has become the owner of decisions; this one wrote nothing and must stop placing."""

    status = 503


class PortTaken(SamestoryError):
    """The port is taken by another program; choose another with `samestory serve --port N`."""


class UnsafeBinding(SamestoryError):
    """Others reach that address, so it needs a key; run `samestory keys create`, or use --host 127.0.0.1."""


class UnreadableInput(SamestoryError):
    """The file or folder cannot be read; check its path, its format and its permissions."""

    status = 400


class UnreadableFile(SamestoryError):
    """The file cannot be read as a whole; mend it at the place that is named and send it again."""

    status = 400


class InvalidSetting(SamestoryError):
    """A setting cannot be used; mend the named SAMESTORY_ variable or option."""

    status = 400
