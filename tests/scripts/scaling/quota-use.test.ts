import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fillPage } from '../../../scripts/scaling/fill-page.ts';
import { drainSeconds, partitionLoads, phasesOfRun, queueDrainSeconds, quotaUse, statesOfRun } from '../../../scripts/scaling/quota-use.ts';
import { oneRun } from '../../../scripts/scaling/run-use.ts';

const root = join(import.meta.dirname, '..', '..', '..');

interface Machine {
  StartAt: string;
  States: Record<string, { Type: string; Next?: string; Choices?: { Next: string }[] }>;
}

describe('quotas that runs use up', () => {
  test('a bucket lets its burst through at once and the rest at its rate', () => {
    expect(drainSeconds({ burst: 800, perSecond: 150 }, 800)).toBe(0);
    expect(drainSeconds({ burst: 800, perSecond: 150 }, 1_100)).toBe(2);
  });

  test('15,000 runs wait for supervision, and no start waits for it', () => {
    const used = quotaUse(oneRun, { runs: 15_000, tenants: 1 });
    const starts = used.find(({ quota }) => quota === 'StartExecution');
    expect(starts).toMatchObject({ total: 15_000, delaysStart: false });
    expect(starts?.seconds).toBeCloseTo(94.7, 1);
    expect(used.filter(({ service }) => service === 'KMS' || service === 'Step Functions').some(({ delaysStart }) => delaysStart)).toBe(
      false,
    );
  });

  test('one run uses up nothing', () => {
    expect(quotaUse(oneRun, { runs: 1, tenants: 1 }).filter(({ seconds }) => seconds > 0)).toEqual([]);
  });

  test('a partition of a tenant carries that tenant, one of the home carries all, one of a run is no limit', () => {
    const of = (tenants: number): Map<string, number> =>
      new Map(partitionLoads(oneRun, { runs: 15_000, tenants }).map(({ partition, secondsToAdmit }) => [partition, secondsToAdmit]));
    expect(of(1).get('T#<tenant>#USAGE')).toBe(60);
    expect(of(30).get('T#<tenant>#USAGE')).toBe(2);
    expect(of(1).get('SYS#LOG#PENDING#<shard>')).toBe(0);
    expect(of(1).get('gsi2 SYS#OPEN#<shard>')).toBeCloseTo(15 / 8, 2);
    expect(of(30).get('gsi2 SYS#OPEN#<shard>')).toBe(of(1).get('gsi2 SYS#OPEN#<shard>'));
    expect([...of(1).keys()].filter((partition) => partition.includes('<run>'))).toEqual([]);
  });

  test('starts in batches take slots and money once for each transaction, and what is their own as before', () => {
    const loads = partitionLoads(oneRun, { runs: 15_000, tenants: 1 });
    const times = new Map(loads.map((load) => [load.partition, load.startsPerSecondInBatches / load.startsPerSecond]));
    expect(times.get('T#<tenant>#USAGE')).toBe(24);
    expect(times.get('T#<tenant>')).toBe(24);
    expect(times.get('T#<tenant>#AUDIT')).toBe(1);
  });

  test('a run that succeeds enters as many states, and calls as many functions, as the paper says', () => {
    const { StartAt, States } = JSON.parse(readFileSync(join(root, 'statemachines', 'run.asl.json'), 'utf8')) as Machine;
    let entered = 0;
    let called = 0;
    for (let at: string | undefined = StartAt; at !== undefined; at = States[at]?.Choices?.[0]?.Next ?? States[at]?.Next) {
      entered += 1;
      if (States[at]?.Type === 'Task') called += 1;
    }
    expect(entered).toBe(statesOfRun);
    expect(called).toBe(phasesOfRun);
  });
});

describe('how long a queue takes', () => {
  const deployed = { workersMax: 500, pollers: 0 };

  test('few messages are taken at once, many wait for Lambda to add invocations', () => {
    expect(queueDrainSeconds(5, 1, deployed)).toBe(1);
    expect(queueDrainSeconds(45_000, 1, deployed)).toBeGreaterThan(45_000 / 500);
  });

  test('pollers of its own make the first minute shorter, more invocations the end', () => {
    expect(queueDrainSeconds(45_000, 0.2, { workersMax: 500, pollers: 50 })).toBeLessThan(queueDrainSeconds(45_000, 0.2, deployed) / 2);
    expect(queueDrainSeconds(45_000, 10, { workersMax: 1_000, pollers: 0 })).toBeLessThan(queueDrainSeconds(45_000, 10, deployed));
  });
});

test('the page says what the program reckons: `node scripts/scaling.ts --write` renews it', () => {
  const page = readFileSync(join(root, 'docs', 'guides', 'scaling-aws.md'), 'utf8');
  // Layout of tables is the formatter's.
  const plain = (text: string): string => text.replace(/-{3,}/g, '---').replace(/[ \t]+/g, ' ');
  expect(plain(page)).toBe(plain(fillPage(page)));
  expect(page.match(/<!-- scaling:/g)).toHaveLength(5);
  expect(() => fillPage('<!-- scaling:nothing -->\n<!-- /scaling -->')).toThrow('nothing');
});
