import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { checkGoldens } from '../../../shared/policy-catalog/check-goldens.ts';
import { getPackBundle } from '../../../shared/policy-catalog/get-pack-bundle.ts';
import { getPack } from '../../../shared/policy-catalog/get-pack.ts';
import { listPacks } from '../../../shared/policy-catalog/list-packs.ts';
import { loadOwnPack } from '../../../shared/policy-catalog/load-own-pack.ts';
import type { PackRecord } from '../../../shared/policy-catalog/pack-record.ts';
import { pushPack } from '../../../shared/policy-catalog/push-pack.ts';
import { PolicyPack } from '../../../shared/policy-catalog/policy-pack.ts';
import { addTenant } from '../../support/add-tenant.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildOwnPack, buildPolicyKey, readFixture } from '../../support/build-own-pack.ts';

const acme = TenantId.parse('acme');
const actor = buildActor();
const key = buildPolicyKey();
const shippedNames = ['access', 'budget', 'egress', 'encryption', 'pii', 'quotas', 'residency'];

describe('the catalog of policy packs', () => {
  let home: TestHome;
  let archive: Uint8Array;
  let record: PackRecord;

  beforeEach(async () => {
    home = buildDeps();
    await addTenant(home.deps, { policyKeys: [{ keyId: key.keyId, pem: key.pem }], data: { freeze: { frozen: ['audit'] } } });
    archive = await buildOwnPack(key);
    ({ record } = await pushPack(home.deps, actor, archive));
  });
  afterEach(() => home.close());

  test('lists shipped packs and those of the tenant by name, every one once over all pages', async () => {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listPacks(home.deps, actor, { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      names.push(...page.items.map(({ name, origin }) => `${origin} ${name}`));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(names).toEqual(
      ['access', 'budget', 'egress', 'encryption', 'freeze', 'pii', 'quotas', 'residency'].map(
        (name) => `${name === 'freeze' ? 'own' : 'shipped'} ${name}`,
      ),
    );
  });

  test('another tenant sees the shipped packs alone', async () => {
    await addTenant(home.deps, { id: 'beta' });
    const { items } = await listPacks(home.deps, buildActor(['viewer'], 'beta'), { limit: 100 });
    expect(items.map(({ name }) => name)).toEqual(shippedNames);
  });

  test.each(shippedNames)('%s is shown with signature, rules, fixes, data and examples', async (name) => {
    const pack = PolicyPack.parse(await getPack(home.deps, actor, name));
    expect(pack).toMatchObject({ name, origin: 'shipped', regoVersion: 1, hasOlderVersions: false });
    expect(pack.versions).toEqual([
      expect.objectContaining({
        version: pack.version,
        digest: pack.digest,
        state: 'active',
        signature: { keyId: expect.stringMatching(/^SHA256:/), algorithm: 'ES256' },
      }),
    ]);
    expect(pack.rules.every(({ rule, solution }) => rule.startsWith(`${name}.`) && solution !== '')).toBe(true);
    expect(pack.docs).toContain(`\`${String(pack.rules[0]?.rule)}\``);
    expect(digestBytes(await getPackBundle(home.deps, actor, { name }))).toBe(pack.digest);
  });

  test.each(shippedNames)('the examples of %s are tests, and hold', async (name) => {
    const { packs } = home.deps;
    const pack = (await packs.shipped()).find(({ entry }) => entry.name === name);
    const bundle = await packs.findArchive(name);
    if (!pack || !bundle) throw new Error(`${name} is not shipped`);
    expect(await checkGoldens(packs, bundle, pack)).toEqual([]);
  });

  test('an own pack is shown from its bundle, with what the tenant replaces of its data', async () => {
    const pack = PolicyPack.parse(await getPack(home.deps, actor, 'freeze'));
    expect(pack).toMatchObject({
      origin: 'own',
      version: '1.0.0',
      data: { frozen: ['year-end-close'], warnAboveUSD: 10 },
      tenantData: { frozen: ['audit'] },
      versions: [{ releaseId: record.releaseId, publishedBy: actor.sub, signature: { keyId: key.keyId } }],
    });
    expect(pack.rules.map(({ rule }) => rule)).toEqual(['freeze.workflow_frozen', 'freeze.unreadable', 'freeze.expensive']);
    expect(pack.examples).toHaveLength(5);
  });

  test('a bundle is given byte for byte, of the version asked for and of no other', async () => {
    await pushPack(home.deps, actor, await buildOwnPack(key, '1.1.0'));
    const bytes = await getPackBundle(home.deps, actor, { name: 'freeze', version: '1.0.0' });
    expect(digestBytes(bytes)).toBe(digestBytes(archive));
    for (const [name, version] of [
      ['freeze', '9.9.9'],
      ['residency', '9.9.9'],
      ['nothing', undefined],
    ] as const) {
      const wanted = { name, ...(version === undefined ? {} : { version }) };
      await expect(getPackBundle(home.deps, actor, wanted)).rejects.toMatchObject({ code: 'mc:policy:pack-not-found' });
    }
  });

  test('an own pack whose bundle, record or release is not what was accepted is never handed out', async () => {
    const { deps } = home;
    const load = (changes: Partial<typeof deps>, pack = record): Promise<Uint8Array> => loadOwnPack({ ...deps, ...changes }, acme, pack);
    const gone = { ...deps.blobs, put: deps.blobs.put.bind(deps.blobs), find: async () => undefined };
    const altered = { ...gone, find: async () => new Uint8Array(readFixture('freeze')) };
    const stranger = buildDeps();
    const unavailable = { code: 'mc:policy:unavailable' };

    await expect(load({ blobs: gone })).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('gone') });
    await expect(load({ blobs: altered })).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('altered') });
    await expect(load({ signer: stranger.deps.signer })).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('release'),
    });
    await expect(load({}, { ...record, digest: digestBytes('other') })).rejects.toMatchObject(unavailable);
    await expect(loadOwnPack(deps, TenantId.parse('beta'), record)).rejects.toMatchObject(unavailable);
    stranger.close();
  });
});
