/**
 * Turns what a task prints into log lines. Keeps at most its limit, however much is printed, and says at the end how much it dropped.
 * Control characters stay data: whoever shows a line escapes it.
 */
import { StringDecoder } from 'node:string_decoder';
import { cutText } from '../../shared/core/text/cut-text.ts';
import type { Clock } from '../../shared/port/clock.ts';
import type { LogLine } from '../../shared/port/runner.ts';

/** A longer line is split: one line must fit into a page of the log whatever is printed. */
const maxLineChars = 8 * 1024;

/** What a line costs beyond its text (time, stream, JSON), so that a flood of empty lines is bounded too. */
const lineOverheadBytes = 32;

interface Pending {
  decoder: StringDecoder;
  text: string;
}

export class LogCollector {
  readonly #clock: Clock;
  readonly #limitBytes: number;
  readonly #lines: LogLine[] = [];
  readonly #pending: Record<'stdout' | 'stderr', Pending> = {
    stdout: { decoder: new StringDecoder('utf8'), text: '' },
    stderr: { decoder: new StringDecoder('utf8'), text: '' },
  };
  #keptBytes = 0;
  #droppedBytes = 0;

  constructor(clock: Clock, limitBytes: number) {
    this.#clock = clock;
    this.#limitBytes = limitBytes;
  }

  write(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (this.#droppedBytes > 0) {
      // Once over the limit nothing is decoded any more: a flood must not cost the host its CPU.
      this.#droppedBytes += chunk.length;
      return;
    }
    const pending = this.#pending[stream];
    const parts = (pending.text + pending.decoder.write(chunk)).split('\n');
    pending.text = parts.pop() ?? '';
    for (const part of parts) this.#push(stream, part, 1);
    while (pending.text.length > maxLineChars) {
      const piece = cutText(pending.text, maxLineChars);
      this.#push(stream, piece, 0);
      pending.text = pending.text.slice(piece.length);
    }
  }

  /** A line of the runner itself; never dropped, because the runner writes few. */
  system(text: string): void {
    for (const piece of split(text)) this.#lines.push({ at: this.#clock.now(), stream: 'system', text: piece });
  }

  /** Ends both streams: keeps an unfinished last line and accounts for what was dropped. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const pending = this.#pending[stream];
      const rest = pending.text + pending.decoder.end();
      pending.text = '';
      if (rest !== '') this.#push(stream, rest, 0);
    }
    if (this.#droppedBytes > 0)
      this.system(`dropped ${this.#droppedBytes} bytes of output; the limit of an attempt is ${this.#limitBytes} bytes`);
    this.#droppedBytes = 0;
  }

  lines(): LogLine[] {
    return [...this.#lines];
  }

  /** `endBytes` is what ended the line: a newline, or nothing. */
  #push(stream: 'stdout' | 'stderr', text: string, endBytes: 0 | 1): void {
    const pieces = split(text);
    for (const [at, piece] of pieces.entries()) {
      const bytes = Buffer.byteLength(piece) + (at === pieces.length - 1 ? endBytes : 0);
      if (this.#droppedBytes > 0 || this.#keptBytes + bytes + lineOverheadBytes > this.#limitBytes) {
        this.#droppedBytes += bytes;
      } else {
        this.#keptBytes += bytes + lineOverheadBytes;
        this.#lines.push({ at: this.#clock.now(), stream, text: piece });
      }
    }
  }
}

/** At least one piece, so that an empty line is one. */
function split(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  do {
    const piece = cutText(rest, maxLineChars);
    pieces.push(piece);
    rest = rest.slice(piece.length);
  } while (rest !== '');
  return pieces;
}
