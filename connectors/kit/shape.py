"""Answers of a shape that no document names: trouble of the service, not the end of the daemon."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import PurePath
from typing import Any, TypeVar

from sync.errors import TransientError

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])
_SHAPE = (KeyError, TypeError, ValueError, AttributeError, IndexError, AssertionError)


def shaped(function: F) -> F:
    """The same, but what an answer lacks is a TransientError that names the place where it was missed, and no value.

    A mistake of ours in reading looks alike: it too is told in every run, and the other streams go on.
    """
    if inspect.isgeneratorfunction(function):

        @wraps(function)
        def iterate(*args: Any, **kwargs: Any) -> Any:
            try:
                return (yield from function(*args, **kwargs))
            except _SHAPE as error:
                raise _told(error) from None

        return iterate  # pyright: ignore[reportReturnType]  # a generator function as well

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except _SHAPE as error:
            raise _told(error) from None

    return call  # pyright: ignore[reportReturnType]  # same signature


def shaped_methods(kind: C) -> C:
    """All public methods of a source or sink."""
    for name, method in list(vars(kind).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            setattr(kind, name, shaped(method))
    return kind


def _told(error: BaseException) -> TransientError:
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{PurePath(where.filename).name}:{where.lineno}"
    return TransientError(f"an answer of an unknown shape ({type(error).__name__} at {place})")
