"""Secrets by reference: `{env: NAME}`, `{file: PATH}`, `{keyring: NAME}`.

Whatever stands in a secret's place is never repeated in a fault, not even a reference's name, unless it reads like
the name of a variable: people paste secrets in wrong places.
"""

from __future__ import annotations

import importlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from stockrecon.config.schema import Wrong
from stockrecon.config.yamltree import Keys, Node, Refused, Scalar
from stockrecon.core.secret import Secret

KEYRING_SERVICE = "stockrecon"
_WAYS = "write {env: NAME}, {file: PATH} or {keyring: NAME}"
_MAX_BYTES = 64 * 1024
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class SecretReader:
    """Resolves references. `resolves` False checks their form only (shops that this run leaves out)."""

    def __init__(self, environ: Mapping[str, str], folder: Path, warnings: list[str], *, resolve: bool = True) -> None:
        self._environ = environ
        self._folder = folder
        self._warnings = warnings
        self.resolves = resolve

    def unresolved(self) -> SecretReader:
        return SecretReader(self._environ, self._folder, self._warnings, resolve=False)

    def __call__(self, node: Node) -> Secret:
        """The form of a secret. Raises Wrong."""
        if isinstance(node, Refused):
            raise Wrong("", silent=True)
        if isinstance(node, Scalar):
            what = "a secret expected, nothing found" if node.is_null else "a secret may not stand in the file itself"
            raise Wrong(f"{what}; {_WAYS}")
        if not is_reference(node) or not isinstance(node, Keys):
            raise Wrong(f"a secret is a reference with exactly one of env, file, keyring; {_WAYS}")
        (way, entry), *_ = node.entries.items()
        target = entry.value
        if not isinstance(target, Scalar) or target.is_null or not target.text.strip() or "\0" in target.text:
            raise Wrong(f"the reference names nothing; {_WAYS}")
        if not self.resolves:
            return Secret("")
        read = {"env": self._env, "file": self._file, "keyring": self._keyring}[way]
        return Secret(_usable(read(target.text)))

    def _env(self, name: str) -> str:
        what = f"the environment variable {name}" if _VARIABLE.match(name) else "the environment variable named here"
        value = self._environ.get(name)
        if value is None:
            raise Wrong(f"{what} is not set")
        if not value:
            raise Wrong(f"{what} is empty")
        return value

    def _file(self, name: str) -> str:
        path = resolve_path(self._folder, name)
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                raise Wrong("what is named here is not a file")
            if os.name == "posix" and status.st_mode & stat.S_IROTH:
                mode = stat.S_IMODE(status.st_mode)
                raise Wrong(f"everybody may read the secret's file (mode {mode:04o}); run chmod 600 on it")
            if os.name == "posix" and status.st_mode & stat.S_IRGRP:
                self._warnings.append(f"{path}: its group may read this secret; chmod 600 takes that away")
            with path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except OSError as error:
            raise Wrong(
                f"the file named here cannot be read: {error.strerror}; {_relative(name, self._folder)}"
            ) from None
        if len(data) > _MAX_BYTES:
            raise Wrong(f"the secret's file is larger than {_MAX_BYTES} bytes")
        try:
            value = data.decode("utf-8-sig").strip("\r\n")
        except UnicodeDecodeError:
            raise Wrong("the secret's file is not UTF-8 text") from None
        if not value.strip():
            raise Wrong("the secret's file is empty")
        return value

    def _keyring(self, name: str) -> str:
        try:
            keyring = importlib.import_module("keyring")
        except ImportError:
            raise Wrong("keyring is not installed; pip install 'stockrecon[keyring]'") from None
        try:
            value = keyring.get_password(KEYRING_SERVICE, name)
        except Exception as error:  # noqa: BLE001  back ends raise what they like, with texts that may tell too much
            raise Wrong(f"the keyring could not be read ({type(error).__name__})") from None
        if not value:
            raise Wrong(f"the keyring has no such secret; keyring set {KEYRING_SERVICE} NAME stores one")
        return str(value)


def is_reference(node: Node) -> bool:
    """A mapping that has exactly one of the keys env, file, keyring."""
    return (
        isinstance(node, Keys)
        and len(node.entries) == 1
        and not node.again
        and bool(node.entries.keys() & {"env", "file", "keyring"})
    )


def resolve_path(folder: Path, text: str) -> Path:
    """A path of the configuration: relative ones count from its folder; `~` is the home folder."""
    path = Path(text)
    if text.startswith("~"):
        try:
            path = path.expanduser()
        except RuntimeError:
            raise Wrong("this home folder (~) is not known") from None
    return Path(os.path.normpath(folder / path))


def _relative(name: str, folder: Path) -> str:
    return "its path is absolute" if Path(name).is_absolute() else f"relative paths count from {folder}"


def _usable(value: str) -> str:
    if _CONTROL.search(value):
        raise Wrong("the secret holds a line break or another control character")
    return value
