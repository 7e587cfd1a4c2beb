/** What a drill of a restore takes for a loss, and what for a fault. */
import { expect, test } from '@jest/globals';
import { judgeDrill, type AcknowledgedRun, type Judgement } from '../../../scripts/bench/restore-drill/judge-drill.ts';
import { canonicalJson } from '../../../shared/core/json/canonical-json.ts';

const takenAt = 100_000;
const killedAt = 115_000;
const run = (id: string, acknowledgedAt: number): AcknowledgedRun => ({ id, sentAt: acknowledgedAt - 10, acknowledgedAt });
const early = run('early', takenAt - 50_000);
const late = run('late', takenAt + 5_000);
const receipts: Readonly<Record<string, object>> = { early: { of: 'early' } };

/** The judgement on a home that has these runs, when somebody held the receipt of the early one. */
async function judge(there: readonly string[], receiptOf = receipts, held = receipts): Promise<Judgement> {
  const home = {
    state: async (id: string) => (there.includes(id) ? 'succeeded' : undefined),
    receipt: async (id: string) => receiptOf[id],
  };
  const before = new Map(Object.entries(held).map(([id, receipt]) => [id, canonicalJson({ ...receipt })]));
  return judgeDrill(home, { acknowledged: [early, late], before, killedAt, takenAt });
}

test('runs of after the backup are lost, and that is all', async () => {
  expect(await judge(['early'])).toEqual({
    ...{ kept: 1, lost: 1, windowMs: 15_000, oldestLostMs: 10_000, receiptsCompared: 1, problems: [] },
  });
});

test.each([
  ['a run of before the backup that is gone', judge([]), 'early was acknowledged before the backup and is lost'],
  ['a run of after the backup that is there', judge(['early', 'late']), 'late was started after the backup and is there'],
  [
    'a receipt that is another one than was held',
    judge(['early'], { early: { of: 'other' } }),
    'the receipt of early is another one than before',
  ],
])('%s is a fault', async (_, judged, problem) => {
  expect((await judged).problems).toContain(problem);
});
