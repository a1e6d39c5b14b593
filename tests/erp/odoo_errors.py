"""Odoo's exceptions, each with the name and HTTP status that its answers carry."""

from __future__ import annotations

from typing import Any


class OdooError(Exception):
    """`name`: the fully qualified Python name in answers; `status`: of JSON-2."""

    name = "odoo.exceptions.UserError"
    status = 422

    def __init__(self, message: str, *more: Any) -> None:
        super().__init__(message, *more)
        self.message = message
        self.arguments = [message, *more]

    def document(self, context: dict[str, Any] | None = None) -> dict[str, Any]:
        """What JSON-2 sends, and JSON-RPC as `data`."""
        return {
            "name": self.name,
            "message": self.message,
            "arguments": self.arguments,
            "context": context or {},
            "debug": f"Traceback (most recent call last):\n  ...\n{self.name}: {self.message}\n",
        }


class UserError(OdooError):
    pass


class ValidationError(OdooError):
    name = "odoo.exceptions.ValidationError"


class AccessError(OdooError):
    name = "odoo.exceptions.AccessError"
    status = 403


class AccessDenied(OdooError):
    name = "odoo.exceptions.AccessDenied"
    status = 403


class MissingError(OdooError):
    name = "odoo.exceptions.MissingError"
    status = 404


class LockError(OdooError):
    name = "odoo.exceptions.LockError"
    status = 409


class Unauthorized(OdooError):
    name = "werkzeug.exceptions.Unauthorized"
    status = 401

    def __init__(self, message: str) -> None:
        super().__init__(message, 401)


class NotFound(OdooError):
    name = "werkzeug.exceptions.NotFound"
    status = 404


class Unprocessable(OdooError):
    name = "werkzeug.exceptions.UnprocessableEntity"
    status = 422


class ServerError(OdooError):
    """What Python raised itself: a wrong field, a wrong type."""

    status = 500

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
