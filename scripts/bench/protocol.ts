import type { Percentiles } from './percentiles.ts';

/** What the measured host tells the driver. */
export type HostMessage =
  { kind: 'ready'; url: string; token: string } | { kind: 'starts'; starts: [executionId: string, at: number][] } | Progress | HostReport;

export interface Progress {
  kind: 'progress';
  /** Runs and messages not yet done. */
  pending: number;
  sealed: number;
  cpuMs: number;
}

export interface HostReport {
  kind: 'report';
  sealed: number;
  queueMs: Percentiles;
  authzMs: Percentiles;
  policyMs: Percentiles;
  signMs: Percentiles;
  peakRssBytes: number;
  cpuMs: number;
}
