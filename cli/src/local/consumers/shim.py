# Runs a handler behind the Lambda Runtime API: what Lambda's own Python runtime does, as far as
# a handler can tell. The standard library alone, from Python 3.6 on.

import sys

# The consumer's folder comes in later: nothing in it stands in for the standard library here.
if sys.path and sys.path[0] == "":
    del sys.path[0]

import decimal
import http.client
import importlib
import json
import logging
import os
import time
import traceback

API = "/2018-06-01/runtime"
ROOT = os.environ["LAMBDA_TASK_ROOT"]


class Api:
    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address)

    def call(self, method, path, body=None, headers=None):
        headers = {"Content-Type": "application/json", **(headers or {})}
        self.connection.request(method, API + path, body, headers)
        reply = self.connection.getresponse()
        return reply, reply.read()

    def fail(self, path, error):
        # A header takes no other characters; the body has them all.
        kind = "".join(c if " " <= c <= "~" else "?" for c in error["errorType"])
        kind = {"Lambda-Runtime-Function-Error-Type": kind}
        self.call("POST", path, json.dumps(error).encode(), kind)


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class Refused(Exception):
    """The handler cannot be had, or its answer cannot be sent; in Lambda's words."""

    def __init__(self, kind, message, frames=()):
        super().__init__(message)
        self.kind = kind
        self.frames = list(frames)


def told(kind, message, frames=()):
    return {"errorMessage": message, "errorType": kind, "stackTrace": list(frames)}


def told_of(error):
    if isinstance(error, Refused):
        return told(error.kind, str(error), error.frames)
    # The frames of this file are nobody's business.
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != "<string>"]
    return told(type(error).__name__, str(error), traceback.format_list(frames))


def load(name):
    if "." not in name:
        raise Refused("Runtime.MalformedHandlerName", f"Bad handler '{name}': it is no `module.function`")
    module_name, function = name.rsplit(".", 1)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise Refused("Runtime.ImportModuleError", message, told_of(error)["stackTrace"])
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise Refused("Runtime.UserCodeSyntaxError", message)
    if not hasattr(module, function):
        message = f"Handler '{function}' missing on module '{module_name}'"
        raise Refused("Runtime.HandlerNotFound", message)
    return getattr(module, function)


def plain(value):
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def answer(handler, event, context):
    try:
        event = json.loads(event)
    except ValueError as error:
        raise Refused("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}")
    result = handler(event, context)
    try:
        return json.dumps(result, default=plain).encode()
    except (TypeError, ValueError) as error:
        raise Refused("Runtime.MarshalError", f"Unable to marshal response: {error}")


class Lines(logging.Formatter):
    request_id = ""
    converter = time.gmtime

    def format(self, record):
        record.aws_request_id = self.request_id
        return super().format(record)


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass


def main():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace", line_buffering=True)
    lines = Lines(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s",
        "%Y-%m-%dT%H:%M:%S",
    )
    log = logging.StreamHandler(sys.stdout)
    log.setFormatter(lines)
    logging.getLogger().addHandler(log)
    sys.path.insert(0, ROOT)
    sys.argv = ["lambda"]
    api = Api(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        flush()
        api.fail("/init/error", told_of(error))
        sys.exit(1)
    while True:
        reply, event = api.call("GET", "/invocation/next")
        if reply.status != 200:
            sys.exit(0)
        context = Context(reply.headers)
        lines.request_id = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = reply.headers.get("Lambda-Runtime-Trace-Id", "")
        run = "/invocation/" + context.aws_request_id
        try:
            body = answer(handler, event, context)
        except Exception as error:
            flush()
            api.fail(run + "/error", told_of(error))
        else:
            flush()
            api.call("POST", run + "/response", body)


try:
    main()
except (ConnectionError, http.client.HTTPException):
    # The server is gone.
    sys.exit(1)
