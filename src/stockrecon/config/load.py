"""From a file to settings: every fault at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from stockrecon.config import forms
from stockrecon.config.ledger import beside, database_url, read_ledger
from stockrecon.config.notify import NOTIFY_KEYS, read_notify
from stockrecon.config.policy import APPLY_KEYS, POLICY_KEYS, PluginNames, read_policy
from stockrecon.config.schema import Faults, Form, Section, Wrong, nearest
from stockrecon.config.secrets import SecretReader, resolve_path
from stockrecon.config.settings import Settings
from stockrecon.config.shops import read_shop, shop_name_of
from stockrecon.config.yamltree import MAX_BYTES, Items, Keys, Node, Refused, Scalar, parse
from stockrecon.core.settings import ShopSettings
from stockrecon.errors import ConfigFault, Fault, UsageFault

_KEYS = ("ledger", "shops", "policy", "apply", "notify", "state")
_DEEPER = {key: f"policy.{key}" for key in POLICY_KEYS} | {key: f"apply.{key}" for key in APPLY_KEYS}
_DEEPER |= {key: f"notify.{key}" for key in NOTIFY_KEYS}
DEFAULT_STATE = ".stockrecon"


def plugin_names(group: str) -> Collection[str]:
    """The names that installed packages offer under an entry point group, such as `stockrecon.channels`."""
    from importlib.metadata import entry_points

    return frozenset(point.name for point in entry_points(group=group))


def load(
    path: Path,
    environ: Mapping[str, str],
    shops: Sequence[str] = (),
    *,
    plugins: PluginNames = plugin_names,
    for_state: bool = False,
) -> Settings:
    """The file's settings, with secrets resolved from `environ`, files and the keyring.

    `shops`: only these (names as in the file); the others are checked, but their secrets need not be at hand.
    `for_state`: only the state is wanted, for which the secrets of ledger and shops need not be at hand.
    `plugins` tells which channels, ledgers and scenarios other packages offer; it is asked only for names that are not
    built in. Raises ConfigFault with all faults of the file, and UsageFault for a shop that the file does not name.
    """
    tree = parse(_read(path), str(path))
    folder = path.absolute().parent
    faults = Faults(str(path))
    faults.extend(tree.faults)
    warnings: list[str] = []
    secrets = SecretReader(environ, folder, warnings)
    others = secrets.unresolved() if for_state else secrets
    root = _root(faults, tree.root)
    ledger_node = root.find("ledger")
    ledger = read_ledger(faults, ledger_node, folder, others, plugins) if ledger_node is not None else None
    if ledger_node is None:
        root.need("ledger", forms.text)
    read = _shops(root, shops, folder, others, plugins)
    policy = read_policy(root.section("policy", POLICY_KEYS), root.section("apply", APPLY_KEYS), plugins)
    notify = read_notify(root.section("notify", NOTIFY_KEYS), folder, others)
    state = root.get("state", _state(folder, secrets), str(folder / DEFAULT_STATE))
    found = faults.in_order()
    if found or ledger is None:
        raise ConfigFault(found)
    names = tuple(shop.name for shop in read)
    _asked_for(path, shops, names)
    return Settings(
        ledger=ledger,
        shops=tuple(shop for shop in read if not shops or shop.name in shops),
        policy=policy,
        state=state,
        file=path,
        folder=folder,
        digest=_digest(tree.root),
        all_shops=names,
        warnings=tuple(warnings),
        notify=notify,
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigFault(
            [Fault(str(path), 0, 0, "there is no such file")],
            way_on="name the configuration with -c FILE, or write a starter with: stockrecon init",
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no valid path"
        fault = Fault(str(path), 0, 0, f"cannot be read: {reason}")
        raise ConfigFault([fault], way_on="name the configuration with -c FILE, and make it readable") from None


def _root(faults: Faults, node: Node) -> Section:
    if isinstance(node, Scalar) and node.is_null:
        faults.add(node, "", "the file holds no configuration")
        return Section(faults, Refused(1, 1), "", _KEYS)
    return Section(faults, node, "", _KEYS, _DEEPER)


def _shops(
    root: Section, wanted: Sequence[str], folder: Path, secrets: SecretReader, plugins: PluginNames
) -> list[ShopSettings]:
    read: list[ShopSettings] = []
    lines: dict[str, int] = {}
    items = list(root.items("shops"))
    if not items and not isinstance(root.find("shops"), Keys | Scalar | Refused):
        _no_shops(root)
    for node, path in items:
        name = shop_name_of(node)
        own = secrets if not wanted or name in wanted else secrets.unresolved()
        shop = read_shop(root.faults, node, path, folder, own, plugins)
        if name and name in lines and isinstance(node, Keys):
            place = node.entries["name"].value
            root.faults.add(place, f"{path}.name", f"a second shop of this name, first on line {lines[name]}")
        elif name:
            lines[name] = node.line
        if shop is not None:
            read.append(shop)
    return read


def _no_shops(root: Section) -> None:
    node = root.find("shops")
    if isinstance(node, Items):
        root.faults.add(node, "shops", "at least one shop is needed")
    else:
        root.need("shops", forms.text)


def _state(folder: Path, secrets: SecretReader) -> Form[str]:
    url = database_url(folder, secrets)

    def form(node: Node) -> str:
        if isinstance(node, Scalar) and "://" not in node.text:
            return str(resolve_path(folder, forms.text(node)))
        if isinstance(node, Items):
            raise Wrong("a folder or a database URL expected, a list found")
        return beside(folder, url(node))

    return form


def _asked_for(path: Path, wanted: Sequence[str], names: Sequence[str]) -> None:
    for name in wanted:
        if name not in names:
            guess = nearest(name, names)
            hint = f" (did you mean {guess}?)" if guess else ""
            raise UsageFault(f"{path} has no shop {forms.shown(name)}{hint}", way_on=f"its shops: {', '.join(names)}")


def _digest(node: Node) -> str:
    text = json.dumps(_plain(node), sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(node: Node) -> object:
    if isinstance(node, Keys):
        return {key: _plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Items):
        return [_plain(item) for item in node.items]
    return None if isinstance(node, Refused) or node.is_null else node.text
