"""What did people say of outlets?"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from service.api.models.base import Document


class OutletRequest(BaseModel):
    """What is said of an outlet; empty where nothing is."""

    model_config = ConfigDict(extra="forbid")

    alias_of: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = Field(
        default="", description="The name under which it counts."
    )
    owner: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = Field(
        default="", description="Outlets of one owner are one independent voice."
    )


class Outlet(Document):
    """What a person said of an outlet."""

    name: str
    alias_of: str
    owner: str


class OutletList(Document):
    """What people said of outlets, by name."""

    outlets: list[Outlet]
