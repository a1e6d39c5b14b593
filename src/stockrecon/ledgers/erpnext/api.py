"""ERPNext's calls: one method for each, answers checked and unwrapped. Nothing here knows what they are for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from stockrecon.core.secret import Secret
from stockrecon.errors import AuthFault
from stockrecon.ledgers.erpnext.errors import KEYS, WHO, Refused, judge_for
from stockrecon.ledgers.erpnext.fields import Malformed, Object, an_object, objects, text
from stockrecon.rest import Answer, Client, Request, Unsettled

Filter = tuple[str, str, object]
PAGE = 500
"""Rows of one page: 20 without asking (reference: ERPNext 3.6); Frappe has no greatest number."""
WITHIN = 20.0
"""Seconds after which a document that is still waiting its turn is not posted: what it was decided on grows old."""


class TokenSigner:
    """`Authorization: token KEY:SECRET` (reference: ERPNext 3.6)."""

    def __init__(self, key: str, secret: Secret) -> None:
        self._key, self._secret = key, secret

    def secrets(self) -> tuple[str, str]:
        """What no text may hold: the secret, alone and as it is sent."""
        return f"{self._key}:{self._secret.reveal()}", self._secret.reveal()

    def sign(self, request: Request, now: datetime) -> Request:
        header = ("authorization", f"token {self._key}:{self._secret.reveal()}")
        return Request(
            request.method,
            request.path,
            request.query,
            (*request.headers, header),
            request.form,
            request.json,
            request.repeatable,
            request.within,
        )


class Api:
    """The calls of one site. Every method raises ReadFault, AuthFault, Refused, or Malformed."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._metas: dict[str, Mapping[str, Object]] = {}

    def now(self) -> datetime:
        """The site's time."""
        return self.client.now()

    def user(self) -> str:
        """Whom the key stands for. Raises AuthFault where it stands for nobody."""
        try:
            found = text(self._method("frappe.auth.get_logged_user"))
        except Refused as fault:
            raise AuthFault(WHO, fault.what, way_on=f"the key stands for nobody: new ones are made {KEYS}") from None
        if found in ("", "Guest"):
            raise AuthFault(WHO, "ERPNext takes the key for a guest's", way_on=f"new ones are made {KEYS}")
        return found

    def zone(self) -> str:
        """The site's own time zone, in which it writes its times; "" where it does not tell."""
        found = self._method("frappe.client.get_time_zone")
        return text(found.get("time_zone")) if isinstance(found, dict) else ""

    def versions(self) -> Mapping[str, str]:
        """Version by app."""
        found = an_object(self._method("frappe.utils.change_log.get_versions"), "get_versions")
        return {name: text(one.get("version")) for name, one in found.items() if isinstance(one, dict)}

    def may(self, doctype: str, right: str) -> bool | None:
        """Whether the user has a right on a kind of document; None where that is not told."""
        pairs = (("doctype", doctype), ("docname", ""), ("perm_type", right))
        try:
            found = self._method("frappe.client.has_permission", pairs)
        except Refused:
            return None
        told = found.get("has_permission") if isinstance(found, dict) else None
        return bool(told) if isinstance(told, bool | int) else None

    def meta(self, doctype: str) -> Mapping[str, Object]:
        """The fields of a kind of document, also the site's own, by name."""
        if doctype not in self._metas:
            document = self._get("/api/method/frappe.desk.form.load.getdoctype", (("doctype", doctype),), doctype)
            docs = objects(document.get("docs"), f"getdoctype {doctype}")
            own = next((one for one in docs if one.get("name") == doctype), None)
            if own is None:
                raise Malformed(f"getdoctype {doctype} does not hold it")
            fields = objects(own.get("fields"), f"{doctype}.fields")
            self._metas[doctype] = {text(field.get("fieldname")): field for field in fields}
        return self._metas[doctype]

    def setting(self, doctype: str, field: str) -> object:
        """One field of a single document."""
        pairs = (("doctype", doctype), ("field", field))
        return self._method("frappe.client.get_single_value", pairs)

    def count(self, doctype: str, filters: Sequence[Filter]) -> int:
        pairs = (("doctype", doctype), ("filters", json.dumps(filters)))
        found = self._method("frappe.client.get_count", pairs, doctype)
        if isinstance(found, bool) or not isinstance(found, int) or found < 0:
            raise Malformed(f"get_count {doctype} is no number")
        return found

    def page(
        self, doctype: str, fields: Sequence[str], filters: Sequence[Filter], *, after: str = "", parent: str = ""
    ) -> list[Object]:
        """The next rows by name. `parent`: the kind of document that a table's rows belong to."""
        asked = [*filters, ("name", ">", after)] if after else list(filters)
        names = list(dict.fromkeys(("name", *fields)))
        pairs = [("fields", json.dumps(names)), ("filters", json.dumps(asked)), ("order_by", "name asc")]
        pairs += [("limit_start", "0"), ("limit_page_length", str(PAGE))]
        if parent:
            pairs.append(("parent", parent))
        document = self._get(_place(doctype), tuple(pairs), doctype)
        return objects(document.get("data"), doctype)

    def document(self, doctype: str, name: str) -> Object:
        return an_object(self._get(_place(doctype, name), (), doctype).get("data"), doctype)

    def insert(self, doctype: str, document: Object) -> Object:
        """Makes a document in one transaction of the server's. Raises Unsettled where it may have been made."""
        return self._write("POST", _place(doctype), document, f"new {doctype}")

    def submit(self, doctype: str, name: str) -> Object:
        """Submits a draft. Raises Unsettled where it may have been."""
        return self._write("PUT", _place(doctype, name), {"docstatus": 1}, f"submit {doctype} {name}")

    def delete(self, doctype: str, name: str) -> None:
        """Deletes a draft. Raises Unsettled where it may have been."""
        call = f"delete {doctype} {name}"
        request = Request("DELETE", _place(doctype, name), repeatable=False, within=WITHIN)
        self.client.call(request, judge=judge_for(call, writes=True))

    def _write(self, method: str, path: str, document: Object, call: str) -> Object:
        request = Request(method, path, json=document, repeatable=False, within=WITHIN)
        answer = self.client.call(request, judge=judge_for(call, writes=True))
        try:
            return an_object(_document(answer).get("data"), call)
        except Malformed as bad:
            raise Unsettled(WHO, f"{call}: {bad}") from None

    def _method(self, name: str, query: Sequence[tuple[str, str]] = (), about: str = "") -> object:
        call = f"{name.rpartition('.')[2]} {about}".rstrip()
        return self._get(f"/api/method/{name}", tuple(query), call).get("message")

    def _get(self, path: str, query: tuple[tuple[str, str], ...], call: str) -> Object:
        return _document(self.client.call(Request("GET", path, query), judge=judge_for(call)))


def _place(doctype: str, name: str = "") -> str:
    tail = f"/{quote(name, safe='')}" if name else ""
    return f"/api/resource/{quote(doctype, safe='')}{tail}"


def _document(answer: Answer) -> Object:
    return an_object(answer.json(), "answer")
