"""What do all documents share? Built from mappings or attributes; nothing undeclared leaks out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _from_unix(value: Any) -> Any:
    """Unix seconds, as the store keeps times, become an aware datetime."""
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int | float) else value


Moment = Annotated[datetime, BeforeValidator(_from_unix)]
Language = Annotated[str, Field(max_length=35), AfterValidator(str.lower)]  # a code, as articles have it


class Document(BaseModel):
    """Base of all documents: built from mappings or from attributes, nothing undeclared leaks out."""

    model_config = ConfigDict(from_attributes=True, extra="ignore")
