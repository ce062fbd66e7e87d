/** Runs when jobs of the type `countdown` are due: `npm ci`, then `node --test`. */

import ms from "ms";

/** Behind a queue: SQS brings up to ten jobs, and those that are named in the answer come again. */
export async function handle(event) {
  const batchItemFailures = [];
  for (const record of event.Records) {
    try {
      console.log(countdown(JSON.parse(record.body), Date.now()));
    } catch (error) {
      console.error(error);
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures };
}

/** How long it is from `now`, in milliseconds since 1970, until the job's day. */
export function countdown(job, now) {
  const left = Date.parse(job.until) - now;
  if (Number.isNaN(left)) {
    throw new Error(`${job.until} is no date`);
  }
  const long = ms(Math.abs(left), { long: true });
  return left < 0 ? `${job.text}: ${long} ago` : `${job.text}: in ${long}`;
}
