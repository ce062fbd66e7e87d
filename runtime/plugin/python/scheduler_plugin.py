"""What a consumer in Python may use: one file, no dependency, MIT or Apache-2.0.

    from scheduler_plugin import Tick, consumer, log

    @consumer                                  # the Lambda handler of a function of one tick
    def handle(tick: Tick) -> None:
        log.info("ping", url=tick.fields["url"])

`consumer` takes jobs out of their envelopes (SQS's and SNS's), runs one after the other, and says
which of them failed: only those come again. `state` keeps things between ticks, `mail` sends; both
work on AWS and on one machine. Python 3.10 or newer; boto3, which Lambda brings along, is imported
only where a bucket or SES is used.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import os
import re
import sys
import traceback
import urllib.parse
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Callable, Iterator

__version__ = "0.1.0"
__all__ = ["Tick", "consumer", "log", "mail", "state"]

# Every field that belongs to the core; what a job has besides is its type's own.
CORE_FIELDS = frozenset(
    "user_id user_email job_id job_type sleep_time enabled rev anchor updated_at next_run last_run"
    " runs".split()
)
# Kept back of the function's time, to answer in.
_TO_ANSWER_MS = 500


@dataclass(frozen=True)
class Tick:
    """One firing of a job."""

    user_id: str
    user_email: str
    job_id: int
    job_type: str
    sleep_time: int  # the interval, seconds
    fields: Any  # the type's own fields: a dict, or what `parse` made of it
    id: str  # the delivery's id: the same when this tick is delivered again
    attempt: int  # 1 for the first delivery; always 1 without a queue
    json: str  # the whole job as it came

    @property
    def key(self) -> str:
        """Unique in a deployment, and the same for every tick of the job."""
        return f"{self.user_id}-{self.job_id}"

    @property
    def idempotency_key(self) -> str:
        """The same for every delivery of this tick, and no other's."""
        return f"{self.key}-{self.id}"


def consumer(
    function: Callable[[Tick], Any] | None = None, *, parse: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """Makes the Lambda handler of a function of one tick, which may be `async`.

    `parse`, such as a dataclass or a pydantic model, is called with the type's own fields by name;
    what it refuses is a failed tick.
    """
    if function is None:
        return functools.partial(consumer, parse=parse)

    @functools.wraps(function)
    def handler(event: Any, context: Any = None) -> dict[str, Any]:
        return _batch(event, context, function, parse)

    return handler


class ConsumerError(Exception):
    """An event that is none, or ticks that failed and can be told in no other way."""


@dataclass(frozen=True)
class _Delivery:
    queued: bool  # whether a failure can be told by the record's id
    id: str
    attempt: int
    message: str | None


def _batch(
    event: Any,
    context: Any,
    function: Callable[[Tick], Any],
    parse: Callable[..., Any] | None,
) -> dict[str, Any]:
    failed: list[tuple[_Delivery, str]] = []
    deliveries = list(_deliveries(event))
    for delivery in deliveries:
        try:
            _in_time(context)
            done = function(_tick(delivery, parse))
            if inspect.isawaitable(done):
                asyncio.run(_finish(done))
        except Exception as error:  # noqa: BLE001 - one tick never takes its neighbours along
            reason = f"{type(error).__name__}: {error}"
            trace = "".join(traceback.format_exception(error))
            log.error("tick failed", tick=delivery.id, reason=reason, trace=trace)
            failed.append((delivery, reason))
    whole = [reason for delivery, reason in failed if not delivery.queued]
    if whole:
        raise ConsumerError(
            f"{len(failed)} of {len(deliveries)} ticks failed; the last one: {whole[-1]}"
        )
    return {"batchItemFailures": [{"itemIdentifier": one.id} for one, _ in failed]}


async def _finish(awaitable: Any) -> None:
    await awaitable


def _in_time(context: Any) -> None:
    left = getattr(context, "get_remaining_time_in_millis", None)
    if left is not None and left() < _TO_ANSWER_MS:
        raise TimeoutError("the function's time is over")


def _deliveries(event: Any) -> Iterator[_Delivery]:
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        raise ConsumerError(
            "the event has no list of `Records`: a consumer is invoked by SNS or by an SQS queue"
        )
    return map(_delivery, records)


def _delivery(record: Any) -> _Delivery:
    record = record if isinstance(record, dict) else {}
    sns = record.get("Sns")
    if isinstance(sns, dict):
        return _Delivery(False, _text(sns, "MessageId") or "", 1, _text(sns, "Message"))
    message_id = _text(record, "messageId")
    if message_id is None:
        return _Delivery(False, "", 1, None)
    body = _text(record, "body")
    return _Delivery(True, message_id, _attempt(record), body and _unwrapped(body))


def _text(record: dict[str, Any], key: str) -> str | None:
    value = record.get(key)
    return value if isinstance(value, str) else None


def _attempt(record: dict[str, Any]) -> int:
    attributes = record.get("attributes")
    count = attributes.get("ApproximateReceiveCount") if isinstance(attributes, dict) else None
    return int(count) if isinstance(count, str) and count.isdecimal() else 1


def _unwrapped(body: str) -> str:
    """SNS's own envelope stands in a queue's body where raw delivery is off."""
    try:
        inner = json.loads(body)
    except ValueError:
        return body
    if not isinstance(inner, dict) or inner.get("Type") != "Notification":
        return body
    message = inner.get("Message")
    wrapped = isinstance(message, str) and isinstance(inner.get("TopicArn"), str)
    return message if wrapped else body


def _tick(delivery: _Delivery, parse: Callable[..., Any] | None) -> Tick:
    if delivery.message is None:
        raise ValueError("the record is neither SNS's nor SQS's, or holds no message")
    job = json.loads(delivery.message)
    if not isinstance(job, dict):
        raise ValueError("the message is no job: it is no JSON object")
    own = {name: value for name, value in job.items() if name not in CORE_FIELDS}
    return Tick(
        user_id=_core(job, "user_id", str),
        user_email=_core(job, "user_email", str),
        job_id=_core(job, "job_id", int),
        job_type=_core(job, "job_type", str),
        sleep_time=_core(job, "sleep_time", int),
        fields=own if parse is None else parse(**own),
        id=delivery.id,
        attempt=delivery.attempt,
        json=delivery.message,
    )


def _core(job: dict[str, Any], name: str, kind: type) -> Any:
    value = job.get(name)
    # In Python a boolean is an integer.
    if not isinstance(value, kind) or isinstance(value, bool) or (kind is int and value < 0):
        wanted = "a text" if kind is str else "a whole number"
        raise ValueError(f"the message is no job: its `{name}` is not {wanted}")
    return value


class _Log:
    """One JSON object a line on stderr, where CloudWatch and a terminal find it."""

    def info(self, event: str, **fields: Any) -> None:
        """Something worth knowing happened."""
        self._write("info", event, fields)

    def warn(self, event: str, **fields: Any) -> None:
        """Something is odd, and was coped with."""
        self._write("warn", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Something failed."""
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        line = {**fields, "level": level, "event": event}
        text = json.dumps(line, default=str, ensure_ascii=False, sort_keys=True)
        print(text, file=sys.stderr, flush=True)


log = _Log()


class _State:
    """What a plugin remembers, under `STATE_URL`: a bucket's prefix, or a folder.

    `plugin.toml` asks for it: `state = { expire_days = 30 }`. A key may hold any characters; it
    never leads out. The last writer wins: where two ticks may write the same key at once, let the
    queue bring them one after the other (`concurrency`), or write keys of their own.
    """

    def get(self, key: str) -> bytes | None:
        """What the key holds, if anything."""
        place = _place("STATE_URL", "state")
        if place.scheme == "file":
            try:
                return _file(place, key).read_bytes()
            except FileNotFoundError:
                return None
        client, bucket, name = _object(place, key)
        try:
            return client.get_object(Bucket=bucket, Key=name)["Body"].read()
        except client.exceptions.NoSuchKey:
            return None

    def put(self, key: str, value: bytes) -> None:
        """Writes the key, whole or not at all."""
        place = _place("STATE_URL", "state")
        if place.scheme == "file":
            _write_whole(_file(place, key), value)
            return
        client, bucket, name = _object(place, key)
        client.put_object(Bucket=bucket, Key=name, Body=value)

    def delete(self, key: str) -> None:
        """Forgets the key, if it is there."""
        place = _place("STATE_URL", "state")
        if place.scheme == "file":
            _file(place, key).unlink(missing_ok=True)
            return
        client, bucket, name = _object(place, key)
        client.delete_object(Bucket=bucket, Key=name)


state = _State()


class _Mail:
    """Mail, from `SOURCE_EMAIL` by the way that `MAIL_URL` names: SES, or a folder.

    `plugin.toml` asks for it: `mail = { from = "me@example.com" }`.
    """

    def send(
        self, to: str, subject: str, text: str, *, html: str | None = None, key: str
    ) -> None:
        """Sends one mail.

        `key` is the same for every try to send this very mail, such as the tick's
        `idempotency_key`: it becomes the `Message-ID`, and in a folder the file's name.
        """
        place = _place("MAIL_URL", "mail")
        message = _message(to, subject, text, html, key)
        if place.scheme == "file":
            name = _token(key)[:200]
            _write_whole(_folder(place) / f"{name}.eml", message.as_bytes(policy=SMTP))
            return
        import boto3

        ses = boto3.client("sesv2", region_name=place.netloc)
        ses.send_email(
            FromEmailAddress=os.environ["SOURCE_EMAIL"],
            Destination={"ToAddresses": [to]},
            Content={"Raw": {"Data": message.as_bytes(policy=SMTP)}},
        )


mail = _Mail()


def _message(to: str, subject: str, text: str, html: str | None, key: str) -> EmailMessage:
    if "SOURCE_EMAIL" not in os.environ:
        raise LookupError("`SOURCE_EMAIL` is not set: `plugin.toml` asks for no `mail`")
    sender = os.environ["SOURCE_EMAIL"]
    message = EmailMessage()
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = " ".join(subject.split())
    message["Message-ID"] = f"<{_token(key)}@{sender.rpartition('@')[2]}>"
    message["Date"] = format_datetime(_now())
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def _now() -> Any:
    from datetime import datetime, timezone

    return datetime.now(timezone.utc)


def _token(key: str) -> str:
    """The key with what an id and a file's name may hold; two keys stay two."""
    plain = re.compile(rb"[A-Za-z0-9-]")
    parts = (bytes([byte]) for byte in key.encode())
    return "".join(
        part.decode() if plain.match(part) else f"_{part[0]:02x}" for part in parts
    )


def _place(variable: str, table: str) -> urllib.parse.SplitResult:
    url = os.environ.get(variable)
    if url is None:
        raise LookupError(f"`{variable}` is not set: `plugin.toml` asks for no `{table}`")
    place = urllib.parse.urlsplit(url)
    if place.scheme not in {"file", "s3" if variable == "STATE_URL" else "ses"}:
        raise ValueError(f"`{variable}` is `{url}`, which is no such place")
    return place


def _folder(place: urllib.parse.SplitResult) -> Path:
    return Path(urllib.parse.unquote(place.path))


def _file(place: urllib.parse.SplitResult, key: str) -> Path:
    return _folder(place) / _escaped(key)


def _object(place: urllib.parse.SplitResult, key: str) -> tuple[Any, str, str]:
    import boto3

    prefix = urllib.parse.unquote(place.path).strip("/")
    name = _escaped(key)
    return boto3.client("s3"), place.netloc, f"{prefix}/{name}" if prefix else name


# As the Rust helper writes keys, so that a plugin can change its language and keep its state.
_ESCAPED = frozenset(b'/\\{^}%`]">[~<#|*?')


def _escaped(key: str) -> str:
    if key in {".", ".."}:
        return key.replace(".", "%2E")
    return "".join(
        f"%{byte:02X}" if byte < 0x20 or byte >= 0x7F or byte in _ESCAPED else chr(byte)
        for byte in key.encode()
    )


def _write_whole(path: Path, content: bytes) -> None:
    """The file appears whole or not at all: it is written aside and moved."""
    aside = path.parent / ".writing"
    aside.mkdir(parents=True, exist_ok=True)
    temporary = aside / f"{os.getpid()}-{path.name}"[:255]
    temporary.write_bytes(content)
    temporary.replace(path)
