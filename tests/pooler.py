"""A pooler between the hotline and PostgreSQL, as PgBouncer in transaction mode is: few sessions for many clients.

Each transaction of a client gets whichever session is free, so nothing that belongs to a session (a prepared
statement, above all) may be relied on in the next. Only what a test needs of the protocol is here.
"""

import select
import socket
import struct
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

SSL, GSS = 80877103, 80877104  # what a client may ask for instead of beginning
ASKING = b"QS"  # after these messages the server says that it is ready, once for each


class Pooler:
    """Listens on a socket in a folder, named as PostgreSQL would name it; forwards to the server's socket."""

    def __init__(
        self, folder: Path, server: Path, database: str, *, sessions: int = 3, hidden: bool = False, says: str = ""
    ) -> None:
        """`hidden`: clients are told a session's own key, as if there were none. `says`: the server's version."""
        self._server, self._database = server, database
        self._hidden, self._says = hidden, says
        self._greeting = b""
        self._free: deque[socket.socket] = deque(self._session() for _ in range(sessions))
        self._returned = threading.Condition()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / ".s.PGSQL.5432"))
        self._listening.listen(64)
        self.clients = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Let everybody go."""
        self._listening.close()
        for session in self._free:
            session.close()

    def _session(self) -> socket.socket:
        session = socket.socket(socket.AF_UNIX)
        session.connect(str(self._server))
        said = f"user\0postgres\0database\0{self._database}\0\0".encode()
        session.sendall(struct.pack("!ii", len(said) + 8, 196608) + said)
        self._greeting = b""
        while True:
            kind, message = receive(session)
            if kind in (b"RSK" if self._hidden else b"RS"):  # that no password is needed, and the server's settings
                self._greeting += message
            if kind == b"Z":
                return session

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self.clients += 1
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, EOFError):
            while struct.unpack("!ii", exactly(client, 8))[1] in (SSL, GSS):
                client.sendall(b"N")
            # What it began with has been read but for its names, of which all ask for the same.
            client.recv(4096)
            key = b"" if self._hidden else b"K" + struct.pack("!iii", 12, self.clients, 42)
            version = f"server_version\0{self._says}\0".encode() if self._says else b""
            told = b"S" + struct.pack("!i", len(version) + 4) + version if version else b""
            client.sendall(self._greeting + told + key + b"Z" + struct.pack("!i", 5) + b"I")
            while self._transaction(client):
                pass

    def _transaction(self, client: socket.socket) -> bool:
        """Lend a session until the client is out of its transaction; False when the client has left."""
        kind, message = receive(client)
        if kind == b"X":
            return False
        with self._returned:
            self._returned.wait_for(lambda: self._free)
            session = self._free.popleft()
        asked = 0
        try:
            while True:
                session.sendall(message)
                asked += kind in ASKING
                message = b""
                while not message:
                    ready, _, _ = select.select([client, session], [], [])
                    if session in ready:
                        kind, answer = receive(session)
                        client.sendall(answer)
                        asked -= kind == b"Z"
                        if kind == b"Z" and asked == 0 and answer[5:6] == b"I":
                            return True
                    elif client in ready:
                        kind, message = receive(client)
                        if kind == b"X":
                            return False
        finally:
            with self._returned:
                self._free.append(session)  # last: the next transaction gets another one
                self._returned.notify()


def receive(peer: socket.socket) -> tuple[bytes, bytes]:
    """The next message: its kind, and all of it."""
    head = exactly(peer, 5)
    return head[:1], head + exactly(peer, struct.unpack("!i", head[1:])[0] - 4)


def exactly(peer: socket.socket, size: int) -> bytes:
    """So many bytes. Raises EOFError when no more come."""
    found = b""
    while len(found) < size:
        more = peer.recv(size - len(found))
        if not more:
            raise EOFError
        found += more
    return found
