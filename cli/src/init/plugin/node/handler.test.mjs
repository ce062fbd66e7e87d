/** Both ways in which jobs arrive. Run it in this folder: node --test */

import assert from "node:assert/strict";
import test from "node:test";

import { handle } from "./handler.mjs";

const JOB = {
  user_id: "u",
  user_email: "ada@example.com",
  job_type: "JOB_TYPE",
  job_id: 0,
  sleep_time: 60,
  name: "Ada",
};

/** What the handler printed and answered. */
async function said(event, t) {
  const lines = [];
  const log = t.mock.method(console, "log", (line) => lines.push(line));
  const answer = await handle(event, {});
  log.mock.restore();
  return [lines.join("\n"), answer];
}

/** A record as SQS brings it. */
function queued(messageId, body) {
  const attributes = { ApproximateReceiveCount: "1" };
  return { messageId, body, attributes, eventSource: "aws:sqs" };
}

test("greets jobs of the queue", async (t) => {
  const [out, answer] = await said({ Records: [queued("1", JSON.stringify(JOB))] }, t);
  assert.equal(out, "Hello, Ada! Again in 60 seconds.");
  assert.deepEqual(answer, { batchItemFailures: [] });
});

test("greets a job of the topic", async (t) => {
  const Sns = { MessageId: "1", Message: JSON.stringify(JOB) };
  const [out] = await said({ Records: [{ EventSource: "aws:sns", Sns }] }, t);
  assert.equal(out, "Hello, Ada! Again in 60 seconds.");
});

test("only what failed comes again", async (t) => {
  const records = [queued("1", "{}"), queued("2", JSON.stringify(JOB))];
  const [out, answer] = await said({ Records: records }, t);
  assert.match(out, /Hello, Ada!/);
  assert.deepEqual(answer, { batchItemFailures: [{ itemIdentifier: "1" }] });
});
