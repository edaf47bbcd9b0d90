"""A bot as many are at first: it follows the book, and has never met a gap. Argument: the URL.

`wsspec stream-client -- python examples/streams/naive_bot.py {url}` shows what it loses.
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect


async def follow(url: str) -> None:
    async with connect(url) as connection:
        await connection.send(json.dumps({"op": "subscribe", "channel": "book", "market": "ALPHA-BETA", "id": 1}))
        bids: dict[str, str] = {}
        asks: dict[str, str] = {}
        async for text in connection:
            message = json.loads(text)
            for side, levels in ((bids, message.get("bids", [])), (asks, message.get("asks", []))):
                side.update(dict(levels))
            bid = max((float(price) for price, size in bids.items() if float(size)), default=0.0)
            ask = min((float(price) for price, size in asks.items() if float(size)), default=0.0)
            if message["type"] == "delta":
                print(json.dumps({"market": "ALPHA-BETA", "bid": bid, "ask": ask}), flush=True)  # noqa: T201


asyncio.run(follow(sys.argv[1]))
