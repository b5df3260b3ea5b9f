"""What every part of a policy is (方案的组成部分): a frozen value, strict about what it takes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a policy. Whoever is answered a policy gets every default written out."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, json_schema_serialization_defaults_required=True
    )
