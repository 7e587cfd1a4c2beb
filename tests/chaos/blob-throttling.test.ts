import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { McError } from '../../shared/core/errors.ts';
import { getExecution } from '../../shared/execution/read/get-execution.ts';
import { readLogs } from '../../shared/execution/read/read-logs.ts';
import type { BlobKind, BlobStore } from '../../shared/port/blob-store.ts';
import { openDrill, recoveryMaxMs, type Drill } from './drill-engine.ts';

const runs = 12;
const throttledMs = 1_500;
/** Between two looks at whether the store was asked often enough. */
const lookMs = 50;

interface Throttled extends BlobStore {
  /** What it refuses to take now. */
  kinds: readonly BlobKind[];
  /** Moments at which it refused, by what it was given. */
  refusals: Map<string, number[]>;
}

/** A blob store that says "slow down" to writes of some kinds. */
function throttled(blobs: BlobStore): Throttled {
  const port: Throttled = {
    kinds: [],
    refusals: new Map(),
    find: (tenant, kind, digest) => blobs.find(tenant, kind, digest),
    remove: (tenant, kind, digest) => blobs.remove(tenant, kind, digest),
    put: async (tenant, kind, bytes) => {
      if (!port.kinds.includes(kind)) return blobs.put(tenant, kind, bytes);
      port.refusals.set(kind, [...(port.refusals.get(kind) ?? []), Date.now()]);
      throw new McError('mc:store:unavailable', 'the blob store does not answer', { cause: new Error('SlowDown') });
    },
  };
  return port;
}

async function throttle(
  drill: Drill,
  kinds: readonly BlobKind[],
  hasRefused: (ids: readonly string[], blobs: Throttled) => Promise<boolean>,
): Promise<{ ids: string[]; blobs: Throttled; openMeanwhile: number; recoveryMs: number }> {
  const { deps } = drill.engine.home;
  const blobs = throttled(deps.blobs);
  deps.blobs = blobs;
  blobs.kinds = kinds;
  const { ids } = await drill.start(runs);
  await delay(throttledMs);
  // A busy machine may need longer than that to ask.
  while (!(await hasRefused(ids, blobs))) await delay(lookMs);
  const openMeanwhile = drill.engine.home.pending();
  blobs.kinds = [];
  return { ids, blobs, openMeanwhile, recoveryMs: await drill.settle() };
}

describe('a blob store that tells everybody to slow down for a while', () => {
  test.concurrent(
    'for receipts: no run ends without one, and sealing goes on by itself',
    async () => {
      await using drill = await openDrill();
      const isRefused = async (_ids: unknown, { refusals }: Throttled): Promise<boolean> => (refusals.get('receipt') ?? []).length >= runs;
      const { ids, openMeanwhile, recoveryMs } = await throttle(drill, ['receipt'], isRefused);
      expect(openMeanwhile).toBe(runs);
      expect(recoveryMs).toBeLessThan(recoveryMaxMs);
      await drill.expectWhole(ids);
    },
    2 * recoveryMaxMs,
  );

  test.concurrent(
    'for logs: attempts are repeated with longer and longer pauses out of step, and every task has its log in the end',
    async () => {
      await using drill = await openDrill();
      const { deps } = drill.engine.home;
      const failuresOf = async (id: string): Promise<unknown[]> =>
        (await getExecution(deps, drill.engine.actor, id)).tasks[0]?.attempts.map(({ failure }) => failure) ?? [];
      const isRefusedTwice = async ([first = '']: readonly string[]): Promise<boolean> => (await failuresOf(first)).length >= 2;
      const { ids, blobs, openMeanwhile, recoveryMs } = await throttle(drill, ['log'], isRefusedTwice);
      expect(openMeanwhile).toBeGreaterThan(0);
      expect(recoveryMs).toBeLessThan(recoveryMaxMs);
      await drill.expectWhole(ids);
      for (const id of ids.slice(0, 4)) {
        const { lines } = await readLogs(deps, drill.engine.actor, { id });
        expect(lines.map(({ taskId }) => taskId)).toEqual(['a', 'b', 'c']);
      }
      const failures = await failuresOf(ids[0] ?? '');
      expect(failures.slice(0, 2)).toEqual(['store', 'store']);
      expect(failures.at(-1)).toBeNull();
      // Tasks that met the same refusal at the same moment do not come back in one.
      const moments = (blobs.refusals.get('log') ?? []).slice(runs);
      expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(250);
    },
    2 * recoveryMaxMs,
  );
});
