/**
 * Reads what the child wrote on its answer descriptor. The child runs the task's code, so nothing here is trusted: the shape is parsed,
 * the size was bounded while reading, and outputs must be JSON that canonicalises (RFC 8785 wants well-formed strings). Half a character in a message is mended, because a
 * failure must not be lost.
 */
import { z } from 'zod';
import type { Json, JsonObject } from '../../shared/core/json/canonical-json.ts';
import { toPointer } from '../../shared/core/json/json-pointer.ts';
import { cutText } from '../../shared/core/text/cut-text.ts';

/** Deeper values are an attack on recursive readers, not data. Equal to the limit in child-main.mjs. */
const maxDepth = 64;
/** Of a place in the outputs; a name in it may be as long as all of them. Equal to the limit in child-main.mjs. */
const maxPointer = 200;

const Usage = z.strictObject({ cpuMs: z.int().nonnegative(), maxRssBytes: z.int().nonnegative() });

const Answer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('succeeded'),
    outputs: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
    usage: Usage,
  }),
  z.strictObject({
    kind: z.literal('failed'),
    failure: z.enum(['error', 'invalid-output', 'memory']),
    message: z
      .string()
      .max(4_000)
      .transform((message) => message.toWellFormed()),
    retryable: z.boolean(),
    usage: Usage,
  }),
]);
export type Answer = z.infer<typeof Answer>;

/** `none`: the sandbox never came up. `ready`: it came up, and ended without an answer. */
export type AnswerState =
  { kind: 'none' } | { kind: 'ready' } | { kind: 'answered'; answer: Answer } | { kind: 'unreadable'; reason: string };

interface Flaw {
  /** Where, from the inside out. */
  path: PropertyKey[];
  what: string;
}

function flawOf(value: Json, depth: number): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : 'holds half of a surrogate pair';
  // JSON has no such number, but 1e400 is read as one.
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'is a number too large for JSON';
  return typeof value === 'object' && value !== null && depth >= maxDepth ? `is nested more than ${maxDepth} levels deep` : undefined;
}

/**
 * The first flaw that leaves a value without a canonical form, if there is one. A few megabytes may be a million values, and the home waits meanwhile: nothing is
 * kept for a value without a flaw, not even its path. Recursion ends at the depth that it guards.
 */
function findFlaw(value: Json, depth: number): Flaw | undefined {
  const what = flawOf(value, depth);
  if (what !== undefined) return { path: [], what };
  if (value === null || typeof value !== 'object') return undefined;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) {
      const flaw = findFlaw(value[at] as Json, depth + 1); // Read from JSON, so it has no holes.
      if (flaw) return outside(at, flaw);
    }
    return undefined;
  }
  for (const key in value) {
    if (!key.isWellFormed()) return { path: [], what: 'has a name with half of a surrogate pair' };
    const flaw = findFlaw(value[key] as Json, depth + 1); // It has this key.
    if (flaw) return outside(key, flaw);
  }
  return undefined;
}

function outside(key: PropertyKey, { path, what }: Flaw): Flaw {
  path.push(key);
  return { path, what };
}

function describeFlaw({ path, what }: Flaw): string {
  const pointer = toPointer(path.reverse());
  const place = pointer.length > maxPointer ? `${cutText(pointer, maxPointer)}…` : pointer || 'the top';
  return `the output at ${place} ${what}`;
}

/** Reads the whole answer stream: a ready mark, then at most one answer. */
export function readAnswer(text: string): AnswerState {
  const [ready, line, ...rest] = text.split('\n');
  if (ready !== '{"ready":true}') return { kind: 'none' };
  if (line === undefined || line === '') return { kind: 'ready' };
  // An unfinished line is an answer that the end of the process cut off.
  if (rest.length === 0) return { kind: 'ready' };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { kind: 'unreadable', reason: 'the answer of the task is not JSON' };
  }
  const parsed = Answer.safeParse(value);
  if (!parsed.success || rest.some((other) => other !== ''))
    return { kind: 'unreadable', reason: 'the answer of the task has another shape than the runner allows' };
  if (parsed.data.kind === 'failed') return { kind: 'answered', answer: parsed.data };
  const flaw = findFlaw(parsed.data.outputs, 0);
  return flaw === undefined ? { kind: 'answered', answer: parsed.data } : { kind: 'unreadable', reason: describeFlaw(flaw) };
}
