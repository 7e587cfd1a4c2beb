import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ReceiptSigner } from '../../shared/embedded/keys/receipt-signer.ts';
import type { Deps } from '../../shared/port/deps.ts';
import { requestRotation } from '../../shared/rotation/request-rotation.ts';
import { rotationActor } from '../../shared/rotation/rotation-actor.ts';
import { getRotation, type Rotation } from '../../shared/rotation/rotation.ts';
import { runRotationPhase } from '../../shared/rotation/rotation-phases.ts';
import { LocalRotations } from '../../statemachines/interpreter/local-rotations.ts';
import { buildDeps, type TestHome } from '../support/build-deps.ts';

const hourMs = 3_600_000;
/** How far the clock of the home is from that of the machine; a timer could be set for so long. */
const offMs = 10 * 24 * hourMs;

let home: TestHome;
let deps: Deps;
let rotations: LocalRotations;
beforeEach(async () => {
  home = buildDeps({ rotations: { start: async () => undefined } });
  const signer = await ReceiptSigner.open(home.table, join(home.folder, 'keys'));
  deps = { ...home.deps, signer, signingKeys: signer };
  rotations = new LocalRotations(() => deps);
});
afterEach(async () => {
  await rotations.close();
  home.close();
});

/** Hands a rotation over to the machine that many milliseconds after it came into its window of one hour. */
async function startInWindow(passedMs: number): Promise<Rotation['id']> {
  const { id: rotationId } = await requestRotation(deps, rotationActor(deps), { kind: 'signer', windowHours: 1 });
  for (const phase of ['Create', 'Prove', 'Attest', 'Switch'] as const) await runRotationPhase(deps, phase, { rotationId });
  home.clock.advance(passedMs);
  await rotations.start({ rotationId });
  return rotationId;
}

test('a rotation whose window is over by the clock of the home goes on at once', async () => {
  home.clock.advance(Date.now() + offMs - home.clock.now());
  const id = await startInWindow(hourMs);
  const deadline = Date.now() + 10_000;
  while ((await getRotation(deps, id)).step !== 'finished' && Date.now() < deadline) await delay(10);
  expect((await getRotation(deps, id)).step).toBe('finished');
}, 20_000);

test('a rotation whose window is open by the clock of the home waits, and stops when the home does', async () => {
  home.clock.advance(Date.now() - offMs - home.clock.now());
  const id = await startInWindow(hourMs - 60_000);
  await delay(500);
  expect((await getRotation(deps, id)).step).toBe('switched');
  await rotations.close();
  expect((await getRotation(deps, id)).step).toBe('switched');
});
