/**
 * Reads what the child wrote on its answer descriptor. The child runs the task's code, so nothing here is trusted: the shape is parsed,
 * the size was bounded while reading, and outputs must be JSON that canonicalises (RFC 8785 wants well-formed strings). Half a character in a message is mended, because a
 * failure must not be lost.
 */
import { z } from 'zod';
import type { Json, JsonObject } from '../../shared/core/json/canonical-json.ts';
import { toPointer } from '../../shared/core/json/json-pointer.ts';

/** Deeper values are an attack on recursive readers, not data. Equal to the limit in child-main.mjs. */
const maxDepth = 64;

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

/** The first place in a value that has no canonical form, if there is one. Iterative, because depth is what it guards against. */
function findUncanonical(root: Json): string | undefined {
  const open: { value: Json; path: readonly PropertyKey[] }[] = [{ value: root, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, path } = next;
    if (typeof value === 'string' && !value.isWellFormed()) return `${toPointer(path)} holds half of a surrogate pair`;
    if (value === null || typeof value !== 'object') continue;
    if (path.length >= maxDepth) return `${toPointer(path)} is nested more than ${maxDepth} levels deep`;
    for (const [key, item] of Object.entries(value)) {
      if (!key.isWellFormed()) return `${toPointer(path)} has a name with half of a surrogate pair`;
      open.push({ value: item, path: [...path, key] });
    }
  }
  return undefined;
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
  const uncanonical = findUncanonical(parsed.data.outputs);
  return uncanonical === undefined
    ? { kind: 'answered', answer: parsed.data }
    : { kind: 'unreadable', reason: `the output at ${uncanonical}` };
}
