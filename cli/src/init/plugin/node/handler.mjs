/** Runs when jobs of the type `JOB_TYPE` are due. Try it: node --test */

import { consumer } from "./scheduler-plugin.mjs";

/** One run of one job. If it throws, this job comes again; its neighbours do not. */
export const handle = consumer(async (tick) => {
  const greeting = process.env.GREETING ?? "Hello";
  // What it prints goes to the log.
  console.log(`${greeting}, ${tick.fields.name}! Again in ${tick.sleepTime} seconds.`);
});
