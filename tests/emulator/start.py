"""Starts the AWS emulator as a test wants it: mended where it strays from AWS, and gone when the
test is gone.

In: the environment that ministack documents (GATEWAY_PORT, BIND_HOST, AUTH, ...), EMULATOR_DATA
(a folder that goes with it), and a standard input that stays open for as long as the emulator may
live. It must lead a process group of its own: the functions that it runs end with it.
"""

import json
import os
import shutil
import signal
import sys
import threading
import urllib.parse


def end_with_standard_input():
    """However the test ends, also killed, its end of the pipe closes."""
    sys.stdin.buffer.read()
    if "EMULATOR_DATA" in os.environ:
        shutil.rmtree(os.environ["EMULATOR_DATA"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def schedule_group(body, query):
    try:
        named = json.loads(body or b"{}").get("GroupName")
    except (ValueError, AttributeError):
        named = None
    asked = (query or {}).get("groupName")
    asked = asked[0] if isinstance(asked, list) and asked else asked
    return named or asked or "default"


def authorise_schedules_in_their_group():
    """ministack checks each call of EventBridge Scheduler against `schedule/default/<name>`;
    AWS puts the schedule's group there, and so do least-privilege policies. A list is checked
    against `schedule/*/*`, whatever group it asks for."""
    from ministack.core import iam_actions

    plain = iam_actions.extract_resource_arn

    def mended(service, method, path, headers, body, query, region, account):
        arn = plain(service, method, path, headers, body, query, region, account)
        if service != "scheduler":
            return arn
        if method == "GET" and path.rstrip("/") == "/schedules":
            return f"arn:aws:scheduler:{region}:{account}:schedule/*/*"
        return arn.replace(":schedule/default/", f":schedule/{schedule_group(body, query)}/")

    iam_actions.extract_resource_arn = mended


def authorise_batches_as_what_they_are_batches_of():
    """IAM has no `sqs:SendMessageBatch`: on AWS `sqs:SendMessage` allows both calls."""
    from ministack.core import iam_actions

    plain = iam_actions.extract_iam_action

    def mended(*request):
        action = plain(*request)
        if action and action.startswith("sqs:"):
            return action.removesuffix("Batch")
        return action

    iam_actions.extract_iam_action = mended


def give_policies_their_keys():
    """The emulator speaks plain HTTP, on loopback only: policies that deny plain HTTP mean a
    network. And of SES's condition keys it knows none; the sender is the mail's resource (below)."""
    from ministack.core import iam_evaluator

    plain = iam_evaluator._resolve_condition_key

    def mended(key, context):
        name = key.lower()
        if name == "aws:securetransport":
            return "true"
        if name == "ses:fromaddress":
            return context.resource_arn.rpartition(":identity/")[2]
        return plain(key, context)

    iam_evaluator._resolve_condition_key = mended


def authorise_mail_by_its_sender():
    """ministack checks a sent mail against `*`; AWS puts the sender's identity there."""
    from ministack.core import iam_actions

    plain = iam_actions.extract_resource_arn

    def mended(service, method, path, headers, body, query, region, account):
        arn = plain(service, method, path, headers, body, query, region, account)
        if service != "ses":
            return arn
        if path.rstrip("/").endswith("/outbound-emails"):
            sender = json.loads(body or b"{}").get("FromEmailAddress", "")
        else:
            call = urllib.parse.parse_qs((body or b"").decode(errors="replace"))
            if not call.get("Action", [""])[0].startswith("Send"):
                return arn
            sender = call.get("Source", [""])[0]
        return f"arn:aws:ses:{region}:{account}:identity/{sender}"

    iam_actions.extract_resource_arn = mended


def read_cors_settings_of_stacks():
    """ministack keeps what a stack says of CORS under CloudFormation's names, and reads it under
    those of the API: no page may call."""
    from ministack.services import apigateway

    def mended(plain):
        def read(settings, origin):
            named = {name[:1].lower() + name[1:]: value for name, value in settings.items()}
            return plain(named, origin)

        return read

    for name in ("_cors_response_headers", "_cors_preflight_response"):
        setattr(apigateway, name, mended(getattr(apigateway, name)))


# Of an HTTP API (quotas of API Gateway, "Payload size").
PAYLOAD_MAX = 10 * 1024 * 1024


def refuse_bodies_that_are_too_large():
    """ministack hands any body to the function; API Gateway's are at most 10 MB."""
    from ministack.services import apigateway

    plain = apigateway._handle_execute_in_scope

    async def mended(api_id, stage, path, method, headers, body, *rest):
        if len(body or b"") > PAYLOAD_MAX:
            told = {"message": "Request Entity Too Large"}
            return 413, {"Content-Type": "application/json"}, json.dumps(told).encode()
        return await plain(api_id, stage, path, method, headers, body, *rest)

    apigateway._handle_execute_in_scope = mended


if __name__ == "__main__":
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    authorise_schedules_in_their_group()
    authorise_batches_as_what_they_are_batches_of()
    authorise_mail_by_its_sender()
    give_policies_their_keys()
    read_cors_settings_of_stacks()
    refuse_bodies_that_are_too_large()
    from ministack.app import main

    sys.argv = ["ministack"]
    main()
