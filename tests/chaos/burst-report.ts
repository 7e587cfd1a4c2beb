import type { LedgerRow } from '../../shared/execution/ledger.ts';

/** What a home of the burst test says. */
export type BurstMessage = { kind: 'ready'; url: string; token: string } | BurstReport;

/** What it found when nothing was open any more. */
export interface BurstReport {
  kind: 'report';
  runs: {
    id: string;
    state: string;
    verified: boolean;
    receipts: number;
    costUsdMicros: number;
    /** Each task with its state and that of its compensation. */
    tasks: string;
  }[];
  /** Slots that are taken. */
  inUse: number;
  /** Runs that a sweep would still find. */
  open: number;
  days: { committedUsdMicros: number; reservedUsdMicros: number; measuredUsdMicros: number }[];
  ledger: LedgerRow[];
}
