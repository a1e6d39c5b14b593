"""TikTok Shop (with Tokopedia) on loopback, written from its reference: how stock moves, who may call, the answers."""
