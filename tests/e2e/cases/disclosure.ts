import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { fetchParts } from '../../../cli/commands/evidence/fetch-parts.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { verifyPack, type PackReport } from '../../../shared/evidence/verify/verify-pack.ts';
import { collectBytes, inMemory } from '../../support/evidence/pack-bytes.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

export function describeDisclosure(home: TestedHome): void {
  describe('disclosure packs and evidence', () => {
    let executionId: string;
    let pack: Buffer;

    const verified = async (bytes: Uint8Array, openings?: string): Promise<PackReport> => {
      const { keys } = await home.client.listKeys();
      return verifyPack(inMemory(bytes), { pems: keys.map(({ pem }) => pem) }, openings);
    };
    const fetchPack = (): Promise<Buffer> => collectBytes(fetchParts((part) => home.client.getDisclosurePart(executionId, part)));
    /** A signed address as the test reaches the home, which may be behind a proxy. */
    const open = (address: string): Promise<Response> => {
      const { pathname, search } = new URL(address);
      return fetch(`${home.url}${pathname}${search}`);
    };

    beforeAll(async () => {
      const tasks = [{ id: 'fail', uses: 'pkg:demo/fail@1.0.0', with: { retryable: false, message: 'no account for ada@example.com' } }];
      const { name } = await publish(home, echoManifest(`pack-${home.unique}`, { dataClass: 'internal', tasks }));
      executionId = (await run(home, { workflow: name })).id;
      pack = await fetchPack();
    }, slowMs);

    test('a pack verifies offline, and holds nothing of what is withheld', async () => {
      const { facts, manifest, isReceiptRedacted } = await verified(pack);
      expect([facts.executionId, facts.state, isReceiptRedacted]).toEqual([executionId, 'failed', true]);
      expect(manifest.missing).toEqual([]);
      expect(gunzipSync(pack).toString('utf8')).not.toContain('ada@example.com');
      expect(pack.length).toBeLessThan(2_000_000);
    });

    test(
      'comes out the same twice, in parts and in one answer',
      async () => {
        const token = await home.tokenFor({ tenant: home.tenant, sub: 'viewer@example.com', roles: ['viewer'] });
        const headers = { authorization: `Bearer ${token}` };
        const whole = await fetch(`${home.url}/api/executions/${executionId}/disclosure.tgz`, { headers });
        expect([whole.status, whole.headers.get('content-type')]).toEqual([200, 'application/gzip']);
        expect(digestBytes(new Uint8Array(await whole.arrayBuffer()))).toBe(digestBytes(pack));
        expect(digestBytes(await fetchPack())).toBe(digestBytes(pack));
      },
      slowMs,
    );

    test('what was withheld is opened for an admin, and is what was signed', async () => {
      let text = '';
      for (let part = 0, parts = 1; part < parts; part++) {
        const answer = await home.client.openWithheld(executionId, { part, reason: 'an audit' });
        text += answer.text;
        ({ parts } = answer);
      }
      const { restored, manifest } = await verified(pack, text);
      expect(restored).toEqual(manifest.files.filter(({ source }) => source).map(({ path }) => path));
      expect(restored).toContain('receipt.redacted.json');
    });

    test('every artifact is listed with an address that opens it, and one that was changed opens nothing', async () => {
      const { artifacts } = await home.client.listEvidence(executionId);
      expect(artifacts.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['receipt.sigstore.json', 'inputs.json', 'decisions/fail/1.json']),
      );
      for (const { url, digest, sizeBytes, expiresAt } of artifacts) {
        const bytes = new Uint8Array(await (await open(url)).arrayBuffer());
        expect([digestBytes(bytes), bytes.length]).toEqual([digest, sizeBytes]);
        expect(Date.parse(expiresAt) - Date.now()).toBeLessThan(600_000);
      }
      const [first] = artifacts;
      const changed = await open((first?.url ?? '').replace('name=receipt', 'name=outputs'));
      expect([changed.status, await changed.json()]).toMatchObject([403, { code: 'mc:evidence:link-refused' }]);
    });

    test('a run that is not there has neither', async () => {
      const none = `exec_${'0'.repeat(26)}`;
      expect(await problemOf(home.client.getDisclosurePart(none, 0))).toMatchObject({ code: 'mc:execution:not-found' });
      expect(await problemOf(home.client.listEvidence(none))).toMatchObject({ code: 'mc:execution:not-found' });
      expect(await problemOf(home.client.getDisclosurePart(executionId, 9_999))).toMatchObject({ code: 'mc:disclosure:part-unknown' });
    });
  });
}
