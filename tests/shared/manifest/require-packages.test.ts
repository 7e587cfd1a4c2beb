import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { digestBytes } from '../../../shared/core/digest.ts';
import { Manifest } from '../../../shared/manifest/manifest.ts';
import { requirePackages } from '../../../shared/manifest/require-packages.ts';
import { packageWrites } from '../../../shared/package/package-store.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildManifest } from '../../support/build-manifest.ts';
import { buildDescriptor } from '../../support/build-package.ts';
import { wrapTable } from '../../support/table/wrap-table.ts';

const { tenant, sub } = buildActor();
let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => home.close());

const usesOf = (at: number): string => `pkg:demo/echo@1.0.${at}`;

async function addPackage(at: number, fields: { compensation?: string } = {}): Promise<void> {
  const version = `1.0.${at}`;
  const said = { id: home.deps.ids.next('pkg'), releaseId: home.deps.ids.next('rel'), name: 'demo/echo', version, uses: usesOf(at) };
  const descriptor = buildDescriptor({ name: 'demo/echo', version, ...fields });
  const published = { publishedAt: '2026-01-15T12:00:00.000Z', publishedBy: sub };
  await home.table.write(packageWrites(tenant, { ...said, descriptor, digest: digestBytes(version), ...published }));
}

const naming = (...uses: string[]): Manifest =>
  Manifest.parse(buildManifest({ inputs: undefined, tasks: uses.map((name, at) => ({ id: `t${at}`, uses: name })) }));

test('hundreds of packages are read many at a time, each once, and those that they bring along too', async () => {
  await Promise.all(Array.from({ length: 60 }, (_, at) => addPackage(at, { compensation: usesOf(60 + at) })));
  await Promise.all(Array.from({ length: 60 }, (_, at) => addPackage(60 + at)));
  let [open, turns, reads] = [0, 0, 0];
  const table = wrapTable(home.table, {
    getMany: async (keys) => {
      reads += 1;
      if (++open === 1) turns += 1;
      await setImmediate();
      const items = await home.table.getMany(keys);
      open -= 1;
      return items;
    },
  });
  const names = Array.from({ length: 120 }, (_, at) => usesOf(at));
  const packages = await requirePackages({ table }, tenant, naming(...names.slice(0, 60), usesOf(0)));
  expect([...packages.keys()]).toEqual(names);
  expect({ turns, reads }).toEqual({ turns: 6, reads: 120 });
});

test('those that are not there are told in the order of the tasks, the first twenty with what was meant', async () => {
  await addPackage(0);
  const names = Array.from({ length: 30 }, (_, at) => usesOf(at));
  const error = await requirePackages(home.deps, tenant, naming(...names)).catch((cause: unknown) => cause);
  expect(error).toMatchObject({
    code: 'mc:package:not-found',
    issues: names.slice(1, 21).map((uses, at) => ({
      code: 'unknown-package',
      pointer: `/tasks/${at + 1}/uses`,
      message: `There is no package ${uses}; did you mean ${usesOf(0)}?`,
    })),
  });
});
