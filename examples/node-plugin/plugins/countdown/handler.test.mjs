import assert from "node:assert/strict";
import test from "node:test";

import { countdown, handle } from "./handler.mjs";

const JOB = { job_id: 0, text: "Frühling", until: "2027-03-20T20:25:00Z" };

test("tells how long it is", () => {
  const day = Date.parse(JOB.until);
  assert.equal(countdown(JOB, day - 3 * 24 * 60 * 60 * 1000), "Frühling: in 3 days");
  assert.equal(countdown(JOB, day + 60 * 1000), "Frühling: 1 minute ago");
});

test("only what failed comes again", async (t) => {
  t.mock.method(console, "error", () => {});
  const log = t.mock.method(console, "log", () => {});
  const records = [
    { messageId: "bad", body: JSON.stringify({ ...JOB, until: "tomorrow" }) },
    { messageId: "good", body: JSON.stringify(JOB) },
  ];
  const answer = await handle({ Records: records });
  assert.deepEqual(answer, { batchItemFailures: [{ itemIdentifier: "bad" }] });
  assert.match(log.mock.calls[0].arguments[0], /^Frühling: /);
});
