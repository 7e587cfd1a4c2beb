import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { McError } from '../../../shared/core/errors.ts';
import { auditPk } from '../../../shared/audit/audit-event.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { getPack } from '../../../shared/policy-catalog/get-pack.ts';
import { loadOwnPack } from '../../../shared/policy-catalog/load-own-pack.ts';
import { packSubject } from '../../../shared/policy-catalog/pack-subject.ts';
import { retirePack } from '../../../shared/policy-catalog/retire-pack.ts';
import { pushPack, type PushedPack } from '../../../shared/policy-catalog/push-pack.ts';
import type { Item } from '../../../shared/port/table.ts';
import { verifyRelease } from '../../../shared/receipt/release-statement.ts';
import { getTenant } from '../../../shared/tenant/tenant-store.ts';
import type { Tenant } from '../../../shared/tenant/tenant.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildOwnPack, buildPolicyKey, goldensOf, readFixture, signed, withFiles, withManifest } from '../../support/build-own-pack.ts';

const acme = TenantId.parse('acme');
const actor = buildActor();
const key = buildPolicyKey();

describe('pushing a policy pack', () => {
  let home: TestHome;
  const push = (archive: Uint8Array): Promise<PushedPack> => pushPack(home.deps, actor, archive);

  async function problemOf(archive: Uint8Array): Promise<McError> {
    const error: unknown = await push(archive).then(
      () => new Error('it was accepted'),
      (caught: unknown) => caught,
    );
    if (error instanceof McError) return error;
    throw error;
  }

  async function codesOf(archive: Uint8Array): Promise<string[]> {
    const problem = await problemOf(archive);
    expect(problem.code).toBe('mc:policy:bundle-refused');
    return problem.issues.map(({ code }) => code);
  }

  const audited = async (): Promise<Item[]> => (await home.deps.table.query({ pk: auditPk(acme), limit: 100 })).items;

  beforeEach(async () => {
    home = buildDeps();
    await addTenant(home.deps, { policyKeys: [{ keyId: key.keyId, pem: key.pem }] });
  });
  afterEach(() => home.close());

  test('a sound pack becomes the version that judges, released by the home and audited, all in one write', async () => {
    const archive = await buildOwnPack(key);

    const { record, created, warnings } = await push(archive);

    const digest = digestBytes(archive);
    expect({ created, warnings }).toEqual({ created: true, warnings: [] });
    expect(record).toMatchObject({ name: 'freeze', version: '1.0.0', digest, points: ['plan', 'start'], signature: { keyId: key.keyId } });
    expect((await getTenant(home.deps, acme)).packs).toEqual([{ name: 'freeze', version: '1.0.0', digest }]);
    await verifyRelease(home.deps, acme, record.releaseId, { name: packSubject(record), digest });
    expect(await audited()).toEqual([
      expect.objectContaining({ event: expect.objectContaining({ type: 'mc.policy.publish', subject: 'freeze@1.0.0' }) }),
    ]);
    expect(Buffer.from(await loadOwnPack(home.deps, acme, record))).toEqual(Buffer.from(archive));
  });

  test('the same bytes again change nothing', async () => {
    const archive = await buildOwnPack(key);
    const first = await push(archive);
    const before = await getTenant(home.deps, acme);

    expect(await push(archive)).toEqual({ ...first, created: false });

    expect(await getTenant(home.deps, acme)).toEqual(before);
    expect(await audited()).toHaveLength(1);
  });

  test('the bytes of a version that was superseded or retired do not come back', async () => {
    const old = await buildOwnPack(key, '1.0.0');
    const newer = await buildOwnPack(key, '1.1.0');
    await push(old);
    await push(newer);
    expect(await problemOf(old)).toMatchObject({
      code: 'mc:policy:pack-conflict',
      message: expect.stringContaining('superseded by 1.1.0'),
    });
    await retirePack(home.deps, actor, { name: 'freeze', reason: 'the freeze is over' });
    expect(await problemOf(newer)).toMatchObject({ code: 'mc:policy:pack-conflict', message: expect.stringContaining('was retired') });
    expect((await getTenant(home.deps, acme)).packs).toEqual([]);
  });

  test('other bytes under a pushed version are a conflict', async () => {
    const { record } = await push(await buildOwnPack(key));
    const other = await signed(await withManifest(readFixture('freeze'), { metadata: { title: 'Other' } }), key);
    expect(await problemOf(other)).toMatchObject({ code: 'mc:policy:pack-conflict', message: expect.stringContaining(record.digest) });
  });

  test('a greater version supersedes, and a lower one is refused', async () => {
    await push(await buildOwnPack(key, '1.2.0'));
    const newer = await push(await buildOwnPack(key, '1.10.0'));

    expect(await codesOf(await buildOwnPack(key, '1.9.0'))).toEqual(['pack-version']);

    const { version, digest, versions } = await getPack(home.deps, actor, 'freeze');
    expect({ version, digest }).toEqual({ version: '1.10.0', digest: newer.record.digest });
    expect(versions.map((found) => [found.version, found.state])).toEqual([
      ['1.10.0', 'active'],
      ['1.2.0', 'superseded'],
    ]);
  });

  test('of two versions pushed at once, none is lost and the greater one judges', async () => {
    const [one, two] = [await buildOwnPack(key, '1.0.0'), await buildOwnPack(key, '2.0.0')];
    const results = await Promise.allSettled([push(one), push(two)]);
    expect(results[1]).toMatchObject({ status: 'fulfilled' });
    expect((await getTenant(home.deps, acme)).packs).toEqual([expect.objectContaining({ name: 'freeze', version: '2.0.0' })]);
  });

  describe('refuses, and changes nothing', () => {
    let before: Tenant;
    beforeEach(async () => {
      before = await getTenant(home.deps, acme);
    });
    afterEach(async () => {
      expect(await getTenant(home.deps, acme)).toEqual(before);
      expect(await audited()).toEqual([]);
    });

    test('bytes that are no archive', async () => {
      expect(await codesOf(Buffer.from('no archive'))).toEqual(['archive']);
    });

    test('a bundle without a signature', async () => {
      expect(await codesOf(readFixture('freeze'))).toEqual(['signature-missing']);
    });

    test('a bundle signed by another key', async () => {
      expect(await codesOf(await buildOwnPack(buildPolicyKey()))).toEqual(['signature-invalid']);
    });

    test('a changed byte of a rule', async () => {
      const changed = await withFiles(await buildOwnPack(key), { 'policy.rego': 'package mc.freeze' });
      expect(await codesOf(changed)).toContain('file-changed');
    });

    test('a file that was not signed, and one that does not belong', async () => {
      const extra = await withFiles(await buildOwnPack(key), { 'more.rego': 'package mc.freeze', 'run.sh': 'true' });
      expect((await codesOf(extra)).sort()).toEqual(['file-unknown', 'file-unsigned', 'file-unsigned']);
    });

    test('the name of a shipped pack', async () => {
      const wasm = [{ entrypoint: 'mc/residency/verdict', module: '/policy.wasm' }];
      const named = await signed(await withManifest(readFixture('freeze'), { wasm, roots: ['mc/residency'] }), key);
      expect(await codesOf(named)).toContain('pack-name');
    });

    test('rules of v0 without the flag, or with the wrong one', async () => {
      const none = await signed(await withManifest(readFixture('legacy'), { rego_version: undefined }), key);
      const problem = await problemOf(none);
      expect(problem.issues).toContainEqual(expect.objectContaining({ pointer: '/.manifest/rego_version' }));
      expect(await codesOf(await signed(await withManifest(readFixture('legacy'), { rego_version: 1 }), key))).toContain('rego-version');
    });

    test('a pack without version and examples, both at once', async () => {
      const bare = await signed(await withFiles(readFixture('legacy'), {}), key);
      const { issues } = await problemOf(bare);
      expect(issues.map(({ pointer }) => pointer)).toEqual(['/.manifest/metadata/version', '/.manifest/metadata/goldens']);
    });

    test('rules without METADATA, each at its line', async () => {
      const source = 'package mc.freeze\n\ndeny contains "x" if input.x\n';
      const { issues } = await problemOf(await signed(await withFiles(readFixture('freeze'), { 'policy.rego': source }), key));
      expect(issues).toContainEqual(expect.objectContaining({ code: 'metadata', pointer: '/policy.rego', line: 1 }));
      expect(issues).toContainEqual(expect.objectContaining({ code: 'metadata', pointer: '/policy.rego', line: 3 }));
    });

    test('examples that are judged differently, with what was expected', async () => {
      const goldens = goldensOf({ workflow: { name: 'audit-2' } }, ['freeze.workflow_frozen']);
      const { issues } = await problemOf(await signed(await withManifest(readFixture('freeze'), { metadata: { goldens } }), key));
      expect(issues).toEqual([
        expect.objectContaining({
          code: 'golden-failed',
          pointer: '/metadata/goldens/1',
          got: 'allow',
          allowed: 'deny freeze.workflow_frozen',
        }),
      ]);
    });

    test('a pack without an example that is denied, or with one that names no rule of it', async () => {
      const [allow, deny] = goldensOf({ workflow: { name: 'year-end-close' } }, ['freeze.nothing']);
      expect(await codesOf(await signed(await withManifest(readFixture('freeze'), { metadata: { goldens: [allow] } }), key))).toEqual([
        'golden-missing',
      ]);
      expect(await codesOf(await signed(await withManifest(readFixture('freeze'), { metadata: { goldens: [allow, deny] } }), key))).toEqual(
        ['golden-rule', 'golden-failed'],
      );
    });

    test('a rule that does not end, with the time as the reason', async () => {
      const goldens = goldensOf({ request: { region: 'endless' } }, []);
      const { issues } = await problemOf(await signed(await withManifest(readFixture('endless'), { metadata: { goldens } }), key));
      expect(issues).toContainEqual(
        expect.objectContaining({ code: 'golden-failed', message: expect.stringMatching(/did not answer within|late|ms/) }),
      );
    });
  });

  test('rules that ask for the time are refused with what they call', async () => {
    const metadata = { version: '1.0.0', goldens: goldensOf({}, []) };
    const { issues } = await problemOf(await signed(await withManifest(readFixture('clock'), { metadata }), key));
    expect(issues).toContainEqual(expect.objectContaining({ code: 'base-question', message: expect.stringContaining('time.now_ns') }));
  });

  test('a pack in Rego v0 that says so is accepted, with a warning for every rule without METADATA', async () => {
    const metadata = { version: '0.1.0', goldens: goldensOf({ request: { region: 'DE' } }, ['legacy.region']) };
    const { created, record, warnings } = await push(await signed(await withManifest(readFixture('legacy'), { metadata }), key));
    expect(created).toBe(true);
    expect(record).toMatchObject({ name: 'legacy', regoVersion: 0 });
    expect(warnings).toContainEqual(expect.objectContaining({ code: 'metadata', pointer: '/legacy.rego', line: 6 }));
  });

  test('a crash before the write leaves no version, and the push can be repeated', async () => {
    const archive = await buildOwnPack(key);
    const crash = { hit: () => Promise.reject(new Error('killed')) };
    await expect(pushPack({ ...home.deps, faults: crash }, actor, archive)).rejects.toThrow('killed');
    expect((await getTenant(home.deps, acme)).packs).toEqual([]);
    expect(await push(archive)).toMatchObject({ created: true });
  });

  test('a tenant sees no pack of another', async () => {
    await push(await buildOwnPack(key));
    await addTenant(home.deps, { id: 'beta' });
    const beta = buildActor(['admin'], 'beta');
    await expect(getPack(home.deps, beta, 'freeze')).rejects.toMatchObject({ code: 'mc:policy:pack-not-found' });
  });
});
