import { beforeAll, describe, expect, test } from '@jest/globals';
import { MaestroClient } from '../../../cli/client/maestro-client.ts';
import type { Issue } from '../../../shared/core/issue.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import type { PushedPolicyPack } from '../../../shared/policy-catalog/policy-pack.ts';
import { buildOwnPack, buildPolicyKey, goldensOf, readFixture, signed, withFiles, withManifest } from '../../support/build-own-pack.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

/** The catalog of packs and a tenant's own pack, in a tenant of its own, so that other cases are not judged by it. */
export function describePolicy(home: TestedHome): void {
  describe('policy packs', () => {
    const tenant = `policy-${home.unique}`;
    const key = buildPolicyKey();
    let client: MaestroClient;
    let pushed: PushedPolicyPack;

    async function as(role: 'admin' | 'composer' | 'viewer'): Promise<MaestroClient> {
      return new MaestroClient({ url: home.url, token: await home.tokenFor({ tenant, sub: `${role}@example.com`, roles: [role] }) });
    }

    async function refusals(bundle: Uint8Array<ArrayBuffer>): Promise<readonly Issue[]> {
      const problem = await problemOf(client.pushPolicyPack(bundle));
      expect(problem).toMatchObject({ code: 'mc:policy:bundle-refused', status: 422 });
      return problem.issues;
    }

    beforeAll(async () => {
      await home.owner.createTenant({ id: tenant });
      client = await as('admin');
      await client.changeTenant(tenant, { policyKeys: [key.pem] });
      pushed = await client.pushPolicyPack(await buildOwnPack(key));
    }, slowMs);

    test(
      'shipped packs are listed with digest and signature, and shown with rules, fixes and examples',
      async () => {
        const { items } = await (await as('viewer')).listPolicyPacks();
        const shipped = items.filter(({ origin }) => origin === 'shipped');
        expect(shipped.map(({ name }) => name)).toEqual(['access', 'budget', 'egress', 'encryption', 'pii', 'quotas', 'residency']);

        const pack = await client.getPolicyPack('residency');

        expect(pack).toMatchObject({ digest: items.find(({ name }) => name === 'residency')?.digest, versions: [{ state: 'active' }] });
        expect(pack.rules.find(({ rule }) => rule === 'residency.region_banned')).toMatchObject({
          severity: 'failure',
          solution: expect.any(String),
        });
        expect(new Set(pack.examples.map(({ kind }) => kind))).toEqual(new Set(['allow', 'deny', 'warn', 'bad-data']));
        expect(digestBytes(await client.getPolicyBundle('residency'))).toBe(pack.digest);
      },
      slowMs,
    );

    test(
      'an own pack is published, signed by the home, and the same bytes again change nothing',
      async () => {
        expect(pushed).toMatchObject({
          name: 'freeze',
          version: '1.0.0',
          signature: { keyId: key.keyId },
          releaseId: expect.stringMatching(/^rel_/),
        });
        const bundle = await client.getPolicyBundle('freeze');
        expect(digestBytes(bundle)).toBe(pushed.digest);
        expect(await client.pushPolicyPack(bundle)).toMatchObject({ releaseId: pushed.releaseId, publishedAt: pushed.publishedAt });
        expect((await client.getPolicyPack('freeze')).versions).toHaveLength(1);
      },
      slowMs,
    );

    test(
      'a run is denied by it with the fix, after the rule data of the tenant, and runs when the data is gone',
      async () => {
        const { name } = await publish({ client }, echoManifest(`frozen-${home.unique}`));
        await client.changeTenant(tenant, { data: { freeze: { frozen: [name] } } });

        const problem = await problemOf(client.startExecution({ workflow: name }));

        expect(problem).toMatchObject({ code: 'mc:policy:denied', status: 403 });
        expect(problem.deny).toEqual([
          {
            pack: 'freeze',
            rule: 'freeze.workflow_frozen',
            message: `The workflow ${name} is frozen.`,
            input: name,
            allowed: 'a workflow that is not frozen',
            solution: expect.stringContaining('rule data'),
          },
        ]);
        expect((await client.planRun({ workflow: name })).decision.verdict).toBe('deny');
        await client.changeTenant(tenant, { data: { freeze: null } });
        expect(await run({ client }, { workflow: name })).toMatchObject({ state: 'succeeded' });
      },
      slowMs,
    );

    test(
      'a retired pack judges nothing, keeps its versions, and comes back with a greater one; a shipped pack cannot be retired',
      async () => {
        const { name } = await publish({ client }, echoManifest(`thawed-${home.unique}`));
        await client.changeTenant(tenant, { data: { freeze: { frozen: [name] } } });
        expect((await client.planRun({ workflow: name })).decision.verdict).toBe('deny');
        expect(await client.retirePolicyPack('freeze', 'the freeze is over')).toMatchObject({ name: 'freeze', version: '1.0.0' });
        const { decision } = await client.planRun({ workflow: name });
        expect(decision.verdict).toBe('allow');
        expect(decision.packs.map(({ pack }) => pack)).not.toContain('freeze');
        expect((await client.getPolicyPack('freeze')).versions).toMatchObject([{ version: '1.0.0', state: 'retired' }]);
        expect(await problemOf(client.retirePolicyPack('residency', 'too strict'))).toMatchObject({ code: 'mc:policy:pack-not-found' });
        await client.pushPolicyPack(await buildOwnPack(key, '1.1.0'));
        const after = await client.planRun({ workflow: name });
        expect(after.decision.packs.map(({ pack }) => pack)).toContain('freeze');
      },
      slowMs,
    );

    test(
      'other bytes under its version are a conflict, and its version only grows',
      async () => {
        expect(await problemOf(client.pushPolicyPack(await buildOwnPack(key)))).toMatchObject({
          code: 'mc:policy:pack-conflict',
          status: 409,
        });
        expect(await refusals(await buildOwnPack(key, '0.9.0'))).toEqual([expect.objectContaining({ code: 'pack-version' })]);
      },
      slowMs,
    );

    test(
      'a changed byte, an extra file, another key, rules of v0 without their flag: each is refused with the reason',
      async () => {
        const bundle = await buildOwnPack(key, '2.0.0');
        const data = JSON.stringify({ mc: { freeze: { frozen: [], warnAboveUSD: 11 } } });
        const legacy = await signed(await withManifest(readFixture('legacy'), { rego_version: undefined }), key);
        const cases: [Uint8Array<ArrayBuffer>, Partial<Issue>][] = [
          [await withFiles(bundle, { 'data.json': data }), { code: 'file-changed', pointer: '/data.json' }],
          [await withFiles(bundle, { 'more.rego': 'package mc.freeze' }), { code: 'file-unsigned', pointer: '/more.rego' }],
          [await buildOwnPack(buildPolicyKey(), '2.0.0'), { code: 'signature-invalid' }],
          [legacy, { pointer: '/.manifest/rego_version' }],
          [new TextEncoder().encode('no bundle'), { code: 'archive' }],
        ];
        for (const [archive, issue] of cases) expect(await refusals(archive)).toContainEqual(expect.objectContaining(issue));
      },
      slowMs,
    );

    test(
      'an endless rule is refused in time, and nothing of it stays',
      async () => {
        const metadata = { goldens: goldensOf({ request: { region: 'endless' } }, []) };
        const endless = await signed(await withManifest(readFixture('endless'), { metadata }), key);
        expect(await refusals(endless)).toContainEqual(expect.objectContaining({ code: 'golden-failed', pointer: '/metadata/goldens/1' }));
        expect((await client.listPolicyPacks()).items.map(({ name }) => name)).not.toContain('endless');
      },
      slowMs,
    );

    test(
      'only admins and composers push, and no other tenant sees the pack',
      async () => {
        const viewer = await as('viewer');
        expect(await problemOf(viewer.pushPolicyPack(await buildOwnPack(key, '3.0.0')))).toMatchObject({ status: 403 });
        expect((await (await as('composer')).pushPolicyPack(await buildOwnPack(key, '1.2.0'))).version).toBe('1.2.0');
        expect(await problemOf(home.client.getPolicyPack('freeze'))).toMatchObject({ code: 'mc:policy:pack-not-found', status: 404 });
        expect(await problemOf(home.client.getPolicyBundle('freeze'))).toMatchObject({ status: 404 });
      },
      slowMs,
    );
  });
}
