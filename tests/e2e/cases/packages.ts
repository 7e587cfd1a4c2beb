import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildPackage } from '../../../catalog/package-builder.ts';
import { echoManifest, problemOf, publish, run, slowMs, type TestedHome } from '../tested-home.ts';

export function describePackages(home: TestedHome): void {
  describe('packages', () => {
    let folder: string;
    const name = `e2e/double-${home.unique}`;

    async function built(factor: number): Promise<Uint8Array<ArrayBuffer>> {
      writeFileSync(join(folder, 'mc-package.json'), JSON.stringify(descriptorOf(name)));
      writeFileSync(
        join(folder, 'index.ts'),
        `export default async ({ inputs }: { inputs: { n: number } }) => ({ n: inputs.n * ${String(factor)} });\n`,
      );
      return new Uint8Array(await buildPackage(folder));
    }

    let bytes: Uint8Array<ArrayBuffer>;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'maestro-package-'));
      bytes = await built(2);
    }, slowMs);
    afterAll(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    test(
      'a package of the tenant is pushed, listed and run',
      async () => {
        const pushed = await home.client.pushPackage(bytes);
        expect(pushed).toMatchObject({ name, version: '1.0.0', uses: `pkg:${name}@1.0.0`, releaseId: expect.stringMatching(/^rel_/) });
        expect(await home.client.pushPackage(bytes)).toMatchObject({ id: pushed.id, digest: pushed.digest });

        const task = { id: 'double', uses: pushed.uses, with: { n: 21 } };
        const workflow = await publish(
          home,
          echoManifest(`own-${home.unique}`, { tasks: [task], outputs: { n: '${{ tasks.double.outputs.n }}' } }),
        );
        const execution = await run(home, { workflow: workflow.id });
        expect(execution).toMatchObject({ state: 'succeeded', outputs: { n: 42 }, tasks: [{ packageDigest: pushed.digest }] });
      },
      slowMs,
    );

    test(
      'other bytes under a pushed version are a conflict, and bytes that are no package are refused',
      async () => {
        await home.client.pushPackage(bytes);
        expect(await problemOf(home.client.pushPackage(await built(3)))).toMatchObject({ code: 'mc:package:conflict', status: 409 });
        expect(await problemOf(home.client.pushPackage(new TextEncoder().encode('no tar')))).toMatchObject({
          code: 'mc:package:invalid',
          status: 422,
        });
      },
      slowMs,
    );

    test(
      'the catalog is there',
      async () => {
        const uses: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await home.client.listPackages({ limit: 100, cursor });
          uses.push(...page.items.map((item) => item.uses));
          cursor = page.cursor;
        } while (cursor !== undefined);
        for (const expected of [
          'file/read',
          'sbom/npm',
          'license/report',
          'data/validate',
          'data/transform',
          'report/markdown',
          'crypto/digest',
          'demo/echo',
        ]) {
          expect(uses).toContain(`pkg:${expected}@1.0.0`);
        }
      },
      slowMs,
    );
  });
}

function descriptorOf(name: string): object {
  const number = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'], additionalProperties: false };
  return {
    schema: 'mc.package.v1',
    name,
    version: '1.0.0',
    description: 'Multiplies a number.',
    licence: 'Apache-2.0',
    inputs: number,
    outputs: number,
    resources: { class: 'small', timeout: '30s' },
    cost: { perRunUsdMicros: 1, perSecondUsdMicros: 1, typicalMs: 100 },
    effects: 'none',
  };
}
