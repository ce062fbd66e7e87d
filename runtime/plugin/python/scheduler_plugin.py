"""What a consumer in Python may use: one file, no dependency. Version 0.1.0.

    from scheduler_plugin import Tick, consumer, log

    @consumer                                  # the Lambda handler of a function of one tick
    def handle(tick: Tick) -> None:
        log.info("ping", url=tick.fields["url"])

`consumer` takes jobs out of their envelopes (SQS's and SNS's), runs one after the other, and says
which of them failed: only those come again. `@consumer(parse=Ping)` makes `tick.fields` a `Ping`.
`state.get`, `put` and `delete` keep things between ticks, `mail.send` sends; both work on AWS and
on one machine. A tick may come twice: `tick.idempotency_key` tells. Python 3.10 or newer; boto3,
which Lambda brings along, is imported only where a bucket or SES is used.

SPDX-License-Identifier: MIT OR Apache-2.0
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import os
import re
import signal
import sys
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Generic, TypeVar, overload
from urllib.parse import SplitResult, unquote, urlsplit

__version__ = "0.1.0"
__all__ = ["ConsumerError", "Tick", "consumer", "log", "mail", "state"]

F = TypeVar("F")
Handler = Callable[..., dict[str, list[dict[str, str]]]]

# Every field that belongs to the core; what a job has besides is its type's own.
CORE_FIELDS = {
    *("user_id", "user_email", "job_id", "job_type", "sleep_time", "enabled", "rev", "anchor"),
    *("updated_at", "next_run", "last_run", "runs"),
}
# Kept back of the function's time, to answer in.
_TO_ANSWER_MS = 500


@dataclass(frozen=True)
class Tick(Generic[F]):
    """One firing of a job."""

    user_id: str
    user_email: str
    job_id: int
    job_type: str
    sleep_time: int  # the interval, seconds
    fields: F  # the type's own fields: a dict, or what `parse` made of it
    id: str  # the delivery's id: the same when this tick is delivered again
    attempt: int  # 1 for the first delivery; always 1 without a queue
    json: str  # the whole job as it came, every digit: fractions are floats in `fields`

    @property
    def key(self) -> str:
        """Unique in a deployment, and the same for every tick of the job."""
        return f"{self.user_id}-{self.job_id}"

    @property
    def idempotency_key(self) -> str:
        """`<user_id>-<job_id>-<id>`: the same for every delivery of this message, and no other's.

        A tick that AWS publishes twice, or that is put back from the dead letters, is another message.
        """
        return f"{self.key}-{self.id}"


@overload
def consumer(function: Callable[[Tick[Any]], object], /) -> Handler: ...


@overload
def consumer(
    *, parse: Callable[..., F] = ...
) -> Callable[[Callable[[Tick[F]], object]], Handler]: ...


def consumer(function: Any = None, /, *, parse: Any = None) -> Any:
    """Makes the Lambda handler of a function of one tick, which may be `async`.

    `parse`, such as a dataclass or a pydantic model, is called with the type's own fields by name;
    what it refuses is a failed tick. A tick that is not done shortly before the function's time-out
    has failed; those behind it come again.
    """
    if function is None:
        return functools.partial(consumer, parse=parse)

    @functools.wraps(function)
    def handler(event: Any, context: Any = None) -> dict[str, list[dict[str, str]]]:
        deliveries = [_delivery(record) for record in _records(event)]
        runs = [(one, _run(one, function, parse, context)) for one in deliveries]
        return _answer([(one, reason) for one, reason in runs if reason is not None], len(runs))

    return handler


class ConsumerError(Exception):
    """An event that is none, or ticks that failed and can be told in no other way."""


class _OutOfTime(BaseException):
    """No `Exception`: a handler that tries again on each of those shall not swallow it."""


@dataclass(frozen=True)
class _Delivery:
    queued: bool  # whether a failure can be told by the record's id
    id: str
    attempt: int
    message: str | None


def _answer(failed: list[tuple[_Delivery, str]], count: int) -> dict[str, list[dict[str, str]]]:
    whole = [reason for one, reason in failed if not one.queued]
    if whole:
        raise ConsumerError(f"{len(failed)} of {count} ticks failed; the last one: {whole[-1]}")
    return {"batchItemFailures": [{"itemIdentifier": one.id} for one, _ in failed]}


def _run(delivery: _Delivery, function: Any, parse: Any, context: Any) -> str | None:
    """Why the tick failed, if it did. No tick takes its neighbours along."""
    try:
        with _time_limit(context):
            done = function(_tick(delivery, parse))
            if inspect.iscoroutine(done):
                asyncio.run(done)
    except (Exception, SystemExit, _OutOfTime) as error:
        reason = f"{type(error).__name__.lstrip('_')}: {error}"
        trace = "".join(traceback.format_exception(error))
        log.error("tick failed", tick=delivery.id, reason=reason, trace=trace)
        return reason
    return None


@contextmanager
def _time_limit(context: Any) -> Iterator[None]:
    """Stops what it is given while there is still time to tell which ticks are done."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    seconds = (left() - _TO_ANSWER_MS) / 1000 if left else None

    def over(*_: object) -> None:
        raise _OutOfTime("the handler was not done before the function's time-out")

    if seconds is not None and seconds <= 0:
        over()
    in_main = threading.current_thread() is threading.main_thread()
    if seconds is None or not in_main or not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)


def _records(event: Any) -> list[Any]:
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list):
        raise ConsumerError(
            "the event has no list of `Records`: a consumer is invoked by SNS or by an SQS queue"
        )
    return records


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
    except (ValueError, RecursionError):
        return body
    if not isinstance(inner, dict) or inner.get("Type") != "Notification":
        return body
    message = _text(inner, "Message")
    return body if message is None or _text(inner, "TopicArn") is None else message


def _tick(delivery: _Delivery, parse: Callable[..., Any] | None) -> Tick[Any]:
    if delivery.message is None:
        raise ValueError("the record is neither SNS's nor SQS's, or holds no message")
    job = json.loads(delivery.message, parse_constant=_refuse)
    if not isinstance(job, dict):
        raise ValueError("the message is no JSON object")
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


def _refuse(constant: str) -> None:
    raise ValueError(f"the message is no JSON object: `{constant}` is no number of JSON")


def _core(job: dict[str, Any], name: str, kind: type) -> Any:
    value = job.get(name)
    if type(value) is not kind or (type(value) is int and value < 0):
        wanted = "a text" if kind is str else "a whole number"
        raise ValueError(f"the message is no job: its `{name}` is not {wanted}")
    return value


class _Log:
    """One JSON object a line on stderr, where CloudWatch and a terminal find it."""

    def info(self, event: str, /, **fields: object) -> None:
        """Something worth knowing happened."""
        _write_line("info", event, fields)

    def warn(self, event: str, /, **fields: object) -> None:
        """Something is odd, and was coped with."""
        _write_line("warn", event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        """Something failed."""
        _write_line("error", event, fields)


def _write_line(level: str, event: str, fields: dict[str, object]) -> None:
    line = {**fields, "level": level, "event": event}
    try:
        text = json.dumps(line, default=str, ensure_ascii=False, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        # What JSON has no word for.
        text = json.dumps({name: str(value) for name, value in line.items()}, sort_keys=True)
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        # A log that cannot be written is no reason to fail a tick.
        pass


log = _Log()


class _State:
    """What a plugin remembers, under `STATE_URL`: a bucket's prefix, or a folder.

    `plugin.toml` asks for it: `state = { expire_days = 30 }`. A key may hold any characters; it
    never leads out. The last writer wins: where two ticks may write the same key at once, write
    keys of their own.
    """

    def get(self, key: str) -> bytes | None:
        """What the key holds, if anything."""
        file, s3, place = _stored(key)
        if file is not None:
            return file.read_bytes() if file.exists() else None
        try:
            found: bytes = s3.get_object(**place)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return found

    def put(self, key: str, value: bytes) -> None:
        """Writes the key, whole or not at all."""
        file, s3, place = _stored(key)
        if file is None:
            s3.put_object(**place, Body=value)
        else:
            # No key has a `#` in its file's name.
            _write_whole(file, value, file.with_name(f"{file.name}#{uuid.uuid4().hex[:8]}"))

    def delete(self, key: str) -> None:
        """Forgets the key, if it is there."""
        file, s3, place = _stored(key)
        if file is None:
            s3.delete_object(**place)
        else:
            file.unlink(missing_ok=True)


state = _State()


def _stored(key: str) -> tuple[Path | None, Any, dict[str, str]]:
    """Where a key lies: a file, or the place of an object in S3."""
    place = _place("STATE_URL", "s3", "state")
    if place.scheme == "file":
        return _folder(place) / _escaped(key), None, {}
    prefix = unquote(place.path).strip("/")
    name = f"{prefix}/{_escaped(key)}" if prefix else _escaped(key)
    return None, _s3(), {"Bucket": place.netloc, "Key": name}


@functools.cache
def _s3() -> Any:
    import boto3
    from botocore.config import Config

    # By path, as emulators under a name such as `localhost` need it.
    return boto3.client("s3", config=Config(s3={"addressing_style": "path"}))


# As the Rust crate writes keys, so that a plugin can change its language and keep its state.
_ESCAPED = frozenset(b'/\\{^}%`]">[~<#|*?')


def _escaped(key: str) -> str:
    if not key:
        raise ValueError("the key of a state is empty")
    if key in {".", ".."}:
        return key.replace(".", "%2E")
    return "".join(
        f"%{byte:02X}" if byte < 0x20 or byte >= 0x7F or byte in _ESCAPED else chr(byte)
        for byte in key.encode()
    )


class _Mail:
    """Mail, from `SOURCE_EMAIL` by the way that `MAIL_URL` names: SES, or a folder.

    `plugin.toml` asks for it: `mail = { from = "me@example.com" }`.
    """

    class TooLong(Exception):
        """The mail is longer than SES takes: a shorter one may go."""

    def send(
        self, to: str, subject: str, text: str, html: str | None = None, *, key: str | None = None
    ) -> None:
        """Sends one mail. What stands in `html` from outside is escaped by who writes it.

        `key` is the same for every try to send this very mail, such as the tick's
        `idempotency_key`: it becomes the `Message-ID`, and in a folder the file's name, so that a
        second try puts the mail in the place of the first. Without one, every try is a new mail.
        """
        place = _place("MAIL_URL", "ses", "mail")
        token = _token(key or uuid.uuid4().hex)
        sender = _setting("SOURCE_EMAIL", "mail")
        message: Message = MIMEText(text, "plain", "utf-8")
        if html is not None:
            message = MIMEMultipart(
                "alternative", _subparts=[message, MIMEText(html, "html", "utf-8")]
            )
        _address(message, sender, to, subject, token)
        raw = message.as_bytes(policy=compat32.clone(linesep="\r\n", max_line_length=None))
        if place.scheme == "file":
            aside = _folder(place) / ".writing" / f"{uuid.uuid4().hex}.eml"
            _write_whole(_folder(place) / f"{token[:200]}.eml", raw, aside)
        else:
            _send_by_ses(place.netloc, sender, to, raw)


mail = _Mail()


def _address(message: Message, sender: str, to: str, subject: str, token: str) -> None:
    for address in (sender, to):
        if not re.fullmatch(r"[!#-'*+\--9=?A-Z^-~]+@[!#-'*+\--9=?A-Z^-~]+", address):
            raise ValueError(f"`{address}` is no e-mail address")
    subject = " ".join(subject.split())
    plain = subject.isascii() and subject.isprintable() and len(subject) < 900
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject if plain else Header(subject, "utf-8").encode()
    message["Message-ID"] = f"<{token}@{sender.rpartition('@')[2]}>"
    message["Date"] = format_datetime(datetime.now(timezone.utc))


@functools.cache
def _ses(region: str) -> Any:
    import boto3

    return boto3.client("sesv2", region_name=region)


def _send_by_ses(region: str, sender: str, to: str, raw: bytes) -> None:
    ses = _ses(region)
    try:
        ses.send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [to]},
            Content={"Raw": {"Data": raw}},
        )
    except ses.exceptions.ClientError as error:
        # SES has no code of its own for it, only words.
        words = "message length|too long|too large|length less than|maximum size"
        if re.search(words, str(error), re.IGNORECASE):
            raise mail.TooLong(str(error)) from error
        raise


def _token(key: str) -> str:
    """The key with what an id and a file's name may hold; two keys stay two."""
    return "".join(
        chr(byte) if chr(byte).isascii() and chr(byte).isalnum() or byte == 0x2D else f"_{byte:02x}"
        for byte in key.encode()
    )


def _setting(name: str, table: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise LookupError(f"`{name}` is not set: `plugin.toml` asks for no `{table}`")
    return value


def _place(variable: str, cloud: str, table: str) -> SplitResult:
    url = _setting(variable, table)
    place = urlsplit(url)
    is_folder = place.scheme == "file" and place.netloc in {"", "localhost"}
    if not is_folder and (place.scheme != cloud or not place.netloc):
        raise ValueError(f"`{variable}` is `{url}`: neither `{cloud}://...` nor `file:///...`")
    return place


def _folder(place: SplitResult) -> Path:
    return Path(unquote(place.path))


def _write_whole(path: Path, content: bytes, aside: Path) -> None:
    """The file appears whole or not at all: it is written aside and moved."""
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        aside.write_bytes(content)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
