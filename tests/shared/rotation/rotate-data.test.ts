import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataKeyList } from '../../../shared/encryption/data-key-record.ts';
import { rewrapDataKeys } from '../../../shared/encryption/rewrap-data-keys.ts';
import { loadJson } from '../../../shared/execution/stored-json.ts';
import { getExecutionRecord } from '../../../shared/execution/execution-store.ts';
import { idSchema } from '../../../shared/core/id.ts';
import { rotationPhaseNames, runRotationPhase } from '../../../shared/rotation/rotation-phases.ts';
import { readRotation } from '../../../shared/rotation/rotation-view.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import type { Engine } from '../../support/open-engine.ts';
import { begin, openRotatingEngine, rotate, sealedRun } from './rotating-engine.ts';

describe('a rotation of the key that wraps data keys', () => {
  let engine: Engine;
  let before: string;
  let rotation: Rotation;
  beforeAll(async () => {
    engine = await openRotatingEngine();
    before = (await sealedRun(engine)).id;
    rotation = await rotate(engine, { kind: 'data' });
  }, 30_000);
  afterAll(() => engine.close());

  test('has the new key wrap every data key, and takes the old one away', async () => {
    const { deps } = engine.home;
    const { items } = await deps.table.query({ index: 'gsi1', pk: dataKeyList, limit: 100 });
    expect(items.length).toBeGreaterThan(0);
    expect(new Set(items.map((item) => item['wrappedBy']))).toEqual(new Set([rotation.newKey?.keyId]));
    expect(rotation.checks?.rewrapped).toBe(items.length);
    const ring = readFileSync(join(engine.folder, 'keys', 'wrapping.json'), 'utf8');
    expect(ring).toContain(rotation.newKey?.keyId);
    expect(ring).not.toContain(rotation.oldKey.keyId);
  });

  test('opens what was sealed before with nothing of the old key in memory, and goes on sealing', async () => {
    const { deps } = engine.home;
    deps.dataKeys.forget();
    const head = await getExecutionRecord(deps, engine.actor.tenant, idSchema('exec').parse(before));
    await expect(loadJson(deps, engine.actor.tenant, head.inputs)).resolves.toEqual({});
    await expect(sealedRun(engine)).resolves.toBeDefined();
  });

  test('is vouched for by the home, in the log', async () => {
    const { statements } = await readRotation(engine.home.deps, rotation.id);
    expect(statements.map(({ name }) => name)).toEqual(['introduced', 'completed']);
    for (const { bundle } of statements) expect(bundle.verificationMaterial.tlogEntries).toHaveLength(1);
  });
});

test('what a process wrapped that died before it said so is in the count that is signed', async () => {
  const engine = await openRotatingEngine();
  try {
    await sealedRun(engine);
    const { deps } = engine.home;
    const { id: rotationId } = await begin(engine, { kind: 'data' });
    for (const phase of rotationPhaseNames) {
      if (phase === 'Rewrap') expect((await rewrapDataKeys(deps)).rewrapped).toBeGreaterThan(0);
      await runRotationPhase(deps, phase, { rotationId });
    }
    const { items } = await deps.table.query({ index: 'gsi1', pk: dataKeyList, limit: 100 });
    expect((await readRotation(deps, rotationId)).checks?.rewrapped).toBe(items.length);
  } finally {
    await engine.close();
  }
}, 30_000);
