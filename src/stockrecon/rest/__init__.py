"""HTTP machinery, once: client, retry, throttle, paging, redaction. The only place that imports httpx."""
