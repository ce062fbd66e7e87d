/** Hands each event of stdin to a handler; tells what the handler saw and what came of it. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const helper = pathToFileURL(`${process.argv[2]}/scheduler-plugin.mjs`);
const { consumer, state } = await import(helper);

let seen = [];
const handle = consumer(async (tick) => {
  if (tick.fields.how === "fail") throw new Error("as told");
  seen.push({
    user_id: tick.userId,
    user_email: tick.userEmail,
    job_id: tick.jobId,
    job_type: tick.jobType,
    sleep_time: tick.sleepTime,
    own: tick.fields,
    attempt: tick.attempt,
    idempotency_key: tick.idempotencyKey,
  });
});

const asked = JSON.parse(readFileSync(0, "utf8"));
const outcomes = [];
for (const event of asked.events) {
  seen = [];
  try {
    outcomes.push({ answer: await handle(event, {}), seen });
  } catch (error) {
    outcomes.push({ error: error.message, seen });
  }
}
const found = {};
for (const key of Object.keys(asked.read)) found[key] = (await state.get(key))?.toString() ?? null;
for (const [key, value] of Object.entries(asked.write)) await state.put(key, value);
process.stdout.write(JSON.stringify({ outcomes, found }));
