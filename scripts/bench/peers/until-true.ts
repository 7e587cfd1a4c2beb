import { setTimeout as delay } from 'node:timers/promises';

const everyMs = 100;
const limitMs = 60_000;

/** Waits until the check holds, and fails with these words when it does not hold in a minute; a check that throws does not hold yet. */
export async function untilTrue(failure: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await check().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`${failure} within ${limitMs / 1_000} s`);
    await delay(everyMs);
  }
}
