import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sweepExecutions } from '../../shared/execution/dispatch/sweep-executions.ts';
import { taskKey } from '../../shared/execution/execution-record.ts';
import { idSchema } from '../../shared/core/id.ts';
import { metricNames } from '../../shared/port/metrics.ts';
import { deliveriesMax } from '../../shared/port/task-queue.ts';
import { failing, openEngine, type Engine } from '../support/open-engine.ts';

const twice = `name: twice
version: 1.0.0
tasks: [{ id: only, uses: 'pkg:demo/echo@1.0.0', retries: 1 }]
`;
const slowMs = 60_000;

/** Lines of the home's log. */
let lines: string[];
let engine: Engine;
beforeEach(async () => {
  lines = [];
  engine = await openEngine({ log: (line) => void lines.push(line) });
  await engine.publish(twice);
}, slowMs);
afterEach(async () => engine.close());

const said = (text: string): string[] => lines.filter((line) => line.includes(text));
const putAside = (): number => engine.home.metrics.counted(metricNames.taskDeadLettersTotal);

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error('it did not come to that');
    await delay(20);
  }
}

/** A run whose task waits for its second attempt, and then has a row that nobody can read: no delivery of its message can ever be handled. */
async function poison(): Promise<{ id: string; mend: () => Promise<void> }> {
  const { deps } = engine.home;
  engine.simulate(() => failing('at first', true));
  const { id } = await engine.start({ workflow: 'twice' });
  await until(() => engine.attempts.length === 1);
  await delay(100); // The end of the attempt is written; the pause before the next is half a second.
  engine.simulate((spec) => ({ result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 0 } } }));
  const key = taskKey(engine.actor.tenant, idSchema('exec').parse(id), 'only');
  // A row as a file holds it, not one of the records of this process.
  const write = async (retries: unknown): Promise<void> =>
    void (await deps.table.write([{ kind: 'put', item: { ...(await deps.table.get(key)), ...key, retries: retries as number } }]));
  await write('one');
  return { id, mend: () => write(1) };
}

describe('a task message that can never be handled', () => {
  test(
    'is put aside after its deliveries, counted and told once, while everything else goes on; mended, the sweep brings it to its end',
    async () => {
      const { id, mend } = await poison();
      const others = await Promise.all(Array.from({ length: 20 }, async () => engine.start({ workflow: 'twice' })));
      for (const other of others) expect(await engine.finish(other.id)).toMatchObject({ state: 'succeeded' });

      await until(() => putAside() === 1);
      expect(said('a task message could not be handled; it comes back')).toHaveLength(deliveriesMax - 1);
      expect(said('a task message was put aside')).toEqual([expect.stringContaining(id)]);
      await delay(2_500); // Two further deliveries, if it came back.
      expect(said('a task message')).toHaveLength(deliveriesMax);

      await mend();
      const later = { ...engine.home.deps.clock, now: () => Date.now() + 120_000 };
      await sweepExecutions({ ...engine.home.deps, clock: later });
      expect(await engine.finish(id)).toMatchObject({ state: 'succeeded', tasks: [{ attempts: [{}, {}] }] });
      expect(putAside()).toBe(1);
      expect(engine.home.metrics.counted(metricNames.receiptsTotal)).toBe(others.length + 1);
    },
    slowMs,
  );
});
