"""What a shop keeps between requests: schemas, understood documents, used keys, points, bulk jobs and their files."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from graphql import ExecutionResult, GraphQLSchema, OperationDefinitionNode, execute_sync

from stockrecon.sandbox.shopify import bulk
from stockrecon.sandbox.shopify.cost import Bucket
from stockrecon.sandbox.shopify.documents import Document, Documents
from stockrecon.sandbox.shopify.faults import Refused, UserError
from stockrecon.sandbox.shopify.index import Index
from stockrecon.sandbox.shopify.jobs import KEPT, PER_VARIANT, SHORTEST, Job, JobFailed, JobRow
from stockrecon.sandbox.shopify.keys import Keys
from stockrecon.sandbox.shopify.market import ShopifyShop
from stockrecon.sandbox.shopify.reading import Reader
from stockrecon.sandbox.shopify.settings import BUCKET_SECONDS, PLANS
from stockrecon.sandbox.shopify.wiring import wired
from stockrecon.sandbox.shopify.world import Part, World
from stockrecon.sandbox.wire import Body, Call, integer

FILES = "/bulk-operation-outputs/"
"""Where files of bulk jobs are; on the real one it is another host."""


class Desk:
    """`number` is the shop's own id, `secret` signs the links to files."""

    def __init__(self, shop: ShopifyShop, number: int, domain: str, secret: str, now: datetime) -> None:
        self.shop, self.number, self.domain = shop, number, domain
        self.documents, self.index = Documents(), Index()
        self.keys: Keys[Body] = Keys()
        self.bucket = Bucket(now)
        self._plan = ""
        self._secret = secret.encode()
        self._schemas: dict[str, GraphQLSchema] = {}
        self._numbers = 54_640_716_000_000

    def next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def schema(self, version: str) -> GraphQLSchema:
        if version not in self._schemas:
            self._schemas[version] = wired(version)
        return self._schemas[version]

    def points(self) -> Bucket:
        """The bucket, of the size that the shop's plan has by now."""
        if self._plan != self.shop.plan:
            self._plan = self.shop.plan
            rate = PLANS[self._plan]
            self.bucket.configure(rate, rate * BUCKET_SECONDS)
        return self.bucket

    def run(self, document: Document, name: str | None, variables: dict[str, object], world: World) -> ExecutionResult:
        """Carry out one operation of a document that was checked: the one of this name, or the only one."""
        return execute_sync(
            self.schema(world.version),
            document.tree,
            context_value=world,
            variable_values=variables,
            operation_name=name,
        )

    # Bulk

    def begin_bulk(self, world: World, text: str, *, grouped: bool) -> Job | list[UserError]:
        """Start a bulk query, or say why not."""
        size = len(text.encode(errors="replace"))
        if size > bulk.MAX_TEXT:
            text = f"Query is too large ({size} bytes; maximum is {bulk.MAX_TEXT} bytes)"
            return [UserError("INVALID", text, ("query",))]
        document = self.documents.read(text)
        if not isinstance(document, Document):
            words = str(document["message"]).partition(" at [")[0]
            return [UserError("INVALID", f"Invalid bulk query: {words}", ("query",))]
        faults = self.documents.faults(self.schema(world.version), text, document)
        if faults:
            return [UserError("INVALID", f"Invalid bulk query: {fault['message']}", ("query",)) for fault in faults]
        refusals = bulk.refusals(self.schema(world.version), document)
        if refusals:
            return refusals
        running = [job for job in self.shop.jobs.values() if not job.over]
        if len(running) >= bulk.AT_ONCE:
            names = ", ".join(job.gid for job in running)
            told = f"A bulk query operation for this app and shop is already in progress: {names}."
            return [UserError("OPERATION_IN_PROGRESS", told)]
        operation = document.operation(None)
        return [] if operation is None else self._begin(world, document, operation, text, grouped=grouped)

    def _begin(
        self, world: World, document: Document, operation: OperationDefinitionNode, text: str, *, grouped: bool
    ) -> Job:
        cuts = Part(0).cuts
        takes = SHORTEST + PER_VARIANT * len(self.shop.variants)
        moments = (world.now, world.now + takes)

        def collect(half: int) -> Sequence[JobRow]:
            part = World(
                self.shop, moments[half], world.version, world.scopes, self, world.call, world.root,
                part=Part(half, cuts),
            )  # fmt: skip
            try:
                return list(bulk.rows(Reader(self.schema(world.version), document, part).read(operation)))
            except Refused as refused:
                code = (refused.extensions or {}).get("code")
                raise JobFailed("ACCESS_DENIED" if code == "ACCESS_DENIED" else "INTERNAL_SERVER_ERROR") from refused

        job = Job(self.next_number(), text, grouped, world.now, takes, collect)
        self.shop.begin_job(job)
        return job

    def link(self, world: World, job: Job) -> str | None:
        """Where the file is: signed, to be fetched without a token, for seven days. None for a file without a line."""
        if not job.file or job.completed_at is None:
            return None
        until = int((job.completed_at + KEPT).timestamp())
        asked = urlencode({"Expires": until, "Signature": self._signature(job.number, until)})
        return f"{world.root}{FILES}{job.number}.jsonl?{asked}"

    def file(self, call: Call, now: datetime) -> bytes | None:
        """The file that a link leads to; None where the link is none, or is too old."""
        number = integer(call.path.removeprefix(FILES).removesuffix(".jsonl"))
        until = integer(call.first("Expires"))
        if number is None or until is None or now.timestamp() > until or number not in self.shop.jobs:
            return None
        good = self._signature(number, until).encode()
        if not hmac.compare_digest(good, (call.first("Signature") or "").encode()):
            return None
        return self.shop.jobs[number].file

    def _signature(self, number: int, until: int) -> str:
        return hmac.new(self._secret, f"{number} {until}".encode(), hashlib.sha256).hexdigest()
