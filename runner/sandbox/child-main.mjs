/**
 * The process inside the sandbox: reads one request from descriptor 3, runs the package once, writes one answer to descriptor 4.
 * Plain JavaScript without imports of ours, because inside the sandbox there is nothing but Node and this file.
 * stdout and stderr belong to the task: nothing printed there is ever read as an answer.
 */
import { readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';

const requestFd = 3;
const answerFd = 4;
/** Deeper values are an attack on recursive readers, not data. Equal to the limit that the parent checks. */
const maxDepth = 64;
/** Enough for any honest message; the whole text is in the log. */
const maxMessage = 2_000;
/** Of a place in the outputs; a name in it may be as long as all of them. Equal to the limit of the parent. */
const maxPointer = 200;

/** An answer that says what the task did wrong, apart from errors that the task itself threw. */
class OutputError extends Error {
  failure = 'invalid-output';
  retryable = false;
}

/**
 * The beginning of a text, cut between two characters and never through one.
 * @param {string} text
 * @param {number} max
 */
function cut(text, max) {
  if (text.length <= max) return text;
  return text.slice(0, text.codePointAt(max - 1) > 0xffff ? max - 1 : max);
}

/** @param {string} text */
function writeAnswer(text) {
  let rest = Buffer.from(`${text}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(answerFd, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

/** Reads up to the first newline; blocks, because there is nothing to do before the request is here. */
function readRequest() {
  const chunks = [];
  const buffer = Buffer.alloc(65_536);
  for (;;) {
    const length = readSync(requestFd, buffer);
    if (length === 0) process.exit(70);
    const chunk = Buffer.from(buffer.subarray(0, length));
    const end = chunk.indexOf(10);
    chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
    if (end >= 0) return JSON.parse(Buffer.concat(chunks).toString());
  }
}

/** Everything after the request is a wish to cancel; the end of the stream means that the parent is gone. */
function listenForCancel() {
  const controller = new AbortController();
  const control = new Socket({ fd: requestFd, readable: true, writable: false });
  control.on('data', () => controller.abort(new Error('the execution was cancelled')));
  control.on('end', () => process.exit(71));
  control.on('error', () => process.exit(71));
  control.unref();
  return controller.signal;
}

/**
 * What is wrong with a value itself, if anything.
 * @param {unknown} value
 * @param {unknown[]} parents
 */
function flawOf(value, parents) {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : String(value);
  if (typeof value !== 'object') return typeof value;
  if (parents.length >= maxDepth) return `nested more than ${maxDepth} levels deep`;
  if (parents.includes(value)) return 'a cycle';
  const proto = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && proto !== null && Object.getPrototypeOf(proto) !== null) return `an instance of ${proto.constructor?.name}`;
  return undefined;
}

/**
 * Refuses what JSON.stringify would drop or change without a word. The whole walk has one path and one list of parents: copies for each of a
 * million items would need more time and memory than the items.
 * @param {unknown} value
 * @param {string[]} path
 * @param {unknown[]} parents
 */
function assertPlain(value, path, parents) {
  const flaw = flawOf(value, parents);
  if (flaw !== undefined) {
    const pointer = path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    const place = pointer.length > maxPointer ? `${cut(pointer, maxPointer)}…` : pointer || 'the top';
    throw new OutputError(`the output at ${place} is ${flaw}; allowed is plain JSON`);
  }
  if (value === null || typeof value !== 'object') return;
  parents.push(value);
  for (const key of Object.keys(value)) {
    path.push(key);
    assertPlain(value[key], path, parents);
    path.pop();
  }
  parents.pop();
}

function usage() {
  const { user, system } = process.cpuUsage();
  return { cpuMs: Math.round((user + system) / 1_000), maxRssBytes: process.resourceUsage().maxRSS * 1_024 };
}

/** @param {unknown} thrown */
function describe(thrown) {
  const isError = thrown !== null && typeof thrown === 'object';
  const message = cut(String((isError && thrown.message) || thrown), maxMessage);
  const outOfMemory =
    isError && (thrown.code === 'ERR_MEMORY_ALLOCATION_FAILED' || (thrown instanceof RangeError && /allocation failed/i.test(message)));
  const failure = thrown instanceof OutputError ? 'invalid-output' : outOfMemory ? 'memory' : 'error';
  return { failure, message, retryable: !(isError && thrown.retryable === false) };
}

/** Resolves when everything printed so far has left this process; `process.exit` would drop what a pipe had no room for. */
function flush(stream) {
  return new Promise((resolve) => {
    stream.once('error', resolve);
    stream.write('', resolve);
  });
}

let answered = false;
/** @param {object} body */
async function answer(body) {
  if (answered) return;
  answered = true;
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  writeAnswer(JSON.stringify({ ...body, usage: usage() }));
  process.exit(0);
}

/** @param {unknown} thrown */
function answerFailure(thrown) {
  const stack = thrown !== null && typeof thrown === 'object' ? thrown.stack : undefined;
  // A failure the package foresaw needs no stack; everything else does.
  if (stack && thrown.retryable !== false) process.stderr.write(`${stack}\n`);
  void answer({ kind: 'failed', ...describe(thrown) });
}

async function loadPackage(entry) {
  try {
    const { default: run } = await import(pathToFileURL(entry).href);
    if (typeof run === 'function') return run;
  } catch (error) {
    throw Object.assign(error instanceof Error ? error : new Error(String(error)), { retryable: false });
  }
  throw Object.assign(new Error('index.mjs has no function as its default export'), { retryable: false });
}

writeAnswer('{"ready":true}');
const request = readRequest();
const signal = listenForCancel();
process.on('uncaughtException', answerFailure);
process.on('beforeExit', () =>
  answerFailure(new Error('the task waits for something that cannot happen any more: its promise never settled')),
);
try {
  if (request.egress !== null) (await import('./child-egress.mjs')).useProxy(request.egress);
  const run = await loadPackage(request.entry);
  const { inputs, workspace, scratch, attempt, idempotencyKey } = request;
  const log = (text) => void process.stdout.write(`${typeof text === 'string' ? text : JSON.stringify(text)}\n`);
  const outputs = await run({ inputs, workspace, scratch, log, signal, attempt, idempotencyKey });
  if (outputs === null || typeof outputs !== 'object' || Array.isArray(outputs))
    throw new OutputError('the task answered no object; a package returns the object of its outputs');
  assertPlain(outputs, [], []);
  await answer({ kind: 'succeeded', outputs });
} catch (error) {
  answerFailure(error);
}
