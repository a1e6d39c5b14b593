"""Shopify on loopback, written from its reference pages: how its stock moves, who may call, what GraphQL answers."""
