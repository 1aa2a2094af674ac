"""Visits the shop about once a second until it is stopped: SHOP_URL is its address."""

from __future__ import annotations

import asyncio
import os
import random
import sys

import httpx

CHECKOUT_RATIO = 0.4


async def main() -> None:
    """One visitor after the other; a shop that is not there yet is tried again."""
    async with httpx.AsyncClient(base_url=os.environ.get("SHOP_URL", "http://shop-frontend:8000"), timeout=10) as shop:
        while True:
            try:
                if random.random() < CHECKOUT_RATIO:
                    await shop.post("/checkout")
                else:
                    await shop.get("/")
            except httpx.HTTPError as error:
                print(f"the shop does not answer: {error}", file=sys.stderr)
            await asyncio.sleep(random.expovariate(1.0))


if __name__ == "__main__":
    asyncio.run(main())
