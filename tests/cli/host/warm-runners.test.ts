import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openEmbeddedHome } from '../../../cli/host/embedded-deps.ts';

/** What a home says of sandboxes that it keeps ready, and what it leaves of them. */
async function keptReady(options: { warmRunners?: number; width?: number }): Promise<number | undefined> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mc-warm-home-'));
  const home = await openEmbeddedHome({ dataDir, minimumSandbox: 'node-permission', ...options });
  await home.close();
  expect(readdirSync(join(dataDir, 'sandboxes'))).toEqual([]);
  rmSync(dataDir, { recursive: true });
  return home.sandbox?.warm;
}

describe('a home keeps sandboxes ready', () => {
  test('as many as its operator says, and none for 0', async () => {
    expect(await keptReady({ warmRunners: 3 })).toBe(3);
    expect(await keptReady({ warmRunners: 0 })).toBeUndefined();
  });

  test('as many as attempts run at once when nobody says, and never more than 8', async () => {
    expect(await keptReady({})).toBe(Math.min(8, 2 * availableParallelism()));
    expect(await keptReady({ width: 1 })).toBe(1);
    expect(await keptReady({ width: 50 })).toBe(8);
  });
});
