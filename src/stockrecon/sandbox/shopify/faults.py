"""What GraphQL answers where it cannot do what was asked: errors with a code, and user errors of a mutation."""

from __future__ import annotations

from dataclasses import dataclass

from graphql import GraphQLError

from stockrecon.sandbox.wire import Body

ACCESS_PAGE = "https://shopify.dev/api/usage/access-scopes"


class Refused(GraphQLError):
    """A field that fails; its place in the document is added where it is caught."""

    def __init__(self, message: str, code: str, **more: object) -> None:
        super().__init__(message, extensions={"code": code, **more})


def access_denied(field: str, scope: str) -> Refused:
    """The token lacks a scope (reference: Shopify 1.1)."""
    needed = f"`{scope}` access scope."
    text = f"Access denied for {field} field. Required access: {needed}"
    return Refused(text, "ACCESS_DENIED", documentation=ACCESS_PAGE, requiredAccess=needed)


def invalid_id(text: str) -> Refused:
    """A global id of another type than the field takes."""
    return Refused(f"Invalid id: {text}", "RESOURCE_NOT_FOUND")


@dataclass(frozen=True, slots=True)
class UserError:
    """One entry of `userErrors`; without `path` its `field` is null."""

    code: str | None
    message: str
    path: tuple[str, ...] = ()

    def shown(self) -> Body:
        return {"code": self.code, "message": self.message, "field": list(self.path) or None}
