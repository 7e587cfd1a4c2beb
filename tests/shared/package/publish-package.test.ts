import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { canonicalJson } from '../../../shared/core/json/canonical-json.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { SoftwareSigner } from '../../../shared/embedded/keys/software-signer.ts';
import { taskCost } from '../../../shared/estimate/task-cost.ts';
import { manifestLimits } from '../../../shared/manifest/manifest.ts';
import { catalogTenant } from '../../../shared/package/catalog-tenant.ts';
import { priceLimits } from '../../../shared/package/check-price.ts';
import { listPackages } from '../../../shared/package/list-packages.ts';
import { loadPackage } from '../../../shared/package/load-package.ts';
import { publishPackage } from '../../../shared/package/publish-package.ts';
import { resolvePackage } from '../../../shared/package/resolve-package.ts';
import { verifyRelease } from '../../../shared/receipt/release-statement.ts';
import type { Actor } from '../../../shared/tenant/actor.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildBundle } from '../../support/build-package.ts';

const acme = TenantId.parse('acme');
const catalog: Actor = { sub: 'system:catalog', tenant: catalogTenant, roles: ['admin'] };

let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => {
  home.close();
});

describe('publishing a package', () => {
  test('the record names the digest and a release that verifies for exactly these bytes', async () => {
    const record = await publishPackage(home.deps, buildActor(), await buildBundle());
    expect(record).toMatchObject({ name: 'test/echo', version: '1.0.0', uses: 'pkg:test/echo@1.0.0', publishedBy: 'admin@example.com' });
    await verifyRelease(home.deps, acme, record.releaseId, { name: record.uses, digest: record.digest });
    const other = verifyRelease(home.deps, acme, record.releaseId, { name: record.uses, digest: `sha256:${'0'.repeat(64)}` });
    await expect(other).rejects.toMatchObject({ code: 'mc:package:untrusted' });
  });

  test('the same content again changes nothing, also when it arrives twice at once', async () => {
    const bytes = await buildBundle();
    const [first, second] = await Promise.all([
      publishPackage(home.deps, buildActor(), bytes),
      publishPackage(home.deps, buildActor(), bytes),
    ]);
    const third = await publishPackage(home.deps, buildActor(), bytes);
    expect([second.id, third.id]).toEqual([first.id, first.id]);
  });

  test('what is no part of the two files is not stored', async () => {
    const bytes = await buildBundle();
    const padded = Buffer.concat([bytes, Buffer.alloc(10_240)]);
    const plain = await publishPackage(home.deps, buildActor(), bytes);
    expect((await publishPackage(home.deps, buildActor(), padded)).digest).toBe(plain.digest);
  });

  test('other content under the same version is a conflict', async () => {
    const first = await publishPackage(home.deps, buildActor(), await buildBundle());
    const changed = publishPackage(home.deps, buildActor(), await buildBundle({}, 'export default async () => ({ changed: true });'));
    await expect(changed).rejects.toMatchObject({ code: 'mc:package:conflict', message: expect.stringContaining(first.digest) });
  });

  test.each(['01.0.0', '1.0.0-01', '1.0.0-a..b', `1.0.0-${'a'.repeat(59)}`, `1.0.0-${'a'.repeat(1_200)}`, `${'9'.repeat(17)}.0.0`])(
    'the version %s is refused at its place',
    async (version) => {
      const published = publishPackage(home.deps, buildActor(), await buildBundle({ version }));
      await expect(published).rejects.toMatchObject({ code: 'mc:package:invalid', issues: [{ code: 'semver', pointer: '/version' }] });
    },
  );

  test('a version may have 64 characters', async () => {
    const version = `1.0.0-${'a'.repeat(58)}`;
    expect(await publishPackage(home.deps, buildActor(), await buildBundle({ version }))).toMatchObject({ version });
  });

  test('a schema that does not compile is refused, and nothing is stored', async () => {
    const bytes = await buildBundle({
      inputs: { type: 'object', properties: { a: { type: 'text' } } },
      outputs: { type: 'object', $ref: 'https://example.com/x' },
    });
    await expect(publishPackage(home.deps, buildActor(), bytes)).rejects.toMatchObject({
      code: 'mc:package:invalid',
      issues: [{ pointer: '/inputs' }, { pointer: '/outputs' }],
    });
    expect((await listPackages(home.deps, buildActor(), { limit: 10 })).items).toEqual([]);
  });

  test('a price above the limit is refused at its place, and the limit itself is none', async () => {
    const { perRunUsdMicros, perSecondUsdMicros } = priceLimits;
    const dear = { perRunUsdMicros: perRunUsdMicros + 1, perSecondUsdMicros: perSecondUsdMicros + 1, typicalMs: 1 };
    await expect(publishPackage(home.deps, buildActor(), await buildBundle({ cost: dear }))).rejects.toMatchObject({
      code: 'mc:package:invalid',
      issues: [
        { code: 'too-big', pointer: '/cost/perRunUsdMicros', got: '1000000001', allowed: 'at most 1000000000 micro-dollars' },
        { code: 'too-big', pointer: '/cost/perSecondUsdMicros', got: '1000001' },
      ],
    });
    expect((await listPackages(home.deps, buildActor(), { limit: 10 })).items).toEqual([]);
    const dearest = await buildBundle({ cost: { ...priceLimits, typicalMs: 1 } });
    expect(await publishPackage(home.deps, buildActor(), dearest)).toMatchObject({ uses: 'pkg:test/echo@1.0.0' });
  });

  test('the dearest run that there can be has a price that is still exact', () => {
    // Retries, attempts that met a broken store, compensations, each of them an hour where a second costs most.
    const attemptsOfATask = 1 + 10 + 20 + 5;
    const price = { cost: { ...priceLimits, typicalMs: 1 }, resourceClass: 'large', place: { cloud: 'aws', region: 'ap-east-1' } } as const;
    expect(Number.isSafeInteger(manifestLimits.tasks * attemptsOfATask * taskCost(price, 3_600_000))).toBe(true);
  });

  test('schemas may nest deeper than the table does, and hold numbers that it does not', async () => {
    const nested = (levels: number): object =>
      levels === 0 ? { type: 'number', maximum: 1e300 } : { type: 'object', properties: { a: nested(levels - 1) } };
    const inputs = { type: 'object', properties: { a: nested(25) } } as const;
    const record = await publishPackage(home.deps, buildActor(), await buildBundle({ inputs }));
    expect(record.descriptor.inputs).toEqual(inputs);
    expect((await resolvePackage(home.deps, acme, record.uses)).descriptor).toEqual(record.descriptor);
    expect((await listPackages(home.deps, buildActor(), { limit: 10 })).items).toEqual([record]);
  });

  test('a package that was stored before 0.3 is read as ever', async () => {
    const record = await publishPackage(home.deps, buildActor(), await buildBundle());
    const { items } = await home.deps.table.query({ index: 'gsi1', pk: 'T#acme#PKG', limit: 10 });
    expect(items).toMatchObject([{ record: { descriptor: canonicalJson(record.descriptor) } }]);
    await home.deps.table.putMany(items.map((item) => ({ ...item, record: z.json().parse(record) })));
    expect((await listPackages(home.deps, buildActor(), { limit: 10 })).items).toEqual([record]);
    expect((await publishPackage(home.deps, buildActor(), await buildBundle())).id).toBe(record.id);
  });

  test('a crash before the write leaves the package unpublished', async () => {
    const faults = { hit: () => Promise.reject(new Error('killed')) };
    await expect(publishPackage({ ...home.deps, faults }, buildActor(), await buildBundle())).rejects.toThrow('killed');
    await expect(resolvePackage(home.deps, acme, 'pkg:test/echo@1.0.0')).rejects.toMatchObject({ code: 'mc:package:not-found' });
    expect(await publishPackage(home.deps, buildActor(), await buildBundle())).toMatchObject({ version: '1.0.0' });
  });
});

describe('resolving and listing packages', () => {
  test('a tenant gets its own package before the one of the catalog', async () => {
    const shipped = await publishPackage(home.deps, catalog, await buildBundle());
    expect((await resolvePackage(home.deps, acme, 'pkg:test/echo@1.0.0')).digest).toBe(shipped.digest);
    const own = await publishPackage(home.deps, buildActor(), await buildBundle({}, 'export default async () => ({ own: true });'));
    expect((await resolvePackage(home.deps, acme, 'pkg:test/echo@1.0.0')).digest).toBe(own.digest);
  });

  test('the package of another tenant cannot be resolved, loaded or seen', async () => {
    const { digest } = await publishPackage(home.deps, buildActor(['admin'], 'rival'), await buildBundle());
    await expect(resolvePackage(home.deps, acme, 'pkg:test/echo@1.0.0')).rejects.toMatchObject({ code: 'mc:package:not-found' });
    await loadPackage(home.deps, TenantId.parse('rival'), digest);
    await expect(loadPackage(home.deps, acme, digest)).rejects.toMatchObject({ code: 'mc:package:not-found' });
    expect((await listPackages(home.deps, buildActor(), { limit: 10 })).items).toEqual([]);
  });

  test.each(['01.0.0', '1.0.00', '1.0.0x', '1.0.0?a=b', '1.0.0#x', '1.0.0+x', '1.0.0-rc.01', '1.0.0-rc.1+x'])(
    'no package is found under the version %s, which nobody published',
    async (version) => {
      const [shipped, own] = [await buildBundle(), await buildBundle({ version: '1.0.0-rc.1' })];
      await publishPackage(home.deps, catalog, shipped);
      await publishPackage(home.deps, buildActor(), own);
      await expect(resolvePackage(home.deps, acme, `pkg:test/echo@${version}`)).rejects.toMatchObject({ code: 'mc:package:not-found' });
    },
  );

  test('a name that is nearly right gets a suggestion', async () => {
    await publishPackage(home.deps, catalog, await buildBundle());
    await expect(resolvePackage(home.deps, acme, 'pkg:test/ecko@1.0.0')).rejects.toThrow('did you mean pkg:test/echo@1.0.0');
  });

  test('pages hold own packages, then the catalog, in order of versions, each once', async () => {
    const own = ['2.0.0', '1.10.0', '1.2.0'].map((version) => buildBundle({ version }));
    for (const bytes of own) await publishPackage(home.deps, buildActor(), await bytes);
    for (const name of ['test/b', 'test/a']) await publishPackage(home.deps, catalog, await buildBundle({ name }));
    for (const limit of [1, 2, 3, 10]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await listPackages(home.deps, buildActor(), { limit, ...(cursor === undefined ? {} : { cursor }) });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items.map(({ uses }) => uses));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(seen).toEqual(['pkg:test/echo@1.2.0', 'pkg:test/echo@1.10.0', 'pkg:test/echo@2.0.0', 'pkg:test/a@1.0.0', 'pkg:test/b@1.0.0']);
    }
  });

  test('a cursor of something else is refused', async () => {
    await expect(listPackages(home.deps, buildActor(), { limit: 1, cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'mc:request:invalid',
    });
  });
});

describe('loading a package', () => {
  test('its code and descriptor come back', async () => {
    const { digest } = await publishPackage(home.deps, catalog, await buildBundle({}, 'export default 1;'));
    const loaded = await loadPackage(home.deps, acme, digest);
    expect([loaded.descriptor.name, Buffer.from(loaded.entry).toString()]).toEqual(['test/echo', 'export default 1;']);
  });

  test('bytes that were changed in the store are not loaded', async () => {
    const { digest } = await publishPackage(home.deps, catalog, await buildBundle());
    const find = async (): Promise<Uint8Array> => buildBundle({}, 'export default async () => ({ evil: true });');
    await expect(loadPackage({ ...home.deps, blobs: { ...home.deps.blobs, find } }, acme, digest)).rejects.toMatchObject({
      code: 'mc:package:untrusted',
    });
  });

  test('a package whose release was signed with another key is not loaded', async () => {
    const { digest } = await publishPackage(home.deps, catalog, await buildBundle());
    const signer = new SoftwareSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    await expect(loadPackage({ ...home.deps, signer }, acme, digest)).rejects.toMatchObject({ code: 'mc:package:untrusted' });
  });

  test('a package that was published without its release is not loaded', async () => {
    const { digest, releaseId } = await publishPackage(home.deps, catalog, await buildBundle());
    await home.table.write([{ kind: 'delete', key: { pk: `T#${catalogTenant}#REL#${releaseId}`, sk: 'REL' } }]);
    await expect(loadPackage(home.deps, acme, digest)).rejects.toMatchObject({ code: 'mc:package:untrusted' });
  });
});
