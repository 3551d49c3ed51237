# SPDX-License-Identifier: MIT
"""A model's service on loopback that answers word by word, until it is told to come to an end."""
import asyncio
import json
import threading

PAUSE_SECONDS = 0.25  # between two words of one answer


class SlowProvider:
    """Speaks OpenAI's chat completions over HTTP in a thread of its own."""

    def __enter__(self):
        self.answering = 0
        self.answered = 0
        self.loop = asyncio.new_event_loop()
        self.ending = asyncio.Event()
        listening = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(listening,), daemon=True)
        self.thread.start()
        listening.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stopping.cancel)
        self.thread.join(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def come_to_an_end(self):
        self.loop.call_soon_threadsafe(self.ending.set)

    def _run(self, listening):
        asyncio.set_event_loop(self.loop)
        self.stopping = self.loop.create_task(self._serve(listening))
        try:
            self.loop.run_until_complete(self.stopping)
        except asyncio.CancelledError:
            pass

    async def _serve(self, listening):
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, backlog=1000)
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        async with server:
            await server.serve_forever()

    async def _answer(self, reader, writer):
        self.answering += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
            await reader.readexactly(length)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            number = 0
            while not self.ending.is_set():
                await self._say(writer, f"word{number} ")
                number += 1
                try:
                    await asyncio.wait_for(self.ending.wait(), PAUSE_SECONDS)
                except asyncio.TimeoutError:
                    pass
            await self._say(writer, "end.")
            writer.write(b"data: [DONE]\n\n")
            await writer.drain()
            self.answered += 1
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.answering -= 1
            writer.close()

    async def _say(self, writer, text):
        chunk = {"choices": [{"index": 0, "delta": {"content": text}}]}
        writer.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        await writer.drain()
