// Runs a handler behind the Lambda Runtime API: what Lambda's own Node.js runtime does, as far as
// a handler can tell. Node's own modules alone, from Node 18 on.

import { existsSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { pathToFileURL } from "node:url";

const API = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;
const ROOT = process.env.LAMBDA_TASK_ROOT;
const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });

function call(method, where, body, headers) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const all = { "Content-Type": "application/json", ...length, ...headers };
    const request = http.request(API + where, { method, agent, headers: all }, (reply) => {
      const chunks = [];
      reply.on("data", (chunk) => chunks.push(chunk));
      reply.on("error", reject);
      reply.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: reply.statusCode, headers: reply.headers, text });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

function told(error, kind) {
  if (!(error instanceof Error)) {
    return { errorType: kind ?? typeof error, errorMessage: String(error), trace: [] };
  }
  const frames = (error.stack ?? "").split("\n").filter((line) => !line.includes("[eval"));
  return { errorType: kind ?? error.name, errorMessage: error.message, trace: frames };
}

function fail(where, error, kind) {
  const body = told(error, kind);
  // A header takes no other characters; the body has them all.
  const kind_of = String(body.errorType).replace(/[^\x20-\x7e]/g, "?");
  const headers = { "Lambda-Runtime-Function-Error-Type": kind_of };
  return call("POST", where, JSON.stringify(body), headers);
}

class Refused extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

async function load(handler) {
  const folder = path.dirname(handler);
  const [, file, name] = /^([^.]*)\.(.+)$/.exec(path.basename(handler)) ?? [];
  if (name === undefined) {
    throw new Refused("Runtime.MalformedHandlerName", `Bad handler '${handler}'`);
  }
  const stem = path.resolve(ROOT, folder, file);
  const found = [".js", ".mjs", ".cjs"].map((end) => stem + end).find((one) => existsSync(one));
  if (found === undefined) {
    throw new Refused("Runtime.ImportModuleError", `Cannot find module '${file}'`);
  }
  let module;
  try {
    module = await import(pathToFileURL(found).href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      error.name = "Runtime.UserCodeSyntaxError";
    } else if (/MODULE_NOT_FOUND$/.test(error?.code ?? "")) {
      error.name = "Runtime.ImportModuleError";
    }
    throw error;
  }
  // A CommonJS module's exports are the default one; not all of them have names.
  const walk = (from) => name.split(".").reduce((at, key) => at?.[key], from);
  const target = walk(module) ?? walk(module.default);
  if (typeof target !== "function") {
    const what = target === undefined ? "undefined or not exported" : "not a function";
    throw new Refused("Runtime.HandlerNotFound", `${handler} is ${what}`);
  }
  return target;
}

function contextOf(headers, settle) {
  const env = process.env;
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    succeed: (result) => settle(null, result),
    fail: (error) => settle(error ?? new Error("the handler failed")),
    done: (error, result) => settle(error, result),
  };
}

// Calls the handler; whichever of promise and callback comes first counts.
function handle(handler, event, headers) {
  return new Promise((resolve, reject) => {
    let settled = false;
    let waiting;
    const finish = (error, result) => {
      process.off("beforeExit", waiting);
      if (error !== null && error !== undefined) reject(error);
      else resolve(result);
    };
    const settle = (error, result) => {
      if (settled) return;
      settled = true;
      const failed = error !== null && error !== undefined;
      if (failed || !context.callbackWaitsForEmptyEventLoop) {
        finish(error, result);
        return;
      }
      process.off("beforeExit", waiting);
      waiting = () => finish(null, result);
      process.once("beforeExit", waiting);
    };
    const context = contextOf(headers, settle);
    // Nothing is left to do, and nobody has answered: that is an empty answer.
    waiting = () => finish(null, null);
    process.once("beforeExit", waiting);
    try {
      const result = handler(event, context, settle);
      if (typeof result?.then === "function") {
        settled = true;
        result.then((value) => finish(null, value), (error) => finish(error ?? new Error("rejected")));
      }
    } catch (error) {
      finish(error ?? new Error("thrown"));
    }
  });
}

function marshalled(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch (error) {
    throw new Refused("Runtime.MarshalError", `Unable to stringify response: ${error.message}`);
  }
}

let where = "/init/error";
let lost = false;

// What nobody caught ends the process, as on Lambda, but not before it is told.
async function uncaught(error, kind) {
  if (lost) return;
  lost = true;
  console.error(error);
  try {
    await fail(where, error, kind);
  } finally {
    process.exit(129);
  }
}
process.on("uncaughtException", (error) => uncaught(error));
process.on("unhandledRejection", (reason) => uncaught(reason, "Runtime.UnhandledPromiseRejection"));

async function main() {
  let handler;
  try {
    handler = await load(process.env._HANDLER);
  } catch (error) {
    await fail(where, error);
    process.exit(1);
  }
  for (;;) {
    const next = await call("GET", "/invocation/next");
    if (next.status !== 200) process.exit(0);
    const run = `/invocation/${next.headers["lambda-runtime-aws-request-id"]}`;
    where = `${run}/error`;
    process.env._X_AMZN_TRACE_ID = next.headers["lambda-runtime-trace-id"] ?? "";
    try {
      const body = marshalled(await handle(handler, JSON.parse(next.text), next.headers));
      await call("POST", `${run}/response`, body);
    } catch (error) {
      if (lost) return;
      await fail(where, error);
    }
  }
}

// The server is gone where a call fails.
main().catch(() => process.exit(1));
