/** Counts what became of every call, and keeps a bounded number of rows of it, whatever the task does. */
import { maxEgressRows, type EgressReason, type EgressRow, type EgressVerdict } from '../../shared/port/egress-trace.ts';
import type { EgressTarget } from './egress-target.ts';

export interface EgressEnd {
  /** Absent when the request could not be read. */
  target?: EgressTarget | undefined;
  verdict: EgressVerdict;
  reason: EgressReason;
}

/** One call that is written down; bytes are added as they pass. */
export interface EgressEntry {
  add(bytes: number): void;
}

export class EgressLedger {
  readonly #rows = new Map<string, EgressRow>();
  readonly #perVerdict = new Map<EgressVerdict, number>();
  readonly #onRow: (row: EgressRow) => void;
  #unlisted = 0;
  #blocked = 0;
  #wouldBlock = 0;

  /** `onRow` is told of every new row that is kept. */
  constructor(onRow: (row: EgressRow) => void) {
    this.#onRow = onRow;
  }

  record({ target, verdict, reason }: EgressEnd): EgressEntry {
    if (verdict === 'blocked') this.#blocked += 1;
    if (verdict === 'would-block') this.#wouldBlock += 1;
    const { host, port } = target ?? { host: '', port: 0 };
    const key = JSON.stringify([host, port, verdict, reason]);
    const row = this.#rows.get(key) ?? this.#newRow(key, { host, port, verdict, reason, count: 0, bytes: 0 });
    if (row === undefined) {
      this.#unlisted += 1;
      return { add: () => undefined };
    }
    row.count += 1;
    return { add: (bytes) => void (row.bytes += bytes) };
  }

  /** What was recorded so far. */
  trace(): { rows: EgressRow[]; unlisted: number; blocked: number; wouldBlock: number } {
    const rows = [...this.#rows.values()].map((row) => ({ ...row }));
    return { rows, unlisted: this.#unlisted, blocked: this.#blocked, wouldBlock: this.#wouldBlock };
  }

  /** Each verdict has rows of its own, so a flood of allowed calls leaves room for the one that was blocked. */
  #newRow(key: string, row: EgressRow): EgressRow | undefined {
    const kept = this.#perVerdict.get(row.verdict) ?? 0;
    if (kept >= maxEgressRows) return undefined;
    this.#perVerdict.set(row.verdict, kept + 1);
    this.#rows.set(key, row);
    this.#onRow(row);
    return row;
  }
}
