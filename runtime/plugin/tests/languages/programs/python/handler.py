"""The probe in Python; `programs/rust/probe.rs` says what it does."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from scheduler_plugin import Tick, consumer, log, mail, state


@dataclass
class Probe:
    act: str = ""
    text: str = ""
    big: int = 0
    tree: Any = None
    key: str = ""
    to: str = ""
    subject: str = ""
    html: str | None = None
    Type: str = ""
    Message: str = ""


@consumer(parse=Probe)
def handle(tick: Tick[Probe]) -> None:
    own = tick.fields
    if tick.job_type != "probe":
        raise ValueError(f"unknown job type `{tick.job_type}`")
    match own.act:
        case "":
            tell(tick)
        case "fail":
            raise ValueError("as told")
        case "crash":
            raise SystemExit("as told")
        case "hang":
            hang()
        case "put":
            state.put(own.key, own.text.encode())
        case "get":
            found = state.get(own.key)
            log.info("kept", **({} if found is None else {"text": found.decode()}))
        case "delete":
            state.delete(own.key)
        case "mail":
            send(own)
        case "odd":
            circle: list[object] = []
            circle.append(circle)
            log.warn("odd", level="info", event="none", bytes=b"x", nan=float("nan"))
            log.info("odd", circle=circle, self=1, text="two\nlines")
        case other:
            raise ValueError(f"unknown act `{other}`")


def tell(tick: Tick[Probe]) -> None:
    log.info(
        "seen",
        tick=tick.id,
        attempt=str(tick.attempt),
        job=tick.key,
        once=tick.idempotency_key,
        user_email=tick.user_email,
        sleep_time=str(tick.sleep_time),
        text=tick.fields.text,
        big=str(tick.fields.big),
        tree=json.dumps(tick.fields.tree, ensure_ascii=False, separators=(",", ":")),
    )


def hang() -> None:
    while True:
        try:
            time.sleep(3600)
        except Exception:
            # As authors do who mean well.
            continue


def send(own: Probe) -> None:
    try:
        mail.send(own.to, own.subject, own.text, own.html, key=own.key or None)
    except mail.TooLong as error:
        log.warn("too long", reason=str(error))


@consumer()
async def later(tick: Tick) -> None:
    await asyncio.sleep(0)
    log.info("later", text=tick.fields["text"])
    if tick.fields["text"] == "hang":
        await asyncio.sleep(3600)
