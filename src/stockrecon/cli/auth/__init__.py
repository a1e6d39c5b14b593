"""`stockrecon auth`: how a shop's authorisation comes back from the browser, and how token lives are told."""
