"""YAML files that extend one another: each holds only what it adds or changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from wherefore.errors import ConfigError, ConfigNotFoundError

_QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML has it


def from_yaml(text: str) -> Any:
    """What a YAML text holds.

    Raises:
        yaml.YAMLError: If it is none; says where.

    >>> from_yaml("lr: 1.0e-4")
    {'lr': 0.0001}
    """
    try:
        return yaml.load(text, Loader=_QUICK)
    except yaml.YAMLError:
        return yaml.safe_load(text)  # tells more of what is wrong


def load_tree(path: Path, whole: Collection[str] = (), _above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The keys and values of a YAML file, laid over those of the file that it names under `extends`.

    Sections are laid over key by key. A list is replaced by a list; a mapping changes the entries that have its
    keys as `name`: `stages: {ranking: {lr: 1.0e-4}}`. What `extends` names is looked for beside the file.

    Args:
        path: The file.
        whole: Top keys whose value is replaced as a whole.

    Raises:
        ConfigNotFoundError: If the file or one that it extends is missing.
        ConfigError: If a file is not YAML, holds no keys and values, extends itself in the end, or changes an
            entry that the list does not have.
    """
    if not path.is_file():
        if _above:
            raise ConfigNotFoundError(
                f"{_above[-1]} extends {path}, which is not there; name a file beside it"
            )
        raise ConfigNotFoundError(f"no config at {path}; the ones that come with Wherefore are in configs/")
    if path.resolve() in [one.resolve() for one in _above]:
        circle = " -> ".join(one.name for one in (*_above, path))
        raise ConfigError(f"configs extend each other in a circle: {circle}; take `extends` out of one")
    try:
        tree = from_yaml(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if not isinstance(tree, dict):
        raise ConfigError(f"{path} holds a {type(tree).__name__}, not keys and values")
    if "extends" not in tree:
        return tree
    name = tree.pop("extends")
    if not isinstance(name, str):
        raise ConfigError(
            f"{path}: `extends` is {name!r}; it takes the name of one YAML file beside this one"
        )
    base = load_tree(path.parent / name, whole, (*_above, path))
    kept = {key: value for key, value in base.items() if key not in whole or key not in tree}
    laid: dict[str, Any] = _laid_over(kept, tree, str(path), "")
    return laid


def _laid_over(base: Any, changes: Any, origin: str, where: str) -> Any:
    if not isinstance(changes, Mapping):
        return changes
    if isinstance(base, Mapping):
        return dict(base) | {
            key: _laid_over(base[key], value, origin, f"{where}.{key}".lstrip(".")) if key in base else value
            for key, value in changes.items()
        }
    if isinstance(base, list):
        return _renewed(base, changes, origin, where)
    return changes


def _renewed(entries: list[Any], changes: Mapping[str, Any], origin: str, where: str) -> list[Any]:
    """Entries of a list, each with the values that the changes give for its name."""
    names = [entry.get("name") for entry in entries if isinstance(entry, Mapping)]
    unknown = [str(name) for name in changes if name not in names]
    if unknown:
        known = ", ".join(str(name) for name in names) or "none has a name"
        raise ConfigError(
            f"{origin}: `{where}` changes {', '.join(unknown)}, but its entries are: {known}; "
            "give a list to replace them all"
        )
    plain = [name for name, values in changes.items() if not isinstance(values, Mapping)]
    if plain:
        raise ConfigError(f"{origin}: `{where}.{plain[0]}` is {changes[plain[0]]!r}; give keys and values")
    return [{**entry, **changes.get(entry.get("name"), {})} for entry in entries]
