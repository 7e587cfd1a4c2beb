/** One line of a log: a record that the engine wrote, or something else. */

/** What of a record matters here; the rest of it stays as it is. */
export interface Line {
  stream: string;
  text: string;
}

function lineOf(value: unknown): Line | undefined {
  if (typeof value !== 'object' || value === null || !('stream' in value) || !('text' in value)) return undefined;
  const { stream, text } = value;
  return typeof stream === 'string' && typeof text === 'string' ? { stream, text } : undefined;
}

/** A record as it was read; `line` is absent for what is no record of ours, and that is withheld whole. */
export interface LogRecord {
  raw: string;
  /** What it parses to; parsed when it is needed, and only for a plain record. */
  value: unknown;
  line: Line | undefined;
}

/** The very form in which logs are written, where a text needs no escape: nine lines of ten are read without parsing them as JSON. */
const plainRecord =
  /^\{"at":(?:0|[1-9]\d{0,14}),"stream":"(stdout|stderr|system)","text":"([^"\\]*)","taskId":"[\w-]{1,64}","attempt":(?:0|[1-9]\d{0,2})\}$/;

// eslint-disable-next-line no-control-regex -- RFC 8259 §7: what a string holds escaped only
const control = /[\u0000-\u001f]/;

function readPlain(raw: string): LogRecord | undefined {
  const [, stream, text] = plainRecord.exec(raw) ?? [];
  if (stream === undefined || text === undefined || control.test(text)) return undefined;
  return { raw, value: undefined, line: { stream, text } };
}

/** Reads a line of a log. */
export function readRecord(raw: string): LogRecord {
  return readPlain(raw) ?? readJson(raw);
}

function readJson(raw: string): LogRecord {
  try {
    const value: unknown = JSON.parse(raw);
    const line = lineOf(value);
    // Only what is written again exactly as it was can be put together again later.
    return { raw, value, line: line && JSON.stringify(value) === raw ? line : undefined };
  } catch {
    return { raw, value: undefined, line: undefined }; // Not JSON.
  }
}
