"""A wire between a ledger and its server: it carries bytes, until it is told to break, or to carry none for a while."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


class Wire:
    """Breaks when a connection has carried these words, in this order, to the server; then the server is dead for
    everybody, until `mend`. What holds the last word is not handed on; with `answers` it is, and the wire breaks
    when the server begins to answer. With `stalls` it breaks nothing, and carries no byte of that connection any more.
    """

    def __init__(self, goal: int, words: Sequence[bytes] = (), *, answers: bool = False, stalls: bool = False) -> None:
        self.goal, self.words, self.answers, self.stalls = goal, list(words), answers, stalls
        self.dead = self.broke = False
        self._freed = threading.Event()
        self._ends: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def mend(self) -> None:
        self.dead, self.words = False, []

    def close(self) -> None:
        self._freed.set()
        self._break()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)

    def _break(self) -> None:
        self.dead = True
        for end in self._ends:
            _hang_up(end)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            if self.dead:
                _hang_up(client)
            else:
                threading.Thread(target=_Line(self, client).carry, daemon=True).start()


class _Line:
    """One connection over the wire."""

    def __init__(self, wire: Wire, client: socket.socket) -> None:
        self.wire, self.client = wire, client
        self.server = socket.create_connection(("127.0.0.1", wire.goal))
        self.words = list(wire.words)
        self.said = b""
        self.last = False
        for end in (client, self.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire._ends += [client, self.server]

    def carry(self) -> None:
        back = threading.Thread(target=self._back, daemon=True)
        back.start()
        with suppress(OSError):
            while data := self.client.recv(65536):
                if not self._hears(data):
                    self.server.sendall(data)
                elif self.wire.stalls:
                    self.wire._freed.wait(30)
                    break
                elif self.wire.answers:
                    self.last = True
                    self.server.sendall(data)
                else:
                    self.wire.broke = True
                    self.wire._break()
        with suppress(OSError):
            self.server.shutdown(socket.SHUT_WR)
        back.join(5)
        _hang_up(self.client)
        _hang_up(self.server)

    def _back(self) -> None:
        with suppress(OSError):
            while data := self.server.recv(65536):
                if self.last:
                    self.wire.broke = True
                    self.wire._break()
                    return
                self.client.sendall(data)
            self.client.shutdown(socket.SHUT_WR)

    def _hears(self, data: bytes) -> bool:
        """Whether the last of the words has been said now; a word may come in two pieces."""
        if not self.words:
            return False
        self.said += data
        while self.words and (at := self.said.find(self.words[0])) >= 0:
            self.said = self.said[at + len(self.words.pop(0)) :]
        self.said = self.said[-200:]
        return not self.words


@contextmanager
def wire(goal: int, words: Sequence[bytes] = (), *, answers: bool = False, stalls: bool = False) -> Iterator[Wire]:
    made = Wire(goal, words, answers=answers, stalls=stalls)
    try:
        yield made
    finally:
        made.close()


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
