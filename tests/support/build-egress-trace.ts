import type { EgressRow, EgressTrace } from '../../shared/port/egress-trace.ts';

/** A row of one blocked call, unless the fields say otherwise. */
export function buildEgressRow(fields: Partial<EgressRow> = {}): EgressRow {
  return { host: 'evil.example.com', port: 443, verdict: 'blocked', reason: 'not-listed', count: 1, bytes: 0, ...fields };
}

/** A trace whose counts follow from its rows. */
export function buildEgressTrace(rows: readonly EgressRow[] = [buildEgressRow()], fields: Partial<EgressTrace> = {}): EgressTrace {
  const sum = (verdict: EgressRow['verdict']): number =>
    rows.filter((row) => row.verdict === verdict).reduce((total, { count }) => total + count, 0);
  return {
    mode: 'enforce',
    enforced: true,
    rows: [...rows],
    unlisted: 0,
    blocked: sum('blocked'),
    wouldBlock: sum('would-block'),
    ...fields,
  };
}
