"""The one way routing compiles: Numba, without the interpreter lock, kept on disk between runs.

Numba's own cache looks at the file of the function it stores, not at the files of the functions that one
calls: after an edit or an upgrade of a callee it would go on running old machine code. So the cache directory
carries a digest of all the sources of this package that use it, and any change leads to a new one.

Compiling is most of a first start. One array is copied into another element by element: the slice assignment
brings Numba's whole text handling along, for the words of an error that cannot occur.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core import cgutils, event, types
from numba.core.errors import TypingError
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])


def _sources_digest(package: Path) -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(package.rglob("*.py")):
        text = source.read_bytes()
        if b"compiled" in text:
            digest.update(text)
    return digest.hexdigest()[:16]


_numba_config: Any = numba.config  # its settings are made at run time, so no type knows them
_values: Any = cgutils  # likewise untyped
_PACKAGE = Path(__file__).parent
_FUNCTIONS: list[Any] = []
_CACHE = str(_PACKAGE / "__pycache__" / f"compiled-{_sources_digest(_PACKAGE)}")


def compiled(function: Function) -> Function:
    """Compile on first call. Where the package directory cannot be written, Numba's default places are
    used.
    """
    before = _numba_config.CACHE_DIR
    _numba_config.CACHE_DIR = before or _CACHE
    try:
        jit: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
        wrapped: Function = jit(function)
        _FUNCTIONS.append(wrapped)
    finally:
        _numba_config.CACHE_DIR = before
    return wrapped


def _lending(typing: Any, function: Any, arguments: Any) -> Any:
    """``function(*arguments)``, of a compiled function that answers numbers, with arrays whose references
    nobody counts while it runs: the caller's own keep them alive.

    Each call of a compiled function counts every array it is given up and down again, with the bus locked:
    for small work on many arrays that is most of the time.
    """
    found = typing.resolve_function_type(function, tuple(arguments), {})
    if not _only_numbers(found.return_type):
        raise TypingError("lending: what was lent might be kept, as the function answers arrays")

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        call = context.get_function(function, found)
        return call(
            builder, [_uncounted(context, builder, *part) for part in _parts(builder, arguments, given[1])]
        )

    return found.return_type(function, arguments), build


_intrinsic: Any = intrinsic  # whose type knows nothing of how it is called
lending: Callable[[Callable[..., Any], tuple[Any, ...]], Any] = _intrinsic(_lending)


def _only_numbers(kind: Any) -> bool:
    if isinstance(kind, types.BaseTuple):
        members: Any = kind
        return all(_only_numbers(one) for one in members)
    return isinstance(kind, (types.Number, types.Boolean, types.NoneType, types.Omitted))


def _parts(builder: Any, kind: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    return zip(kind, _values.unpack_tuple(builder, value), strict=True)


def _uncounted(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """The same arrays, or tuples of them, that belong to nobody."""
    if isinstance(kind, types.BaseTuple):
        parts = [_uncounted(context, builder, *part) for part in _parts(builder, kind, value)]
        return context.make_tuple(builder, kind, parts)
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = _values.get_null_value(array.meminfo.type)
        return array._getvalue()
    return value


def entry(function: Function) -> Function:
    """The machine code of a compiled function that has one signature, without the look at the types of its
    arguments, which for many arrays takes as long as a small answer. Before it is compiled, the function.

    Who calls it answers for the types: as many arrays, of the same kind, number of axes and layout.
    """
    dispatcher: Any = function
    signatures = dispatcher.signatures
    assert len(signatures) < 2, "called with arrays of other kinds"
    code: Function = dispatcher.overloads[signatures[0]].entry_point if signatures else function
    return code


Told = Callable[[int, int], None]
"""Told after every function that had to be compiled: how many of the engine's are ready, of how many."""


@contextmanager
def told(progress: Told) -> Iterator[None]:
    """Tell of what is compiled in the block; what is found on disk is not worth a word."""
    with event.install_listener("numba:compile", _Listener(progress)):
        yield


def readiness() -> tuple[int, int]:
    """How many functions of the engine are compiled or loaded, of how many. Those of the replay and of waves
    are not the engine's; what is loaded from disk brings its callees along uncounted.
    """
    apart = ("routing.replay", "routing.wave")
    engine = [one for one in _FUNCTIONS if not one.__module__.startswith(apart)]
    return sum(bool(one.signatures) for one in engine), len(engine)


class _Listener(event.Listener):
    """Hears of every function that Numba compiles, its own included; tells of ours."""

    def __init__(self, progress: Told) -> None:
        self._progress = progress

    def on_start(self, event: Any) -> None:
        if not readiness()[0]:
            self._progress(*readiness())

    def on_end(self, event: Any) -> None:
        self._progress(*readiness())
