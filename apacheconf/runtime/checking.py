"""The rim of health checks: asks the members that are due, each on a connection of its own (HC-10)."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.workers import Balancer
from apacheconf.runtime import faults
from apacheconf.runtime.errors import OriginBroke
from apacheconf.runtime.framing import CHUNKED, UNTIL_CLOSE, BadChunk, ChunkReader
from apacheconf.runtime.health import Answer, Health, Watched, is_healthy, read_answer, request_for

if TYPE_CHECKING:
    from apacheconf.runtime.server import Server

#: Bytes of an answer that are read at most; httpd has no bound, and a check has no use for more.
MOST = 1 << 20


class Checker:
    """Asks members in the background; ``tick`` is called again and again."""

    def __init__(self, server: Server, health: Health) -> None:
        self._server, self._health = server, health
        self._hosts = hosts_of_workers(server.program)
        self._tasks: set[asyncio.Task[None]] = set()

    def tick(self, now: float) -> None:
        for watched in self._health.due(now):
            task = self._server.loop.create_task(self._check(watched))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _check(self, watched: Watched) -> None:
        try:
            healthy = await self._ask(watched)
        except (OSError, TimeoutError, EOFError, ValueError, OriginBroke, BadChunk):
            healthy = False
        changed = watched.learn(healthy, self._server.loop.time())
        if changed:
            number = "AH03302" if changed == "ENABLING" else "AH03303"
            threaded = "Threaded " if self._server.program.checks_at_once else ""
            text = f"{number}: {threaded}Health check {changed} {watched.pool.worker.name}"
            self._server.log("info", "proxy_hcheck", text, host=self._hosts.get(id(watched.pool.worker)))

    async def _ask(self, watched: Watched) -> bool:
        worker, check = watched.pool.worker, watched.check
        limits = self._server.main_limits
        wait = worker.timeout or limits.proxy_timeout or limits.timeout
        place = await self._server.place_of(watched.pool)
        try:
            async with asyncio.timeout(worker.connect_timeout or wait):
                sock = await self._server.reach(place)
        except (OSError, TimeoutError) as error:
            word = "HCTCP" if check.method == "TCP" else "HCOH"
            for said in faults.not_reached(worker, place, faults.why(error), word):
                host = self._hosts.get(id(worker))
                self._server.log(said.level, said.module, said.text, host=host, system=said.system)
            raise
        if check.method == "TCP":
            sock.close()
            return True
        try:
            context = self._context(watched)
            async with asyncio.timeout(wait):
                given = None if context is None else "0.0.0.0"  # a check sends no SNI
                if isinstance(place, str):
                    reader, writer = await asyncio.open_unix_connection(sock=sock, ssl=context, server_hostname=given)
                else:
                    reader, writer = await asyncio.open_connection(sock=sock, ssl=context, server_hostname=given)
        except BaseException:
            sock.close()
            raise
        try:
            async with asyncio.timeout(wait):
                return await self._talk(watched, reader, writer)
        finally:
            writer.close()

    def _context(self, watched: Watched) -> ssl.SSLContext | None:
        if not watched.pool.secure:
            return None
        from apacheconf.runtime.tls import context_for, without_engine

        if not watched.check.tls.engine:
            raise without_engine(watched.pool.worker.name)
        return context_for(watched.check.tls)

    async def _talk(self, watched: Watched, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        check, server = watched.check, self._server
        if watched.pool.secure:
            from apacheconf.runtime.tls import check_peer

            check_peer(writer.get_extra_info("ssl_object"), check.tls, "")
        writer.write(request_for(watched.pool.worker, check))
        answer = read_answer(await _head(reader))
        if answer is None:
            return False
        body = await _body(reader, answer) if check.method.startswith("GET") else b""
        return is_healthy(check, server.program.hosts[server.program.index.main], answer, body)


def hosts_of_workers(program: Program) -> dict[int, Host]:
    """By a member's ``id``: the first host that has its balancer, whose error log hears of it."""
    found: dict[int, Host] = {}
    for host in program.hosts:
        for number in host.origins:
            origin = program.origins[number]
            for worker in origin.members if isinstance(origin, Balancer) else ():
                found.setdefault(id(worker), host)
    return found


async def _head(reader: asyncio.StreamReader) -> bytes:
    """A head through its blank line or its first line that is no field, or all there is; lines may end by LF alone."""
    head = line = await reader.readline()
    while line.strip(b"\r\n") and len(head) <= MOST:
        line = await reader.readline()
        if b":" not in line:
            break
        head += line
    return head


async def _body(reader: asyncio.StreamReader, answer: Answer) -> bytes:
    """The body of an answer. Raises OSError, EOFError (cut short) or BadChunk."""
    length = answer.length
    if length >= 0:
        return await reader.readexactly(min(length, MOST))
    body, chunks = b"", ChunkReader() if length == CHUNKED else None
    while data := await reader.read(65536):
        body += data if chunks is None else b"".join(chunks.feed(data))
        if len(body) > MOST or (chunks is not None and chunks.done):
            return body
    if length != UNTIL_CLOSE:
        raise EOFError("the answer is cut short")
    return body
