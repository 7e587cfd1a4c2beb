/**
 * Reads NDJSON: one JSON value a line, lines end in LF or CRLF, the last one may end with the body. Blank lines are skipped and not counted. What is wrong
 * with one line is an error of that line; what is wrong with the whole (too many lines, none at all) is one of the request.
 */
import { McError } from '../../../shared/core/errors.ts';
import type { Issue } from '../../../shared/core/issue.ts';
import { issuesOfZod } from '../../../shared/core/zod-issues.ts';
import { parseJson } from './json-text.ts';
import type { BodySpec } from '../operation.ts';

/** The media type of NDJSON; there is no registered one, and this is what the tools that write it send. */
export const ndjsonMediaType = 'application/x-ndjson';

/** The value of a line, read when it is called and never to be changed, for it may be that of another line too; throws `mc:request:too-large` or `mc:request:invalid`. */
export type ReadLine<T> = () => T;

type LinesSpec = Extract<BodySpec, { kind: 'lines' }>;

const lineFeed = 0x0a;
/** Space, tab and CR: JSON's own white space within a line. */
const blanks: readonly number[] = [0x20, 0x09, 0x0d];

/** Issues of one line; a reader of hundreds of lines wants to see the pattern of each. */
const maxIssues = 10;

/** Lines that are read when they are asked for. */
export interface Lines extends Iterable<ReadLine<unknown>> {
  readonly count: number;
}

/**
 * The lines of a body that hold something, found and read one after the other as they are asked for; throws `mc:request:too-large` for more than the operation takes.
 */
export function readLines(bytes: Uint8Array, spec: LinesSpec, issues: Issue[]): Lines | undefined {
  let count = 0;
  const places = splitLines(bytes);
  while (places.next().done !== true) if (++count > spec.maxLines) throw tooMany(spec);
  if (count > 0) return { count, [Symbol.iterator]: () => linesOf(bytes, spec) };
  issues.push({ code: 'required', pointer: '', message: 'the body has no line', allowed: `1 to ${spec.maxLines} lines of JSON` });
  return undefined;
}

function tooMany({ maxLines }: LinesSpec): McError {
  return new McError('mc:request:too-large', `The body has more than ${maxLines} lines; send the rest in another request.`);
}

/** Batches often start the same thing many times, so a line that equals the one before has its value. */
function* linesOf(bytes: Uint8Array, spec: LinesSpec): Generator<ReadLine<unknown>> {
  let last: { bytes: Uint8Array; value: unknown } | undefined;
  for (const { start, end, number } of splitLines(bytes)) {
    yield () => {
      const line = bytes.subarray(start, end);
      if (last && Buffer.compare(last.bytes, line) === 0) return last.value;
      const value = readLine(line, number, spec);
      last = { bytes: line, value };
      return value;
    };
  }
}

/** Where a line lies that is not blank. */
interface LinePlace {
  start: number;
  end: number;
  /** 1-based, blank lines included. */
  number: number;
}

function* splitLines(bytes: Uint8Array): Generator<LinePlace> {
  let number = 1;
  for (let start = 0; start < bytes.length; number++) {
    const lineEnd = bytes.indexOf(lineFeed, start);
    const end = lineEnd === -1 ? bytes.length : lineEnd;
    if (!isBlank(bytes, start, end)) yield { start, end, number };
    start = end + 1;
  }
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!blanks.includes(bytes[at] ?? lineFeed)) return false;
  return true;
}

function readLine(bytes: Uint8Array, number: number, { schema, maxLineBytes }: LinesSpec): unknown {
  if (bytes.length > maxLineBytes)
    throw new McError('mc:request:too-large', `The line has ${bytes.length} bytes; at most ${maxLineBytes} are allowed.`);
  const issues: Issue[] = [];
  const value = parseJson(bytes, issues);
  if (issues.length > 0) throw invalid(issues.map((issue) => ({ ...issue, line: number })));
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(issuesOfZod(parsed.error, value));
}

function invalid(issues: readonly Issue[]): McError {
  const [first] = issues;
  const more = issues.length === 1 ? '' : ` (and ${issues.length - 1} more)`;
  const place = first?.pointer === '' ? 'The line' : first?.pointer;
  return new McError('mc:request:invalid', `${place}: ${first?.message}${more}`, { issues: issues.slice(0, maxIssues) });
}
