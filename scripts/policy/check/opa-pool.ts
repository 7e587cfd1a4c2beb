import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface OpaAnswer {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** No call of a check takes longer on a slow machine; one that hangs must not hang the check. */
const longestCallMs = 120_000;

/** Runs OPA as often as asked, but only a few at a time; every call is a process of its own. */
export class OpaPool {
  readonly path: string;
  readonly #size: number;
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(path: string, size: number) {
    this.path = path;
    this.#size = size;
  }

  /** What OPA answered; a status that is not 0 is an answer too, which the caller has to read. */
  async run(args: readonly string[], options: { cwd: string; input?: string }): Promise<OpaAnswer> {
    if (this.#busy === this.#size) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#busy += 1;
    try {
      return await this.#start(args, options);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#busy -= 1;
    }
  }

  async #start(args: readonly string[], { cwd, input = '' }: { cwd: string; input?: string }): Promise<OpaAnswer> {
    const child = spawn(this.path, args, { cwd, timeout: longestCallMs });
    // An OPA that ends before it read its input is judged by its status, not by the broken pipe.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    const [status, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { status, stdout, stderr };
  }
}
