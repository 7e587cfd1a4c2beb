import type { Percentiles } from './percentiles.ts';

/** What the measured host tells the driver. */
export type HostMessage =
  { kind: 'ready'; url: string; token: string } | { kind: 'starts'; starts: [executionId: string, at: number][] } | HostReport;

export interface HostReport {
  kind: 'report';
  /** Runs and messages not yet done. */
  pending: number;
  sealed: number;
  handedOver: number;
  queueMs: Percentiles;
  authzMs: Percentiles;
  policyMs: Percentiles;
  signMs: Percentiles;
  peakRssBytes: number;
  cpuMs: number;
}
