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

/** The value of a line, read when it is called; throws `mc:request:too-large` or `mc:request:invalid`. */
export type ReadLine<T> = () => T;

type LinesSpec = Extract<BodySpec, { kind: 'lines' }>;

const lineFeed = 0x0a;
/** Space, tab and CR: JSON's own white space within a line. */
const blanks: readonly number[] = [0x20, 0x09, 0x0d];

/** Issues of one line; a reader of hundreds of lines wants to see the pattern of each. */
const maxIssues = 10;

/** The lines of a body that hold something; throws `mc:request:too-large` for more than the operation takes. */
export function readLines(bytes: Uint8Array, spec: LinesSpec, issues: Issue[]): ReadLine<unknown>[] | undefined {
  const lines = splitLines(bytes, spec.maxLines);
  if (lines.length > 0) return lines.map((line) => () => readLine(line, spec));
  issues.push({ code: 'required', pointer: '', message: 'the body has no line', allowed: `1 to ${spec.maxLines} lines of JSON` });
  return undefined;
}

interface TextLine {
  bytes: Uint8Array;
  /** 1-based, blank lines included. */
  number: number;
}

function splitLines(bytes: Uint8Array, maxLines: number): TextLine[] {
  const lines: TextLine[] = [];
  let number = 1;
  let start = 0;
  let isBlank = true;
  for (let at = 0; at <= bytes.length; at++) {
    const byte = at === bytes.length ? lineFeed : (bytes[at] ?? lineFeed);
    if (byte !== lineFeed) {
      isBlank &&= blanks.includes(byte);
      continue;
    }
    if (!isBlank) lines.push({ bytes: bytes.subarray(start, at), number });
    if (lines.length > maxLines)
      throw new McError('mc:request:too-large', `The body has more than ${maxLines} lines; send the rest in another request.`);
    number++;
    start = at + 1;
    isBlank = true;
  }
  return lines;
}

function readLine({ bytes, number }: TextLine, { schema, maxLineBytes }: LinesSpec): unknown {
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
