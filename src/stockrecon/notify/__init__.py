"""Who is told of a run besides its reader: a signed webhook, and mail through the local sendmail.

`notify` is called once, after the report. It never raises, never changes an exit code, and never tells the same
trouble in full twice in a row.
"""

from stockrecon.notify.message import SCHEMA
from stockrecon.notify.tell import again, notify, notify_fault

__all__ = ["SCHEMA", "again", "notify", "notify_fault"]
