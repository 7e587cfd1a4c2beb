import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AuditEvent, auditPk } from '../../../shared/audit/audit-event.ts';
import { openKeyFile } from '../../../shared/embedded/keys/key-file.ts';
import { dataKeyList } from '../../../shared/encryption/data-key-record.ts';
import { signerKeyKey } from '../../../shared/keys/signer-key.ts';
import { publishKeys } from '../../../shared/keys/published-keys.ts';
import type { Deps } from '../../../shared/port/deps.ts';
import { metricNames } from '../../../shared/port/metrics.ts';
import { signStatement } from '../../support/receipt/sign-statement.ts';
import { verifyOwn } from '../../../shared/receipt/verify-own.ts';
import { RequestRotation, requestRotation } from '../../../shared/rotation/request-rotation.ts';
import { runRotationPhase, type RotationPhaseName } from '../../../shared/rotation/rotation-phases.ts';
import { listRotations } from '../../../shared/rotation/rotation-view.ts';
import { advance, findPending, getRotation, type Rotation } from '../../../shared/rotation/rotation.ts';
import { signerOf } from '../../../shared/rotation/sign-rotation.ts';
import { getReceipt } from '../../../shared/execution/read/get-receipt.ts';
import { buildActor } from '../../support/build-deps.ts';
import { buildStatement } from '../../support/build-statement.ts';
import type { Engine } from '../../support/open-engine.ts';
import { beforeWrite } from '../../support/retention/before-write.ts';
import { begin, keyIdIn, openRotatingEngine, sealedRun } from './rotating-engine.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openRotatingEngine();
}, 30_000);
afterEach(() => engine.close());

const refused = { code: 'mc:key:rotation-refused' };
const keyFile = (name = 'receipt-signer.pem'): string => join(engine.folder, 'keys', name);
const keyFiles = (): string[] => readdirSync(join(engine.folder, 'keys')).filter((name) => /^(receipt-signer|wrapping)/.test(name));

async function take({ id }: Rotation, ...phases: RotationPhaseName[]): Promise<void> {
  for (const phase of phases) await runRotationPhase(engine.home.deps, phase, { rotationId: id });
}

const owner = buildActor(['admin'], 'local');

describe('a rotation', () => {
  test('is for admins of the tenant that owns the home, and for nobody else', async () => {
    const { deps } = engine.home;
    for (const actor of [buildActor(['admin']), buildActor(['operator'], 'local')])
      await expect(requestRotation(deps, actor, { kind: 'signer', windowHours: 0 })).rejects.toMatchObject({ code: 'mc:auth:forbidden' });
    expect((await listRotations(deps, { limit: 10 })).items).toEqual([]);
  });

  test('that two operators begin at once is begun once', async () => {
    const deps: Deps = { ...engine.home.deps, rotations: { start: async () => undefined } };
    const both = await Promise.allSettled([1, 2].map(() => requestRotation(deps, owner, { kind: 'signer', windowHours: 0 })));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const lost = both.find((one) => one.status === 'rejected')?.reason as unknown;
    const { items } = await listRotations(deps, { limit: 10 });
    expect(lost).toMatchObject({ code: 'mc:key:rotation-conflict', message: expect.stringContaining(items[0]?.id ?? 'none') });
    expect(items).toHaveLength(1);
  });

  test('that two machines take on at once is done once', async () => {
    const { deps } = engine.home;
    const rotation = await begin(engine);
    const all = ['Create', 'Prove', 'Attest', 'Switch', 'Rewrap', 'Verify', 'Revoke'] as const;
    await Promise.all([take(rotation, ...all), take(rotation, ...all)]);
    expect(await getRotation(deps, rotation.id)).toMatchObject({ step: 'finished', problem: null });
    expect((await publishKeys(deps)).map(({ state }) => state)).toEqual(['active', 'retired']);
    const { items } = await deps.table.query({ pk: auditPk(deps.config.ownerTenant), limit: 100 });
    expect(items.filter((item) => JSON.stringify(item).includes('mc.keys.rotate'))).toHaveLength(3);
    expect(engine.home.metrics.counted(metricNames.rotationsTotal)).toBe(1);
  });

  test('is not taken back by a process that repeats a step late', async () => {
    const { deps } = engine.home;
    const rotation = await begin(engine);
    await take(rotation, 'Create');
    const late = await getRotation(deps, rotation.id);
    await take(rotation, 'Prove', 'Attest');
    expect(await advance(deps, late, { step: 'proven' })).toMatchObject({ step: 'attested' });
    expect(await getRotation(deps, rotation.id)).toMatchObject({ step: 'attested' });
    await expect(advance(deps, late, { step: 'verified' })).rejects.toMatchObject({ code: 'mc:store:conflict' });
  });

  test.each(['signer', 'data'] as const)(
    'of the %s key is refused when the old key is gone; nothing is made and the home goes on',
    async (kind) => {
      const file = keyFile(kind === 'signer' ? 'receipt-signer.pem' : 'wrapping.json');
      renameSync(file, `${file}.lost`);
      await expect(begin(engine, { kind })).rejects.toMatchObject({
        ...refused,
        message: expect.stringMatching(/gone|none of the key files/),
      });
      expect(keyFiles().filter((name) => !name.endsWith('.lost'))).toHaveLength(1);
      expect((await listRotations(engine.home.deps, { limit: 10 })).items).toEqual([]);
      await expect(sealedRun(engine)).resolves.toBeDefined();
    },
  );

  test('whose old key is lost on the way stops before the switch, says why, and goes on when the key is back', async () => {
    const { deps } = engine.home;
    const rotation = await begin(engine);
    await take(rotation, 'Create', 'Prove');
    renameSync(keyFile(), keyFile('lost'));
    await expect(take(rotation, 'Attest')).rejects.toMatchObject(refused);
    const stopped = await getRotation(deps, rotation.id);
    expect(stopped).toMatchObject({ step: 'proven', problem: expect.stringContaining('is gone') });
    expect(keyIdIn((await sealedRun(engine)).bundle)).toBe(rotation.oldKey.keyId);
    renameSync(keyFile('lost'), keyFile());
    await take(rotation, 'Create', 'Prove', 'Attest', 'Switch', 'Rewrap', 'Verify', 'Revoke');
    expect(await getRotation(deps, rotation.id)).toMatchObject({ step: 'finished', problem: null });
  });

  test('whose new key is another one than was published does not use it', async () => {
    const rotation = await begin(engine);
    await take(rotation, 'Create', 'Prove', 'Attest');
    const { newKey } = await getRotation(engine.home.deps, rotation.id);
    rmSync(keyFile(newKey?.handle));
    openKeyFile(keyFile(newKey?.handle));
    await expect(take(rotation, 'Switch')).rejects.toMatchObject({ ...refused, message: expect.stringContaining('not the private half') });
    expect((await engine.home.deps.signer.publicKey()).keyId).toBe(rotation.oldKey.keyId);
  });

  test('keeps the old key through the window: what it signs then verifies, and it is not given up before', async () => {
    const { deps } = engine.home;
    const rotation = await begin(engine, { windowHours: 1 });
    await take(rotation, 'Create', 'Prove', 'Attest', 'Switch', 'Rewrap', 'Verify');
    expect((await publishKeys(deps)).map(({ state }) => state)).toEqual(['active', 'retiring']);
    const late = await signStatement(signerOf(deps, rotation.oldKey), buildStatement());
    await expect(verifyOwn(deps, late)).resolves.toMatchObject({ keyId: rotation.oldKey.keyId });
    await expect(take(rotation, 'Revoke')).rejects.toMatchObject({ ...refused, message: expect.stringContaining('may still be used') });
    const later: Deps = { ...deps, clock: { ...deps.clock, now: () => deps.clock.now() + 3_600_001 } };
    await runRotationPhase(later, 'Revoke', { rotationId: rotation.id });
    await expect(signStatement(signerOf(deps, rotation.oldKey), buildStatement())).rejects.toMatchObject({ code: 'mc:key:unreadable' });
    await expect(verifyOwn(deps, late)).resolves.toMatchObject({ keyId: rotation.oldKey.keyId });
  });

  test('does not give the old key up while the home still signs with it', async () => {
    const { deps } = engine.home;
    const rotation = await begin(engine);
    await take(rotation, 'Create', 'Prove', 'Attest', 'Switch', 'Rewrap');
    const behind: Deps = { ...deps, signer: signerOf(deps, rotation.oldKey) };
    await expect(runRotationPhase(behind, 'Verify', { rotationId: rotation.id })).rejects.toMatchObject(refused);
    expect(keyFiles()).toContain('receipt-signer.pem');
  });

  test('does not give the old key up when a statement of the log does not verify any more', async () => {
    const { deps } = engine.home;
    const rotation = await begin(engine);
    await take(rotation, 'Create', 'Prove', 'Attest', 'Switch', 'Rewrap');
    const key = signerKeyKey(rotation.oldKey.keyId);
    const item = await deps.table.get(key);
    await deps.table.write([{ kind: 'delete', key }]);
    // A process that has not verified anything yet.
    const fresh: Deps = { ...deps, signer: { publicKey: () => deps.signer.publicKey(), sign: (message) => deps.signer.sign(message) } };
    await expect(runRotationPhase(fresh, 'Verify', { rotationId: rotation.id })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('does not verify'),
    });
    if (item) await deps.table.write([{ kind: 'put', item }]);
    await take(rotation, 'Verify', 'Revoke');
    expect(await getRotation(deps, rotation.id)).toMatchObject({ step: 'finished' });
  });

  test('of the data key does not give the old key up while it wraps something', async () => {
    const { deps } = engine.home;
    await sealedRun(engine);
    const rotation = await begin(engine, { kind: 'data' });
    await take(rotation, 'Create', 'Prove', 'Attest', 'Switch');
    const { items } = await deps.table.query({ index: 'gsi1', pk: dataKeyList, limit: 1 });
    const [row] = await deps.table.getMany(items.map(({ pk, sk }) => ({ pk, sk })));
    await take(rotation, 'Rewrap');
    // A process that had not noticed the switch wrapped this one.
    if (row) await deps.table.write([{ kind: 'put', item: row }]);
    const behind = { currentId: async () => rotation.oldKey.keyId, rewrap: deps.wrappingKey.rewrap.bind(deps.wrappingKey) };
    const stale: Deps = { ...deps, wrappingKey: { ...deps.wrappingKey, ...behind } };
    await expect(runRotationPhase(stale, 'Verify', { rotationId: rotation.id })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('still wrapped by'),
    });
    await take(rotation, 'Verify', 'Revoke');
    expect(await deps.table.get({ pk: row?.pk ?? '', sk: row?.sk ?? '' })).toMatchObject({ wrappedBy: await deps.wrappingKey.currentId() });
  });
});

describe('a rotation that cannot go on because its new key is lost', () => {
  const reason = 'the new key is lost';
  const instead = async (kind: 'signer' | 'data' = 'signer'): Promise<Rotation> => begin(engine, { kind, instead: true, reason });
  const all = ['Create', 'Prove', 'Attest', 'Switch', 'Rewrap', 'Verify', 'Revoke'] as const;

  /** One whose new key is gone since it was attested. */
  async function stuck(): Promise<Rotation> {
    const rotation = await begin(engine);
    await take(rotation, 'Create', 'Prove', 'Attest');
    const { newKey } = await getRotation(engine.home.deps, rotation.id);
    rmSync(keyFile(newKey?.handle));
    await expect(take(rotation, 'Switch')).rejects.toMatchObject(refused);
    return rotation;
  }

  test('keeps others from beginning, until an operator puts one in its place, with a reason that the audit events have', async () => {
    const { deps } = engine.home;
    const before = await sealedRun(engine);
    const lost = await stuck();
    await expect(begin(engine)).rejects.toMatchObject({ code: 'mc:key:rotation-conflict' });
    const next = await instead();
    expect(await getRotation(deps, lost.id)).toMatchObject({ step: 'abandoned', problem: expect.stringContaining('is gone') });
    expect((await findPending(deps, 'signer'))?.id).toBe(next.id);
    const { items } = await deps.table.query({ pk: auditPk(deps.config.ownerTenant), limit: 100 });
    expect(items.flatMap(({ event }) => AuditEvent.parse(event)).filter(({ data }) => data.details['step'] === 'abandoned')).toMatchObject([
      { type: 'mc.keys.rotate', data: { reason, details: { rotationId: lost.id } } },
    ]);
    await take(next, ...all);
    expect(await getRotation(deps, next.id)).toMatchObject({ step: 'finished', oldKey: { keyId: lost.oldKey.keyId } });
    await expect(verifyOwn(deps, before.bundle)).resolves.toMatchObject({ keyId: lost.oldKey.keyId });
    expect((await publishKeys(deps)).map(({ state }) => state).sort()).toEqual(['active', 'pending', 'retired']);
  });

  test('is over for its own machine too, which comes to its end without doing anything', async () => {
    const { deps } = engine.home;
    const lost = await stuck();
    await instead();
    const { keyId } = await deps.signer.publicKey();
    for (const phase of all) {
      const answer = await runRotationPhase(deps, phase, { rotationId: lost.id });
      expect(answer).toEqual({ step: 'abandoned', windowEndsAt: expect.stringMatching(/Z$/), isDone: true });
    }
    expect((await deps.signer.publicKey()).keyId).toBe(keyId);
  });

  test.each(['signer', 'data'] as const)('nothing is lost when the switch of the %s key is under way at that moment', async (kind) => {
    const { deps } = engine.home;
    const run = await sealedRun(engine);
    const late = await begin(engine, { kind });
    await take(late, 'Create', 'Prove', 'Attest');
    const faults = { hit: async (point: string) => void (point === 'rotate:after-activate' && (await instead(kind))) };
    await runRotationPhase({ ...deps, faults }, 'Switch', { rotationId: late.id });
    expect(await getRotation(deps, late.id)).toMatchObject({ step: 'abandoned' });
    // The new key is in use all the same; it was published, so what it signs verifies.
    const between = await sealedRun(engine);
    await expect(verifyOwn(deps, between.bundle)).resolves.toBeDefined();
    const third = await instead(kind);
    await take(third, ...all);
    expect(await getRotation(deps, third.id)).toMatchObject({ step: 'finished', problem: null });
    deps.dataKeys.forget();
    for (const { id } of [run, between]) expect(await getReceipt(deps, engine.actor, id)).toBeDefined();
  });

  test('once it has switched, it is not abandoned', async () => {
    const rotation = await begin(engine, { windowHours: 1 });
    await take(rotation, 'Create', 'Prove', 'Attest', 'Switch');
    await expect(instead()).rejects.toMatchObject({ code: 'mc:key:rotation-conflict', message: expect.stringContaining('is switched') });
    expect(await getRotation(engine.home.deps, rotation.id)).toMatchObject({ step: 'switched' });
  });

  test('is not abandoned on a condition that a step has changed meanwhile', async () => {
    const { deps } = engine.home;
    const rotation = await begin(engine);
    await take(rotation, 'Create', 'Prove', 'Attest');
    const request = { kind: 'signer', windowHours: 0, instead: true, reason } as const;
    const quiet: Deps = { ...deps, rotations: { start: async () => undefined } };
    const racing = beforeWrite(
      quiet,
      ({ kind }) => kind === 'put',
      async () => take(rotation, 'Switch'),
    );
    await expect(requestRotation(racing, owner, request)).rejects.toMatchObject({ code: 'mc:key:rotation-conflict' });
    expect(await getRotation(deps, rotation.id)).toMatchObject({ step: 'switched' });
  });

  test('is not abandoned without a reason', () => {
    expect(RequestRotation.safeParse({ instead: true }).error?.issues).toMatchObject([{ path: ['reason'] }]);
    expect(RequestRotation.safeParse({ instead: true, reason }).success).toBe(true);
  });
});
