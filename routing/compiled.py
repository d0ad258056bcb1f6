"""The one way routing compiles: Numba, without the interpreter lock, kept on disk between runs.

Numba's own cache looks at the file of the function it stores, not at the files of the functions that one
calls: after an edit or an upgrade of a callee it would go on running old machine code. So the cache directory
carries a digest of all the sources of this package that use it, and any change leads to a new one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def _sources_digest(package: Path) -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(package.rglob("*.py")):
        text = source.read_bytes()
        if b"compiled" in text:
            digest.update(text)
    return digest.hexdigest()[:16]


_numba_config: Any = numba.config  # its settings are made at run time, so no type knows them
_PACKAGE = Path(__file__).parent
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
    finally:
        _numba_config.CACHE_DIR = before
    return wrapped
