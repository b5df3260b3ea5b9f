"""Shapes (形状): building a model from JSON that was checked before, without checking it again.

What stands in the ledger was validated when it was admitted, and what a worker process hands back,
a moment ago. Building those again costs a third of what validating them does.
"""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

Build = Callable[[Any], Any]
"""From a JSON value that fits to the value of the field."""

# A model's own slots, set past its frozenness and quicker than by name.
_slots = BaseModel.__dict__
_set_values = _slots["__dict__"].__set__
_set_fields = _slots["__pydantic_fields_set__"].__set__
_set_extra = _slots["__pydantic_extra__"].__set__
_set_private = _slots["__pydantic_private__"].__set__


def builder(model: type[BaseModel]) -> Build:
    """The function that makes that model out of a JSON object which it has accepted before.

    What it makes equals what validation makes. Raises RuntimeError for a field of a kind that it
    does not know how to build.
    """
    defaults = {
        name: field.default
        for name, field in model.model_fields.items()
        if not field.is_required() and field.default_factory is None
    }
    factories = [
        (name, field.default_factory)
        for name, field in model.model_fields.items()
        if field.default_factory is not None
    ]
    nested = [
        (name, build)
        for name, field in model.model_fields.items()
        if (build := _builder(field.annotation)) is not None
    ]
    new = object.__new__

    def build_model(members: dict[str, Any]) -> BaseModel:
        values = {**defaults, **members}
        for name, factory in factories:
            if name not in members:
                values[name] = factory()  # type: ignore[call-arg] # ours take no argument
        for name, build in nested:
            if members.get(name) is not None:
                values[name] = build(members[name])
        made = new(model)
        _set_values(made, values)
        _set_fields(made, set(members))
        _set_extra(made, None)
        _set_private(made, None)
        return made

    return build_model


def _builder(annotation: Any) -> Build | None:
    """How values of a type are built; None where JSON is the value itself."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _builder(get_args(annotation)[0])
    if origin is Literal or annotation in (str, int, bool, float, NoneType, Any):
        return None
    if origin in (Union, UnionType):
        builds = [build for part in get_args(annotation) if (build := _builder(part)) is not None]
        if len(builds) > 1:
            raise RuntimeError(f"cannot tell which of {annotation} a value is")
        return builds[0] if builds else None
    if origin is list:
        return _list_builder(_builder(get_args(annotation)[0]))
    if origin is dict:
        return _dict_builder(_builder(get_args(annotation)[1]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return builder(annotation)
    raise RuntimeError(f"cannot build {annotation}")


def _list_builder(item: Build | None) -> Build | None:
    return None if item is None else lambda values: [item(value) for value in values]


def _dict_builder(item: Build | None) -> Build | None:
    return None if item is None else lambda values: {key: item(value) for key, value in values.items()}
