import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { publicKeyOf } from '../../../shared/keys/signer-keys.ts';
import { listLogs } from '../../../shared/log/retired-logs.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import { verifyBundle } from '../../../shared/receipt/verify-bundle.ts';
import { simulateEcho } from '../../../runner/simulated/simulated-runner.ts';
import { keyIdIn, openRotatingEngine, rotate } from './rotating-engine.ts';

const runsInFlight = 500;
/** Some end before the rotation begins, so that both keys seal. */
const runs = runsInFlight + 100;

test('with 500 runs in flight no run fails, and every receipt verifies with a key that is published', async () => {
  const engine = await openRotatingEngine({ width: 8 });
  try {
    const { deps } = engine.home;
    engine.simulate((spec) => ({ ...simulateEcho(spec), delayMs: 50 }));
    const ids = await Promise.all(Array.from({ length: runs }, async () => (await engine.start({ workflow: 'one' })).id));
    const sealed = (): number => engine.home.metrics.counted(metricNames.receiptsTotal);
    while (sealed() < 20) await delay(2);
    expect(runs - sealed()).toBeGreaterThanOrEqual(runsInFlight);
    const rotations = [await rotate(engine), await rotate(engine, { kind: 'data' })];
    const inFlight = runs - sealed();
    const ended = await Promise.all(ids.map((id) => engine.finish(id)));
    expect(ended.filter(({ state }) => state === 'succeeded')).toHaveLength(runs);
    const logs = await listLogs(deps);
    const byKey = new Map<string, number>();
    for (const id of ids) {
      const { bundle } = await getReceipt(deps, engine.actor, id);
      const { pem } = await publicKeyOf(deps, keyIdIn(bundle));
      expect(verifyBundle(bundle, { pem, logs, requireLog: true }).log).toMatchObject({ isTrusted: true });
      byKey.set(keyIdIn(bundle), (byKey.get(keyIdIn(bundle)) ?? 0) + 1);
    }
    // Runs were sealed on both sides of the switch.
    expect(inFlight).toBeGreaterThan(0);
    expect([...byKey.keys()].sort()).toEqual([rotations[0]?.oldKey.keyId, rotations[0]?.newKey?.keyId].sort());
  } finally {
    await engine.close();
  }
}, 120_000);
