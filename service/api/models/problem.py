"""How does a failure read? RFC 9457, with the wrong parameters one by one."""

from __future__ import annotations

from pydantic import Field

from service.api.models.base import Document


class FieldError(Document):
    """One wrong parameter."""

    where: str
    message: str


class Problem(Document):
    """RFC 9457 problem document. `type` is a page of this server that explains it."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FieldError] | None = Field(default=None, description="Wrong parameters, one by one.")
