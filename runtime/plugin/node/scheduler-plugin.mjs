/**
 * What a consumer in Node.js may use: one file, no dependency. Version 0.1.0.
 *
 *     import { consumer, log } from "./scheduler-plugin.mjs";
 *
 *     // The Lambda handler of a function of one tick.
 *     export const handle = consumer(async (tick) => {
 *       log.info("ping", { url: tick.fields.url });
 *     });
 *
 * `consumer` takes jobs out of their envelopes (SQS's and SNS's), runs them side by side, and says
 * which of them failed: only those come again. JavaScript rounds numbers beyond 2^53: `tick.json`
 * is the job's text as it came. `state.get`, `put` and `delete` keep things between ticks,
 * `mail.send` sends; both work on AWS and on one machine. A tick may come twice:
 * `tick.idempotencyKey` tells. Node.js 18 or newer; the AWS SDK, which Lambda brings along, is
 * imported only where a bucket or SES is used.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Every field that belongs to the core; what a job has besides is its type's own. */
const CORE_FIELDS = new Set([
  ...["user_id", "user_email", "job_id", "job_type", "sleep_time", "enabled", "rev", "anchor"],
  ...["updated_at", "next_run", "last_run", "runs"],
]);
/** Kept back of the function's time, to answer in: milliseconds. */
const TO_ANSWER = 500;

/**
 * One firing of a job.
 *
 * @template [F=Record<string, any>]
 * @typedef {object} Tick
 * @property {string} userId
 * @property {string} userEmail
 * @property {number} jobId
 * @property {string} jobType
 * @property {number} sleepTime the interval, seconds
 * @property {F} fields the type's own fields, or what `parse` made of them
 * @property {string} id the delivery's id: the same when this tick is delivered again
 * @property {number} attempt 1 for the first delivery; always 1 without a queue
 * @property {string} json the whole job as it came, with every digit of its numbers
 * @property {string} key unique in a deployment, and the same for every tick of the job
 * @property {string} idempotencyKey `<userId>-<jobId>-<id>`: the same for every delivery of this
 *   message, and no other's; a tick that AWS publishes twice, or that is put back from the dead
 *   letters, is another message
 */

/**
 * What Lambda's context is used for.
 * @typedef {{ getRemainingTimeInMillis?: () => number }} Context
 */

/**
 * @typedef {object} Delivery
 * @property {boolean} queued whether a failure can be told by the record's id
 * @property {string} id
 * @property {number} attempt
 * @property {string | undefined} message
 */

/**
 * Makes the Lambda handler of a function of one tick. A tick that is not done shortly before the
 * function's time-out has failed; its neighbours have not.
 *
 * @template [F=Record<string, any>]
 * @param {(tick: Tick<F>) => unknown} work
 * @param {{ parse?: (own: Record<string, any>) => F }} [options] `parse` gets the type's own
 *   fields; what it throws is a failed tick
 */
export function consumer(work, { parse } = {}) {
  /**
   * @param {any} event
   * @param {Context} [context]
   */
  return async (event, context) => {
    const records = event?.Records;
    if (!Array.isArray(records)) {
      throw new Error(
        "the event has no list of `Records`: a consumer is invoked by SNS or by an SQS queue",
      );
    }
    const deliveries = records.map(deliveryOf);
    // All at once: a batch of a queue has ten at most, unless its owner says otherwise.
    const runs = deliveries.map((one) => run(one, () => work(tickOf(one, parse)), context));
    const failed = (await Promise.all(runs)).flat();
    const whole = failed.filter(({ queued }) => !queued).at(-1);
    if (whole !== undefined) {
      const told = `${failed.length} of ${deliveries.length} ticks failed`;
      throw new Error(`${told}; the last one: ${whole.reason}`);
    }
    return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
  };
}

/**
 * The failure, if it is one. No tick takes its neighbours along.
 *
 * @param {Delivery} delivery
 * @param {() => unknown} work
 * @param {Context} [context]
 */
async function run({ queued, id }, work, context) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    const late = new Promise((_, reject) => {
      const left = context?.getRemainingTimeInMillis?.();
      const told = "the handler was not done before the function's time-out";
      const over = () => reject(new Error(told));
      if (left !== undefined) timer = setTimeout(over, Math.max(left - TO_ANSWER, 0));
    });
    await Promise.race([Promise.resolve().then(work), late]);
    return [];
  } catch (error) {
    const told = error instanceof Error;
    const reason = told ? `${error.name}: ${error.message}` : String(error);
    log.error("tick failed", { tick: id, reason, trace: (told && error.stack) || "" });
    return [{ queued, id, reason }];
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {any} record
 * @returns {Delivery}
 */
function deliveryOf(record) {
  if (typeof record?.Sns === "object" && record.Sns !== null) {
    const { MessageId, Message } = record.Sns;
    return { queued: false, id: textOf(MessageId) ?? "", attempt: 1, message: textOf(Message) };
  }
  const id = textOf(record?.messageId);
  if (id === undefined) return { queued: false, id: "", attempt: 1, message: undefined };
  const count = Number(record.attributes?.ApproximateReceiveCount ?? 1);
  const body = textOf(record.body);
  const message = body === undefined ? undefined : unwrapped(body);
  return { queued: true, id, attempt: Number.isInteger(count) ? count : 1, message };
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === "string" ? value : undefined;
}

/**
 * SNS's own envelope stands in a queue's body where raw delivery is off.
 *
 * @param {string} body
 * @returns {string}
 */
function unwrapped(body) {
  try {
    const { Type, TopicArn, Message } = JSON.parse(body);
    const wrapped = typeof TopicArn === "string" && typeof Message === "string";
    return Type === "Notification" && wrapped ? Message : body;
  } catch {
    return body;
  }
}

/**
 * @template F
 * @param {Delivery} delivery
 * @param {((own: Record<string, any>) => F) | undefined} parse
 * @returns {Tick<F>}
 */
function tickOf({ id, attempt, message }, parse) {
  if (message === undefined) {
    throw new Error("the record is neither SNS's nor SQS's, or holds no message");
  }
  const job = JSON.parse(message);
  if (typeof job !== "object" || job === null || Array.isArray(job)) {
    throw new Error("the message is no JSON object");
  }
  const own = Object.fromEntries(Object.entries(job).filter(([name]) => !CORE_FIELDS.has(name)));
  const [userId, userEmail, jobType] = ["user_id", "user_email", "job_type"].map((name) => {
    if (typeof job[name] === "string") return job[name];
    throw new Error(`the message is no job: its \`${name}\` is not a text`);
  });
  const [jobId, sleepTime] = ["job_id", "sleep_time"].map((name) => {
    if (Number.isSafeInteger(job[name]) && job[name] >= 0) return job[name];
    throw new Error(`the message is no job: its \`${name}\` is not a whole number`);
  });
  const fields = parse === undefined ? /** @type {any} */ (own) : parse(own);
  const key = `${userId}-${jobId}`;
  const idempotencyKey = `${key}-${id}`;
  const core = { userId, userEmail, jobId, jobType, sleepTime };
  return { ...core, fields, id, attempt, json: message, key, idempotencyKey };
}

/** One JSON object a line on stderr, where CloudWatch and a terminal find it. */
export const log = {
  /**
   * Something worth knowing happened.
   * @param {string} event
   * @param {Record<string, unknown>} [fields]
   */
  info: (event, fields) => writeLine("info", event, fields),
  /**
   * Something is odd, and was coped with.
   * @param {string} event
   * @param {Record<string, unknown>} [fields]
   */
  warn: (event, fields) => writeLine("warn", event, fields),
  /**
   * Something failed.
   * @param {string} event
   * @param {Record<string, unknown>} [fields]
   */
  error: (event, fields) => writeLine("error", event, fields),
};

/**
 * @param {string} level
 * @param {string} event
 * @param {Record<string, unknown>} [fields]
 */
function writeLine(level, event, fields) {
  const line = { ...fields, level, event };
  const plain = (/** @type {string} */ _, /** @type {unknown} */ value) =>
    typeof value === "bigint" || value instanceof Error ? String(value) : value;
  let text;
  try {
    text = JSON.stringify(line, plain);
  } catch {
    // What JSON has no word for, such as a circle.
    text = JSON.stringify(Object.fromEntries(Object.entries(line).map(([k, v]) => [k, String(v)])));
  }
  process.stderr.write(`${text}\n`);
}

/**
 * What a plugin remembers, under `STATE_URL`: a bucket's prefix, or a folder. `plugin.toml` asks
 * for it: `state = { expire_days = 30 }`. A key may hold any characters; it never leads out. The
 * last writer wins: where two ticks may write the same key at once, write keys of their own.
 */
export const state = {
  /**
   * What the key holds, if anything.
   *
   * @param {string} key
   * @returns {Promise<Buffer | undefined>}
   */
  async get(key) {
    const place = placeOf("STATE_URL", "s3:", "state");
    const missing = (/** @type {any} */ error) => {
      if (error.code === "ENOENT" || error.name === "NoSuchKey") return undefined;
      throw error;
    };
    if (place.protocol === "file:") return readFile(fileOf(place, key)).catch(missing);
    const { s3, sdk, object } = await objectOf(place, key);
    const found = await s3.send(new sdk.GetObjectCommand(object)).catch(missing);
    return found && Buffer.from(await found.Body.transformToByteArray());
  },

  /**
   * Writes the key, whole or not at all.
   *
   * @param {string} key
   * @param {string | Uint8Array} value
   * @returns {Promise<void>}
   */
  async put(key, value) {
    const place = placeOf("STATE_URL", "s3:", "state");
    if (place.protocol === "file:") {
      const file = fileOf(place, key);
      // No key has a `#` in its file's name.
      await writeWhole(file, value, `${file}#${randomUUID().slice(0, 8)}`);
      return;
    }
    const { s3, sdk, object } = await objectOf(place, key);
    await s3.send(new sdk.PutObjectCommand({ ...object, Body: value }));
  },

  /**
   * Forgets the key, if it is there.
   *
   * @param {string} key
   * @returns {Promise<void>}
   */
  async delete(key) {
    const place = placeOf("STATE_URL", "s3:", "state");
    if (place.protocol === "file:") {
      await rm(fileOf(place, key), { force: true });
      return;
    }
    const { s3, sdk, object } = await objectOf(place, key);
    await s3.send(new sdk.DeleteObjectCommand(object));
  },
};

/** The mail is longer than SES takes: a shorter one may go. */
class TooLong extends Error {
  name = "TooLong";
}

/**
 * Mail, from `SOURCE_EMAIL` by the way that `MAIL_URL` names: SES, or a folder. `plugin.toml` asks
 * for it: `mail = { from = "me@example.com" }`.
 */
export const mail = {
  TooLong,

  /**
   * Sends one mail. What stands in `html` from outside is escaped by who writes it.
   *
   * `key` is the same for every try to send this very mail, such as the tick's `idempotencyKey`:
   * it becomes the `Message-ID`, and in a folder the file's name, so that a second try puts the
   * mail in the place of the first. Without one, every try is a new mail.
   *
   * @param {{ to: string, subject: string, text: string, html?: string, key?: string }} letter
   * @returns {Promise<void>}
   */
  async send({ to, subject, text, html, key = randomUUID() }) {
    const place = placeOf("MAIL_URL", "ses:", "mail");
    const from = setting("SOURCE_EMAIL", "mail");
    const token = tokenOf(key);
    const message = messageOf({ from, to, subject, text, html, token });
    if (place.protocol === "file:") {
      const folder = fileURLToPath(place);
      const aside = path.join(folder, ".writing", `${randomUUID()}.eml`);
      await writeWhole(path.join(folder, `${token.slice(0, 200)}.eml`), message, aside);
      return;
    }
    // @ts-ignore: Lambda's own
    const sdk = await import("@aws-sdk/client-sesv2");
    clients.ses ??= new sdk.SESv2Client({ region: place.hostname });
    const command = new sdk.SendEmailCommand({
      FromEmailAddress: from,
      Destination: { ToAddresses: [to] },
      Content: { Raw: { Data: Buffer.from(message) } },
    });
    await clients.ses.send(command).catch((/** @type {Error} */ error) => {
      // SES has no code of its own for it, only words.
      const words = /message length|too long|too large|length less than|maximum size/i;
      throw words.test(error.message) ? new TooLong(error.message, { cause: error }) : error;
    });
  },
};

/**
 * @param {Record<"from" | "to" | "subject" | "text" | "token", string> & { html?: string }} letter
 */
function messageOf({ from, to, subject, text, html, token }) {
  for (const address of [from, to]) {
    if (!/^[!#-'*+\--9=?A-Z^-~]+@[!#-'*+\--9=?A-Z^-~]+$/.test(address)) {
      throw new Error(`\`${address}\` is no e-mail address`);
    }
  }
  const head = [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${encodedWords(subject.split(/\s+/).filter(Boolean).join(" "))}`,
    `Message-ID: <${token}@${from.split("@").at(-1)}>`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    "MIME-Version: 1.0",
  ];
  if (html === undefined) return [...head, ...partOf("plain", text)].join("\r\n");
  // Base64 has no underscore: no part can hold it.
  const edge = "=_alternative";
  const parts = [`--${edge}`, ...partOf("plain", text), `--${edge}`, ...partOf("html", html)];
  const type = `Content-Type: multipart/alternative; boundary="${edge}"`;
  return [...head, type, "", ...parts, `--${edge}--`, ""].join("\r\n");
}

/**
 * @param {"plain" | "html"} kind
 * @param {string} text
 */
function partOf(kind, text) {
  const lines = Buffer.from(text).toString("base64").match(/.{1,76}/g) ?? [];
  const type = `Content-Type: text/${kind}; charset=utf-8`;
  return [type, "Content-Transfer-Encoding: base64", "", ...lines, ""];
}

/**
 * RFC 2047, where a header's text is more than ASCII: words of at most 45 bytes.
 *
 * @param {string} text
 */
function encodedWords(text) {
  if (/^[\x20-\x7e]{0,900}$/.test(text)) return text;
  const words = [""];
  for (const character of text) {
    if (Buffer.byteLength(words.at(-1) + character) > 45) words.push("");
    words[words.length - 1] += character;
  }
  return words.map((word) => `=?utf-8?B?${Buffer.from(word).toString("base64")}?=`).join("\r\n ");
}

/**
 * The key with what an id and a file's name may hold; two keys stay two.
 *
 * @param {string} key
 */
function tokenOf(key) {
  return [...Buffer.from(key)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9-]/.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

/**
 * @param {string} name
 * @param {string} table
 */
function setting(name, table) {
  const value = process.env[name];
  if (value !== undefined) return value;
  throw new Error(`\`${name}\` is not set: \`plugin.toml\` asks for no \`${table}\``);
}

/**
 * @param {string} variable
 * @param {"s3:" | "ses:"} cloud
 * @param {string} table
 */
function placeOf(variable, cloud, table) {
  const url = setting(variable, table);
  try {
    const place = new URL(url);
    const isFolder = place.protocol === "file:" && place.hostname === "";
    if (isFolder || (place.protocol === cloud && place.hostname !== "")) return place;
  } catch {
    // No URL at all.
  }
  throw new Error(`\`${variable}\` is \`${url}\`: neither \`${cloud}//...\` nor \`file:///...\``);
}

/** Made once, and kept for as long as the function is warm. @type {{ s3?: any, ses?: any }} */
const clients = {};

/**
 * @param {URL} place
 * @param {string} key
 */
async function objectOf(place, key) {
  // @ts-ignore: Lambda's own
  const sdk = await import("@aws-sdk/client-s3");
  // By path, as emulators under a name such as `localhost` need it.
  clients.s3 ??= new sdk.S3Client({ forcePathStyle: true });
  const prefix = decodeURIComponent(place.pathname).replace(/^\/+|\/+$/g, "");
  const name = escaped(key);
  const object = { Bucket: place.hostname, Key: prefix === "" ? name : `${prefix}/${name}` };
  return { s3: clients.s3, sdk, object };
}

/**
 * @param {URL} place
 * @param {string} key
 */
function fileOf(place, key) {
  return path.join(fileURLToPath(place), escaped(key));
}

/**
 * As the Rust crate writes keys, so that a plugin can change its language and keep its state.
 *
 * @param {string} key
 */
function escaped(key) {
  if (key === "") throw new Error("the key of a state is empty");
  if (key === "." || key === "..") return key.replaceAll(".", "%2E");
  return [...Buffer.from(key)].map((byte) => {
    const character = String.fromCharCode(byte);
    const plain = byte >= 0x20 && byte < 0x7f && !'/\\{^}%`]">[~<#|*?'.includes(character);
    return plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

/**
 * The file appears whole or not at all: it is written aside and moved.
 *
 * @param {string} file
 * @param {string | Uint8Array} content
 * @param {string} aside
 */
async function writeWhole(file, content, aside) {
  await mkdir(path.dirname(aside), { recursive: true });
  try {
    await writeFile(aside, content);
    await rename(aside, file);
  } finally {
    await rm(aside, { force: true });
  }
}
