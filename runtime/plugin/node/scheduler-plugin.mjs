/**
 * What a consumer in Node.js may use: one file, no dependency, MIT or Apache-2.0. Version 0.1.0.
 *
 *     import { consumer, log } from "./scheduler-plugin.mjs";
 *
 *     // The Lambda handler of a function of one tick.
 *     export const handle = consumer(async (tick) => {
 *       log.info("ping", { url: tick.fields.url });
 *     });
 *
 * `consumer` takes jobs out of their envelopes (SQS's and SNS's), runs them side by side, and says
 * which of them failed: only those come again. `state` keeps things between ticks, `mail` sends;
 * both work on AWS and on one machine. Node.js 18 or newer; the AWS SDK, which Lambda brings along,
 * is imported only where a bucket or SES is used.
 */

import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Every field that belongs to the core; what a job has besides is its type's own. */
const CORE_FIELDS = new Set([
  "user_id", "user_email", "job_id", "job_type", "sleep_time", "enabled", "rev", "anchor",
  "updated_at", "next_run", "last_run", "runs",
]);
/** Kept back of the function's time, to answer in: milliseconds. */
const TO_ANSWER = 500;

/**
 * One firing of a job.
 *
 * @typedef {object} Tick
 * @property {string} userId
 * @property {string} userEmail
 * @property {number} jobId
 * @property {string} jobType
 * @property {number} sleepTime the interval, seconds
 * @property {any} fields the type's own fields, or what `parse` made of them
 * @property {string} id the delivery's id: the same when this tick is delivered again
 * @property {number} attempt 1 for the first delivery; always 1 without a queue
 * @property {string} json the whole job as it came: JavaScript rounds numbers over 2^53
 * @property {string} key unique in a deployment, and the same for every tick of the job
 * @property {string} idempotencyKey the same for every delivery of this tick, and no other's
 */

/**
 * Makes the Lambda handler of a function of one tick.
 *
 * @param {(tick: Tick) => unknown} work
 * @param {{ parse?: (fields: Record<string, unknown>) => unknown }} [options] `parse` gets the type's
 *   own fields; what it throws is a failed tick
 */
export function consumer(work, { parse } = {}) {
  return async (event, context) => {
    const records = event?.Records;
    if (!Array.isArray(records)) {
      throw new Error(
        "the event has no list of `Records`: a consumer is invoked by SNS or by an SQS queue",
      );
    }
    const deliveries = records.map(delivery);
    const outcomes = await Promise.all(deliveries.map((one) => run(one, work, parse, context)));
    const failed = outcomes.filter((outcome) => outcome !== undefined);
    const whole = failed.filter((one) => !one.queued);
    if (whole.length > 0) {
      const told = `${failed.length} of ${deliveries.length} ticks failed`;
      throw new Error(`${told}; the last one: ${whole.at(-1).reason}`);
    }
    return { batchItemFailures: failed.map(({ id }) => ({ itemIdentifier: id })) };
  };
}

async function run(delivery, work, parse, context) {
  let timer;
  try {
    const late = new Promise((_, reject) => {
      const left = context?.getRemainingTimeInMillis?.();
      const over = () => reject(new Error("the function's time is over"));
      if (left !== undefined) timer = setTimeout(over, Math.max(left - TO_ANSWER, 0));
    });
    const done = Promise.resolve().then(() => work(tick(delivery, parse)));
    await Promise.race([done, late]);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    log.error("tick failed", { tick: delivery.id, reason, trace: error?.stack ?? "" });
    return { ...delivery, reason };
  } finally {
    clearTimeout(timer);
  }
}

function delivery(record) {
  if (typeof record?.Sns === "object" && record.Sns !== null) {
    const { MessageId, Message } = record.Sns;
    return { queued: false, id: text(MessageId) ?? "", attempt: 1, message: text(Message) };
  }
  const id = text(record?.messageId);
  if (id === undefined) return { queued: false, id: "", attempt: 1, message: undefined };
  const count = Number(record.attributes?.ApproximateReceiveCount ?? 1);
  const body = text(record.body);
  const attempt = Number.isInteger(count) ? count : 1;
  return { queued: true, id, attempt, message: body === undefined ? body : unwrapped(body) };
}

function text(value) {
  return typeof value === "string" ? value : undefined;
}

/** SNS's own envelope stands in a queue's body where raw delivery is off. */
function unwrapped(body) {
  try {
    const { Type, TopicArn, Message } = JSON.parse(body);
    const wrapped = typeof TopicArn === "string" && typeof Message === "string";
    return Type === "Notification" && wrapped ? Message : body;
  } catch {
    return body;
  }
}

function tick({ id, attempt, message }, parse) {
  if (message === undefined) {
    throw new Error("the record is neither SNS's nor SQS's, or holds no message");
  }
  const job = JSON.parse(message);
  if (typeof job !== "object" || job === null || Array.isArray(job)) {
    throw new Error("the message is no job: it is no JSON object");
  }
  const own = Object.fromEntries(Object.entries(job).filter(([name]) => !CORE_FIELDS.has(name)));
  const userId = core(job, "user_id", "string");
  const jobId = core(job, "job_id", "number");
  const key = `${userId}-${jobId}`;
  return {
    userId,
    userEmail: core(job, "user_email", "string"),
    jobId,
    jobType: core(job, "job_type", "string"),
    sleepTime: core(job, "sleep_time", "number"),
    fields: parse === undefined ? own : parse(own),
    id,
    attempt,
    json: message,
    key,
    idempotencyKey: `${key}-${id}`,
  };
}

function core(job, name, kind) {
  const value = job[name];
  const fits = kind === "number" ? Number.isInteger(value) && value >= 0 : typeof value === kind;
  if (!fits) {
    const wanted = kind === "string" ? "a text" : "a whole number";
    throw new Error(`the message is no job: its \`${name}\` is not ${wanted}`);
  }
  return value;
}

/** One JSON object a line on stderr, where CloudWatch and a terminal find it. */
export const log = {
  /** Something worth knowing happened. */
  info: (event, fields = {}) => write("info", event, fields),
  /** Something is odd, and was coped with. */
  warn: (event, fields = {}) => write("warn", event, fields),
  /** Something failed. */
  error: (event, fields = {}) => write("error", event, fields),
};

function write(level, event, fields) {
  process.stderr.write(`${JSON.stringify({ ...fields, level, event })}\n`);
}

/**
 * What a plugin remembers, under `STATE_URL`: a bucket's prefix, or a folder. `plugin.toml` asks for
 * it: `state = { expire_days = 30 }`. A key may hold any characters; it never leads out. The last
 * writer wins: where two ticks may write the same key at once, write keys of their own.
 */
export const state = {
  /**
   * What the key holds, if anything.
   * @param {string} key
   * @returns {Promise<Buffer | undefined>}
   */
  async get(key) {
    const place = placeOf("STATE_URL", "state", "s3:");
    if (place.protocol === "file:") {
      return readFile(fileOf(place, key)).catch((error) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
    }
    const { client, sdk, object } = await bucketOf(place, key);
    try {
      const { Body } = await client.send(new sdk.GetObjectCommand(object));
      return Buffer.from(await Body.transformToByteArray());
    } catch (error) {
      if (error.name === "NoSuchKey") return undefined;
      throw error;
    }
  },

  /**
   * Writes the key, whole or not at all.
   * @param {string} key
   * @param {string | Uint8Array} value
   */
  async put(key, value) {
    const place = placeOf("STATE_URL", "state", "s3:");
    if (place.protocol === "file:") return writeWhole(fileOf(place, key), value);
    const { client, sdk, object } = await bucketOf(place, key);
    await client.send(new sdk.PutObjectCommand({ ...object, Body: value }));
  },

  /**
   * Forgets the key, if it is there.
   * @param {string} key
   */
  async delete(key) {
    const place = placeOf("STATE_URL", "state", "s3:");
    if (place.protocol === "file:") return rm(fileOf(place, key), { force: true });
    const { client, sdk, object } = await bucketOf(place, key);
    await client.send(new sdk.DeleteObjectCommand(object));
  },
};

/**
 * Mail, from `SOURCE_EMAIL` by the way that `MAIL_URL` names: SES, or a folder. `plugin.toml` asks for
 * it: `mail = { from = "me@example.com" }`.
 */
export const mail = {
  /**
   * Sends one mail. `key` is the same for every try to send this very mail, such as the tick's
   * `idempotencyKey`: it becomes the `Message-ID`, and in a folder the file's name.
   *
   * @param {{ to: string, subject: string, text: string, html?: string, key: string }} message
   */
  async send({ to, subject, text, html, key }) {
    const place = placeOf("MAIL_URL", "mail", "ses:");
    const written = messageOf(to, subject, text, html, key);
    if (place.protocol === "file:") {
      const name = `${token(key).slice(0, 200)}.eml`;
      return writeWhole(path.join(fileURLToPath(place), name), written);
    }
    const sdk = await import("@aws-sdk/client-sesv2");
    const client = new sdk.SESv2Client({ region: place.hostname });
    const command = {
      FromEmailAddress: process.env.SOURCE_EMAIL,
      Destination: { ToAddresses: [to] },
      Content: { Raw: { Data: Buffer.from(written) } },
    };
    await client.send(new sdk.SendEmailCommand(command));
  },
};

function messageOf(to, subject, text, html, key) {
  const from = process.env.SOURCE_EMAIL;
  if (from === undefined) {
    throw new Error("`SOURCE_EMAIL` is not set: `plugin.toml` asks for no `mail`");
  }
  for (const address of [from, to]) {
    if (!/^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/.test(address)) {
      throw new Error(`\`${address}\` is no e-mail address`);
    }
  }
  const head = [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${words(subject.split(/\s+/).filter(Boolean).join(" "))}`,
    `Message-ID: <${token(key)}@${from.split("@").at(-1)}>`,
    `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
    "MIME-Version: 1.0",
  ];
  if (html === undefined) return [...head, ...part("plain", text)].join("\r\n");
  const edge = `=_${token(key).slice(0, 50)}`;
  return [
    ...head,
    `Content-Type: multipart/alternative; boundary="${edge}"`,
    "",
    `--${edge}`,
    ...part("plain", text),
    `--${edge}`,
    ...part("html", html),
    `--${edge}--`,
    "",
  ].join("\r\n");
}

function part(kind, text) {
  const lines = Buffer.from(text).toString("base64").match(/.{1,76}/g) ?? [];
  const type = `Content-Type: text/${kind}; charset=utf-8`;
  return [type, "Content-Transfer-Encoding: base64", "", ...lines, ""];
}

/** RFC 2047, where a header's text is more than ASCII: words of at most 45 bytes. */
function words(text) {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const groups = [""];
  for (const character of text) {
    const longer = groups.at(-1) + character;
    if (Buffer.byteLength(longer) <= 45) groups[groups.length - 1] = longer;
    else groups.push(character);
  }
  return groups.map((group) => `=?utf-8?B?${Buffer.from(group).toString("base64")}?=`).join("\r\n ");
}

/** The key with what an id and a file's name may hold; two keys stay two. */
function token(key) {
  const plain = (byte) => /[A-Za-z0-9-]/.test(String.fromCharCode(byte)) && byte < 0x80;
  const hex = (byte) => `_${byte.toString(16).padStart(2, "0")}`;
  const bytes = [...Buffer.from(key)];
  return bytes.map((byte) => (plain(byte) ? String.fromCharCode(byte) : hex(byte))).join("");
}

function placeOf(variable, table, cloud) {
  const url = process.env[variable];
  if (url === undefined) {
    throw new Error(`\`${variable}\` is not set: \`plugin.toml\` asks for no \`${table}\``);
  }
  const place = new URL(url);
  if (!["file:", cloud].includes(place.protocol)) {
    throw new Error(`\`${variable}\` is \`${url}\`, which is no such place`);
  }
  return place;
}

function fileOf(place, key) {
  return path.join(fileURLToPath(place), escaped(key));
}

async function bucketOf(place, key) {
  const sdk = await import("@aws-sdk/client-s3");
  const prefix = decodeURIComponent(place.pathname).replace(/^\/+|\/+$/g, "");
  const name = escaped(key);
  const object = { Bucket: place.hostname, Key: prefix === "" ? name : `${prefix}/${name}` };
  return { client: new sdk.S3Client({}), sdk, object };
}

/** As the Rust helper writes keys, so that a plugin can change its language and keep its state. */
function escaped(key) {
  if (key === "." || key === "..") return key.replaceAll(".", "%2E");
  const hostile = '/\\{^}%`]">[~<#|*?';
  const one = (byte) => {
    const character = String.fromCharCode(byte);
    const plain = byte >= 0x20 && byte < 0x7f && !hostile.includes(character);
    return plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  };
  return [...Buffer.from(key)].map(one).join("");
}

/** The file appears whole or not at all: it is written aside and moved. */
async function writeWhole(file, content) {
  const aside = path.join(path.dirname(file), ".writing");
  await mkdir(aside, { recursive: true });
  const temporary = path.join(aside, `${process.pid}-${path.basename(file)}`.slice(0, 255));
  await writeFile(temporary, content);
  await rename(temporary, file);
}
