import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { metricNames } from '../../../shared/port/metrics.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { requestRotation } from '../../../shared/rotation/request-rotation.ts';
import { rotationActor } from '../../../shared/rotation/rotation-actor.ts';
import { runRotationPhase } from '../../../shared/rotation/rotation-phases.ts';
import { findPending } from '../../../shared/rotation/rotation.ts';
import { resumeRotations, watchRotations } from '../../../shared/rotation/watch-rotations.ts';
import { ReceiptSigner } from '../../../shared/embedded/keys/receipt-signer.ts';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { buildDeps, type TestHome } from '../../support/build-deps.ts';

const dayMs = 86_400_000;

let home: TestHome;
let deps: Deps;
let started: string[];

beforeEach(async () => {
  started = [];
  home = buildDeps({ rotations: { start: async ({ rotationId }, attempt) => void started.push(`${rotationId}-${attempt}`) } });
  const signer = await ReceiptSigner.open(home.table, join(home.folder, 'keys'));
  deps = { ...home.deps, signer, signingKeys: signer };
});
afterEach(() => home.close());

const pendingMs = (): number | undefined => home.metrics.samples(metricNames.rotationPendingMs).at(-1);

describe('the watch over keys', () => {
  test('begins a rotation of every key when it is so many days old, and not before', async () => {
    expect(await watchRotations(deps, { maxKeyDays: 90 })).toEqual({ pendingMs: 0, begun: [] });
    home.clock.advance(89 * dayMs);
    expect(await watchRotations(deps, { maxKeyDays: 90 })).toEqual({ pendingMs: 0, begun: [] });
    home.clock.advance(dayMs);
    expect((await watchRotations(deps, { maxKeyDays: 0 })).begun).toEqual([]);
    const { begun } = await watchRotations(deps, { maxKeyDays: 90 });
    expect(begun).toHaveLength(2);
    expect(started).toEqual(begun.map((id) => `${id}-1`));
    expect(await findPending(deps, 'signer')).toMatchObject({ step: 'requested', reason: 'the key is 90 days old' });
  });

  test('begins to count anew when a key was rotated', async () => {
    await watchRotations(deps, { maxKeyDays: 90 });
    home.clock.advance(60 * dayMs);
    const { id: rotationId } = await requestRotation(deps, rotationActor(deps), { kind: 'signer', windowHours: 0 });
    for (const phase of ['Create', 'Prove', 'Attest', 'Switch', 'Rewrap', 'Verify', 'Revoke'] as const)
      await runRotationPhase(deps, phase, { rotationId });
    await watchRotations(deps, { maxKeyDays: 90 });
    home.clock.advance(60 * dayMs);
    await watchRotations(deps, { maxKeyDays: 90 });
    expect(await findPending(deps, 'signer')).toBeUndefined();
    expect(await findPending(deps, 'data')).toBeDefined();
  });

  test('starts a rotation again that stopped, but not one that waits for the end of its window, and says how old it is', async () => {
    const { id: rotationId } = await requestRotation(deps, rotationActor(deps), { kind: 'signer', windowHours: 24 });
    home.clock.advance(dayMs);
    expect(await watchRotations(deps, { maxKeyDays: 0 })).toMatchObject({ pendingMs: dayMs });
    expect(pendingMs()).toBe(dayMs);
    expect(started).toEqual([`${rotationId}-1`, `${rotationId}-2`]);
    for (const phase of ['Create', 'Prove', 'Attest', 'Switch'] as const) await runRotationPhase(deps, phase, { rotationId });
    await watchRotations(deps, { maxKeyDays: 0 });
    expect(started).toHaveLength(2);
    home.clock.advance(dayMs);
    await watchRotations(deps, { maxKeyDays: 0 });
    expect(started).toHaveLength(3);
  });

  test('ends a window in time that a clock set which was ahead, and counts the age of keys by the right one', async () => {
    await watchRotations(deps, { maxKeyDays: 90 });
    const { id: rotationId } = await requestRotation(deps, rotationActor(deps), { kind: 'signer', windowHours: 24 });
    for (const phase of ['Create', 'Prove', 'Attest', 'Switch', 'Rewrap', 'Verify'] as const)
      await runRotationPhase(deps, phase, { rotationId });
    home.clock.advance(-365 * dayMs);
    await watchRotations(deps, { maxKeyDays: 90 });
    home.clock.advance(dayMs - 1);
    await watchRotations(deps, { maxKeyDays: 90 });
    expect(started).toEqual([`${rotationId}-1`]);
    await expect(runRotationPhase(deps, 'Revoke', { rotationId })).rejects.toMatchObject({ code: 'mc:key:rotation-refused' });
    home.clock.advance(1);
    await watchRotations(deps, { maxKeyDays: 90 });
    expect(started).toEqual([`${rotationId}-1`, `${rotationId}-2`]);
    await runRotationPhase(deps, 'Revoke', { rotationId });
    expect(await findPending(deps, 'signer')).toBeUndefined();
    home.clock.advance(89 * dayMs);
    expect((await watchRotations(deps, { maxKeyDays: 90 })).begun).toHaveLength(1);
    expect(await findPending(deps, 'data')).toBeDefined();
  });

  test('counts a rotation that is due and cannot begin as pending, so that somebody is told', async () => {
    await watchRotations(deps, { maxKeyDays: 90 });
    rmSync(join(home.folder, 'keys', 'receipt-signer.pem'));
    home.clock.advance(98 * dayMs);
    expect(await watchRotations(deps, { maxKeyDays: 90 })).toMatchObject({ pendingMs: 8 * dayMs, begun: [expect.any(String)] });
    expect(await findPending(deps, 'signer')).toBeUndefined();
  });

  test('of a home that starts goes on with what is under way, in the window too', async () => {
    const { id: rotationId } = await requestRotation(deps, rotationActor(deps), { kind: 'data', windowHours: 24 });
    for (const phase of ['Create', 'Prove', 'Attest', 'Switch'] as const) await runRotationPhase(deps, phase, { rotationId });
    await resumeRotations(deps);
    expect(started).toEqual([`${rotationId}-1`, `${rotationId}-1`]);
  });
});
