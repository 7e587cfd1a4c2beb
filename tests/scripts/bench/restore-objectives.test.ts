import { expect, test } from '@jest/globals';
import type { DrillFigures } from '../../../scripts/bench/restore-drill/drill.ts';
import { judgeObjectives } from '../../../scripts/bench/restore-drill/objectives.ts';

const minuteMs = 60_000;
const good: DrillFigures = {
  ...{ runs: 100, kept: 90, lost: 10, windowMs: 15_000, oldestLostMs: 14_000, receiptsCompared: 50, problems: [] },
  ...{ logBytes: 0, backupsMade: 3, restoreMs: 20_000, rtoMs: 30_000, statements: 100 },
  backup: { id: 'bak_1', takenAt: '2026-01-01T00:00:00.000Z', tableBytes: 1, blobBytes: 1, blobs: 1 },
};
const failed = (change: Partial<DrillFigures>): number[] =>
  judgeObjectives({ ...good, ...change }).flatMap(({ passed }, at) => (passed ? [] : [at]));

test.each<[string, Partial<DrillFigures>, number[]]>([
  ['a drill in which all is well', {}, []],
  ['a run or a receipt that is not as it was', { problems: ['the receipt of exec_1 is another one than before'] }, [0, 1]],
  ['no run that was kept', { kept: 0 }, [0]],
  ['no receipt that was compared', { receiptsCompared: 0 }, [1]],
  ['no statement that was verified', { statements: 0 }, [1]],
  ['thirty minutes until the first run', { rtoMs: 30 * minuteMs }, [2]],
  ['five minutes of loss, which are fifteen at the usual interval', { windowMs: 5 * minuteMs }, [4]],
  ['fifteen minutes of loss', { windowMs: 15 * minuteMs }, [3, 4]],
])('%s', (_, change, tests) => {
  expect(failed(change)).toEqual(tests);
});
