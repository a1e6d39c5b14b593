"""Plaza, a small marketplace that does not exist: a channel of stockrecon in a package of its own.

Its whole interface, so that the code can be read against it (50 rows a page, TIME in ISO 8601):

    GET  /items?page=N       {"total": 3, "items": [{"id", "sku", "title", "stock", "promised", "state"}]}
    GET  /items?ids=1,2      the same, for these alone; what does not exist is left out
    GET  /orders?since=TIME&page=N
        {"total": 1, "orders": [{"id", "status", "placed", "changed", "lines": [{"item", "units"}]}]}
    PUT  /stock              {"rows": [{"id", "stock"}]}, at most 20: {"rows": [{"id", "ok", "why"}]}, each for itself

A key in the header `X-Plaza-Key`; errors are {"error": CODE, "message": TEXT} with an HTTP status, 429 the rate limit.
`stock` is all that buyers can take, `promised` the part of it that a campaign holds; stock cannot be set below that.
"""
