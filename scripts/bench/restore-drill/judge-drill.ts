import { canonicalJson } from '../../../shared/core/json/canonical-json.ts';
import type { DrillHome } from './drill-home.ts';

/** A run whose start the home had confirmed. */
export interface AcknowledgedRun {
  id: string;
  sentAt: number;
  acknowledgedAt: number;
}

export interface Judgement {
  kept: number;
  lost: number;
  /** Age of the state that was restored, at the kill: no loss can be older. */
  windowMs: number;
  /** At the kill, how long ago the oldest run was acknowledged that is lost; 0 when none is. */
  oldestLostMs: number;
  receiptsCompared: number;
  /** What is not as it should be. */
  problems: string[];
}

interface Loss {
  acknowledged: readonly AcknowledgedRun[];
  /** Receipts that somebody held before. */
  before: ReadonlyMap<string, string>;
  killedAt: number;
  takenAt: number;
}

/** A start that was sent before the copy and answered after it may be in the copy, or not. */
const copyMs = 2_000;

/** A run that began so long before the copy was sealed and logged when it was made; of a later one the receipt may be signed or logged anew. */
const sealMs = 2_000;

/** Whether the restored home has exactly the runs of before the backup, and every receipt that somebody held byte by byte. */
export async function judgeDrill(
  home: Pick<DrillHome, 'state' | 'receipt'>,
  { acknowledged, before, killedAt, takenAt }: Loss,
): Promise<Judgement> {
  const problems: string[] = [];
  const lost: AcknowledgedRun[] = [];
  for (const run of acknowledged) {
    const state = await home.state(run.id);
    if (state === undefined) lost.push(run);
    if (state === undefined && run.acknowledgedAt <= takenAt) problems.push(`${run.id} was acknowledged before the backup and is lost`);
    if (state !== undefined && run.sentAt > takenAt + copyMs) problems.push(`${run.id} was started after the backup and is there`);
  }
  let receiptsCompared = 0;
  for (const { id, acknowledgedAt } of acknowledged) {
    const receipt = before.get(id);
    if (receipt === undefined || acknowledgedAt > takenAt - sealMs) continue;
    receiptsCompared += 1;
    if (canonicalJson(await home.receipt(id)) !== receipt) problems.push(`the receipt of ${id} is another one than before`);
  }
  const oldest = Math.min(killedAt, ...lost.map(({ acknowledgedAt }) => acknowledgedAt));
  return {
    kept: acknowledged.length - lost.length,
    lost: lost.length,
    windowMs: killedAt - takenAt,
    oldestLostMs: killedAt - oldest,
    receiptsCompared,
    problems,
  };
}
