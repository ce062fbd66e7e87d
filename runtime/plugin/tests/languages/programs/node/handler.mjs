/** The probe in JavaScript; `programs/rust/probe.rs` says what it does. */

import { consumer, log, mail, state } from "./scheduler-plugin.mjs";

const DEFAULTS = {
  ...{ act: "", text: "", big: 0, tree: null, key: "" },
  ...{ to: "", subject: "", html: undefined, Type: "", Message: "" },
};

function parse(own) {
  const unknown = Object.keys(own).filter((name) => !(name in DEFAULTS));
  if (unknown.length > 0) throw new Error(`unknown fields: ${unknown.join(", ")}`);
  return { ...DEFAULTS, ...own };
}

export const handle = consumer(
  async (tick) => {
    const own = tick.fields;
    if (tick.jobType !== "probe") throw new Error(`unknown job type \`${tick.jobType}\``);
    switch (own.act) {
      case "":
        return tell(tick);
      case "fail":
        throw new Error("as told");
      case "crash":
        throw "as told";
      case "hang":
        return new Promise(() => {});
      case "put":
        return state.put(own.key, own.text);
      case "get": {
        const found = await state.get(own.key);
        return log.info("kept", found && { text: found.toString() });
      }
      case "delete":
        return state.delete(own.key);
      case "mail":
        return send(own);
      case "odd": {
        const circle = {};
        circle.circle = circle;
        log.warn("odd", { level: "info", event: "none", error: new Error("told"), big: 2n ** 64n });
        return log.info("odd", { circle, text: "two\nlines" });
      }
      default:
        throw new Error(`unknown act \`${own.act}\``);
    }
  },
  { parse },
);

function tell(tick) {
  log.info("seen", {
    tick: tick.id,
    attempt: String(tick.attempt),
    job: tick.key,
    once: tick.idempotencyKey,
    user_email: tick.userEmail,
    sleep_time: String(tick.sleepTime),
    text: tick.fields.text,
    // `fields.big` is rounded beyond 2^53.
    big: /"big":\s*(\d+)/.exec(tick.json)?.[1] ?? "0",
    tree: JSON.stringify(tick.fields.tree),
  });
}

async function send({ to, subject, text, html, key }) {
  try {
    await mail.send({ to, subject, text, html, key: key || undefined });
  } catch (error) {
    if (!(error instanceof mail.TooLong)) throw error;
    log.warn("too long", { reason: error.message });
  }
}
