/** Cuts the starts of a file into requests that a home takes: 500 lines and 4 MiB each (functions/http/executions/start-executions.ts). */
const limits = { lines: 500, bytes: 4 * 1024 * 1024 } as const;

const lineFeed = 0x0a;
/** Space, tab and CR: a line of nothing else is blank, and no home counts it. */
const blanks: readonly number[] = [0x20, 0x09, 0x0d];

/**
 * The bytes as they came, cut after line feeds only; at least one part, an empty one for no bytes. A line that is too large for a home is a part of its own, so that the others are
 * not refused with it.
 */
export function batchParts(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let start = 0;
  let lines = 0;
  let lineStart = 0;
  while (lineStart < bytes.length) {
    const feed = bytes.indexOf(lineFeed, lineStart);
    const lineEnd = feed === -1 ? bytes.length : feed + 1;
    const isStart = bytes.subarray(lineStart, feed === -1 ? bytes.length : feed).some((byte) => !blanks.includes(byte));
    if (lines > 0 && ((isStart && lines === limits.lines) || lineEnd - start > limits.bytes)) {
      parts.push(bytes.subarray(start, lineStart));
      start = lineStart;
      lines = 0;
    }
    if (isStart) lines += 1;
    lineStart = lineEnd;
  }
  parts.push(bytes.subarray(start));
  return parts;
}
