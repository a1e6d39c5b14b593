"""The configuration's `shops`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

from stockrecon.config import forms
from stockrecon.config.mapping import shop_mapping
from stockrecon.config.options import CHANNELS, SAME_STOCK, ChannelForm, Kind, Option
from stockrecon.config.policy import PluginNames
from stockrecon.config.schema import Faults, Form, Section, Wrong, nearest
from stockrecon.config.secrets import SecretReader, is_reference, resolve_path
from stockrecon.config.yamltree import Items, Keys, Node, Refused, Scalar
from stockrecon.core.model import ShopName
from stockrecon.core.policy import DeclaredCampaign, Mode, Override, ShopPolicy, StockRule
from stockrecon.core.settings import ShopSettings

SHOP_KEYS = ("name", "channel", "region", "mode", "stock", "overrides", "campaigns", "edit_during_campaign")
_RULE_KEYS = ("buffer", "percent", "cap", "divide")
_CAMPAIGN_KEYS = ("item_id", "variation_id", "locked", "starts_at", "ends_at")
_DEEPER = {key: f"stock.{key}" for key in _RULE_KEYS}
_SECRET_WORDS = ("secret", "password", "passwd", "token", "api_key", "private_key")


def shop_name_of(node: Node) -> str | None:
    """The name of an entry of `shops`, as far as it can be told before the entry is read."""
    entry = node.entries.get("name") if isinstance(node, Keys) else None
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else None


def read_shop(
    faults: Faults, node: Node, path: str, folder: Path, secrets: SecretReader, plugins: PluginNames
) -> ShopSettings | None:
    """One entry; None where its channel is not known, so that nothing can be made of it (its faults are reported)."""
    channel = _channel_of(node) or ""
    form = CHANNELS.get(channel)
    foreign = form is None and bool(channel) and channel in plugins("stockrecon.channels")
    # Which other keys may stand here is known only once the channel is.
    shop = Section(faults, node, path, _known_keys(form, foreign), _DEEPER)
    name = shop.need("name", forms.shop_name)
    shop.need("channel", _channel(foreign))
    policy = _policy(shop, name or "", channel, form)
    if form is None and not foreign:
        return None
    own_path = _path(folder)
    return ShopSettings(
        name=policy.name,
        channel=channel,
        policy=policy,
        options=MappingProxyType(_options(shop, form, secrets)),
        base_url=_base_url(shop, form),
        path=shop.need("path", own_path) if form and not form.http else shop.optional("path", own_path),
        region=policy.region,
        mapping=shop_mapping(shop) if form is not None and not form.http else {},
    )


def _channel_of(node: Node) -> str | None:
    entry = node.entries.get("channel") if isinstance(node, Keys) else None
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else None


def _known_keys(form: ChannelForm | None, foreign: bool) -> tuple[str, ...] | None:
    """None: any key. Without a known channel the keys of all of them, so that a misspelled `channel` is named."""
    if foreign:
        return None
    forms_here = (form,) if form is not None else tuple(CHANNELS.values())
    own = [option.name for one in forms_here for option in one.options]
    where = [key for one in forms_here for key in (("base_url",) if one.http else ("path", "mapping"))]
    return tuple(dict.fromkeys([*SHOP_KEYS, *where, *own]))


def _channel(foreign: bool) -> Form[str]:
    def form(node: Node) -> str:
        value = forms.text(node)
        if value in CHANNELS or foreign:
            return value
        if value in SAME_STOCK:
            raise Wrong(f"{value} sells from the stock of a {SAME_STOCK[value]} shop: configure that one, once")
        guess = nearest(value, tuple(CHANNELS))
        raise Wrong(f"unknown channel {forms.shown(value)}; here are {', '.join(CHANNELS)}", guess=guess)

    return form


def _base_url(shop: Section, form: ChannelForm | None) -> str | None:
    if form is not None and form.base_url_required:
        return shop.need("base_url", forms.base_url, "; the shop's address, such as https://shop.example.com")
    return shop.optional("base_url", forms.base_url) if form is None or form.http else None


def _path(folder: Path) -> Form[Path]:
    return lambda node: resolve_path(folder, forms.text(node))


def _policy(shop: Section, name: str, channel: str, form: ChannelForm | None) -> ShopPolicy:
    rule = _rule(shop.section("stock", _RULE_KEYS), StockRule())
    mode = shop.get("mode", forms.choice(tuple(Mode)), Mode.OBSERVE)
    return ShopPolicy(
        name=ShopName(name),
        channel=channel,
        region=_region(shop, form) or "",
        mode=Mode(mode),
        stock=rule,
        overrides=tuple(_overrides(shop, rule)),
        campaigns=tuple(_campaigns(shop)),
        edit_during_campaign=shop.get("edit_during_campaign", forms.boolean, False),
    )


def _region(shop: Section, form: ChannelForm | None) -> str | None:
    if form is None:
        return shop.optional("region", forms.text)
    if form.region_required and shop.find("base_url") is None:
        return shop.need("region", _region_form(form.regions), f"; one of {', '.join(form.regions)}")
    return shop.optional("region", _region_form(form.regions))


def _region_form(regions: tuple[str, ...]) -> Form[str]:
    def form(node: Node) -> str:
        value = forms.text(node)
        if regions:
            return forms.choice(regions)(node)
        if not (len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()):
            raise Wrong(f"a region is two capital letters, such as VN, not {forms.shown(value)}")
        return value

    return form


def _rule(section: Section, usual: StockRule) -> StockRule:
    cap = section.get("cap", forms.nullable(forms.whole()), (usual.cap,))
    return StockRule(
        buffer=section.get("buffer", forms.whole(), usual.buffer),
        percent=section.get("percent", forms.whole(0, 100), usual.percent),
        cap=cap[0],
        divide=section.get("divide", forms.boolean, usual.divide),
    )


def _overrides(shop: Section, usual: StockRule) -> list[Override]:
    """What an override leaves out is as in the shop's `stock`."""
    found = []
    for node, path in shop.items("overrides"):
        section = Section(shop.faults, node, path, ("sku", *_RULE_KEYS))
        pattern = section.need("sku", forms.text)
        found.append(Override(pattern or "", _rule(section, usual)))
    return found


def _campaigns(shop: Section) -> list[DeclaredCampaign]:
    found = []
    for node, path in shop.items("campaigns"):
        section = Section(shop.faults, node, path, _CAMPAIGN_KEYS)
        item = section.need("item_id", forms.text)
        variation = section.optional("variation_id", forms.text)
        locked = section.need("locked", forms.whole())
        starts, ends = section.need("starts_at", forms.moment), section.need("ends_at", forms.moment)
        if starts is None or ends is None or item is None or locked is None:
            continue
        if ends <= starts:
            shop.faults.add(section.find("ends_at") or node, section.at("ends_at"), "does not come after starts_at")
        found.append(DeclaredCampaign(item, variation or "", locked, starts, ends))
    return found


def _option(shop: Section, option: Option, secrets: SecretReader) -> object:
    if option.keys:
        return _known_names(shop, option)
    by_kind: Mapping[Kind, Form[object]] = {
        Kind.TEXT: _referable(forms.text, secrets),
        Kind.DIGITS: _referable(forms.digits, secrets),
        Kind.SECRET: secrets,
        Kind.RATE: forms.rate,
        Kind.DURATION: forms.duration,
        Kind.CHOICE: forms.choice(option.choices),
        Kind.LISTINGS: forms.listings,
        Kind.ADDRESS: forms.base_url,
        Kind.SHOPIFY_SHOP: _referable(forms.shopify_shop, secrets),
        Kind.TEXTS: forms.texts,
        Kind.NAMES: forms.names,
    }
    form = by_kind[option.kind]
    required = option.required and not (option.unless and shop.find(option.unless) is not None)
    value = shop.need(option.name, form) if required else shop.optional(option.name, form)
    return option.default if value is None else value


def _known_names(shop: Section, option: Option) -> Mapping[str, str] | None:
    """Names of which only some are known; what one stands for is told where it is missing."""
    if not option.required and shop.find(option.name) is None:
        return None
    inner = shop.section(option.name, [key.name for key in option.keys])
    read = {
        key.name: inner.need(key.name, forms.text, f": {key.why}")
        if key.required
        else inner.optional(key.name, forms.text)
        for key in option.keys
    }
    return MappingProxyType({name: value for name, value in read.items() if value is not None})


def _referable(form: Form[str], secrets: SecretReader) -> Form[str]:
    """A text as it stands, or by reference: ids often live beside their secrets. What a reference gave is not shown."""

    def either(node: Node) -> str:
        if not is_reference(node):
            return form(node)
        value = secrets(node).reveal()
        if not secrets.resolves:
            return value
        try:
            return form(Scalar(node.line, node.column, value, plain=False))
        except Wrong:
            raise Wrong("what the reference gives is not an id of this form") from None

    return either


def _options(shop: Section, form: ChannelForm | None, secrets: SecretReader) -> dict[str, object]:
    if form is None:
        return free_options(shop, secrets, (*SHOP_KEYS, "path", "base_url"))
    if form.either and not any(all(shop.find(name) is not None for name in group) for group in form.either):
        shop.faults.add(shop.node, shop.at(form.either[0][0]), f"missing; {form.either_why}")
    return read_options(shop, form.options, secrets)


def read_options(section: Section, options: Sequence[Option], secrets: SecretReader) -> dict[str, object]:
    """The options of a channel or ledger, typed; those that were left out and have no default are absent."""
    values = {option.name: _option(section, option, secrets) for option in options}
    return {name: value for name, value in values.items() if value is not None}


def free_options(section: Section, secrets: SecretReader, own: Collection[str]) -> dict[str, object]:
    """A plug-in's own keys: texts, lists and mappings as written, references as secrets."""
    found: dict[str, object] = {}
    for name in section.names():
        if name not in own:
            value = section.optional(name, partial(_free, name, secrets))
            if value is not None:
                found[name] = value
    return found


def _free(name: str, secrets: SecretReader, node: Node) -> object:
    if isinstance(node, Refused):
        raise Wrong("", silent=True)
    if is_reference(node) or any(word in name.lower() for word in _SECRET_WORDS):
        return secrets(node)
    if isinstance(node, Scalar):
        return None if node.is_null else node.text
    if isinstance(node, Items):
        return tuple(_free("", secrets, item) for item in node.items)
    if node.again:
        raise Wrong("a key stands here twice")
    return MappingProxyType({key: _free(key, secrets, entry.value) for key, entry in node.entries.items()})
