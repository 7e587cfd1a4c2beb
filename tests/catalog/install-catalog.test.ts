import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { stop } from 'esbuild';
import { installCatalog } from '../../catalog/install-catalog.ts';
import { buildPackage } from '../../catalog/package-builder.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { digestBytes } from '../../shared/core/digest.ts';
import { catalogTenant } from '../../shared/package/catalog-tenant.ts';
import { loadPackage } from '../../shared/package/load-package.ts';
import { publishPackage } from '../../shared/package/publish-package.ts';
import { resolvePackage } from '../../shared/package/resolve-package.ts';
import { readBundle } from '../../shared/package/bundle.ts';
import { buildDeps, type TestHome } from '../support/build-deps.ts';
import { buildBundle, buildDescriptor } from '../support/build-package.ts';

const packages = fileURLToPath(new URL('../../catalog/packages', import.meta.url));
const acme = TenantId.parse('acme');

// The bundler is a process of its own.
afterAll(stop);

let home: TestHome;
beforeEach(() => {
  home = buildDeps();
});
afterEach(() => {
  home.close();
});

describe('the catalog', () => {
  test('every package of the catalog can be resolved and loaded by a tenant after installation', async () => {
    const installed = await installCatalog(home.deps);
    expect(installed).toHaveLength(readdirSync(packages).length);
    for (const { uses, digest } of installed) {
      expect((await resolvePackage(home.deps, acme, uses)).digest).toBe(digest);
      expect((await loadPackage(home.deps, acme, digest)).entry.length).toBeGreaterThan(100);
    }
  });

  test('installing again changes nothing and builds nothing', async () => {
    const first = await installCatalog(home.deps);
    const faults = { hit: () => Promise.reject(new Error('something was published')) };
    expect(await installCatalog({ ...home.deps, faults })).toEqual(first);
  });

  test('a version that is published stays as it is when the sources differ', async () => {
    const existing = await publishPackage(
      home.deps,
      { sub: 'system:catalog', tenant: catalogTenant, roles: ['admin'] },
      await buildBundle({ name: 'demo/echo' }),
    );
    const warnings: string[] = [];
    const logger = { ...home.deps.logger, warn: (message: string) => void warnings.push(message) };
    const installed = await installCatalog({ ...home.deps, logger });
    expect(installed).toContainEqual({ uses: 'pkg:demo/echo@1.0.0', digest: existing.digest });
    expect(warnings).toHaveLength(1);
  });

  test('the folder of a package is called after its name', () => {
    for (const folder of readdirSync(packages)) {
      const { name } = JSON.parse(readFileSync(join(packages, folder, 'mc-package.json'), 'utf8')) as { name: string }; // Checked by the builder.
      expect(folder).toBe(name.replace('/', '-'));
    }
  });
});

describe('building a package', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mc-package-'));
    writeFileSync(join(folder, 'mc-package.json'), JSON.stringify(buildDescriptor()));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('the same sources give the same bytes, without any path of the machine in them', async () => {
    const built = await Promise.all([1, 2].map(() => buildPackage(join(packages, 'sbom-npm'))));
    expect(digestBytes(built[0]!)).toBe(digestBytes(built[1]!));
    const text = Buffer.from((await readBundle(built[0]!)).entry).toString();
    expect(text).not.toContain(fileURLToPath(new URL('../..', import.meta.url)));
    expect(text).not.toContain(tmpdir() + '/mc');
  });

  test('a package outside of this checkout has the same bytes wherever it lies', async () => {
    const other = mkdtempSync(join(tmpdir(), 'mc-other-package-'));
    for (const place of [folder, other]) {
      writeFileSync(join(place, 'mc-package.json'), JSON.stringify(buildDescriptor()));
      writeFileSync(join(place, 'part.ts'), 'export const part: number = 1;\n');
      writeFileSync(join(place, 'index.ts'), `import { part } from './part.ts';\nexport default async () => ({ part });\n`);
    }
    const [first, second] = await Promise.all([folder, other].map(buildPackage));
    expect(digestBytes(first!)).toBe(digestBytes(second!));
    rmSync(other, { recursive: true });
  });

  test('an import that a sandbox does not have is refused, with file and line', async () => {
    writeFileSync(join(folder, 'index.ts'), `\nimport { x } from 'not-installed-anywhere';\nexport default async () => x;\n`);
    await expect(buildPackage(folder)).rejects.toMatchObject({
      code: 'mc:package:invalid',
      issues: [{ message: expect.stringMatching(/index\.ts:2: .*not-installed-anywhere/) }],
    });
  });

  test('a mistake in the source is refused, with file and line', async () => {
    writeFileSync(join(folder, 'index.ts'), 'export default async () => {\n  return {;\n};\n');
    await expect(buildPackage(folder)).rejects.toMatchObject({
      code: 'mc:package:invalid',
      issues: [{ message: expect.stringContaining('index.ts:2') }],
    });
  });

  test('a folder without a module or with a wrong descriptor is refused', async () => {
    await expect(buildPackage(folder)).rejects.toMatchObject({
      code: 'mc:package:invalid',
      message: `The package in ${folder} cannot be built, for one problem.`,
      issues: [{ message: expect.stringContaining('index.ts') }],
    });
    writeFileSync(join(folder, 'mc-package.json'), JSON.stringify({ ...buildDescriptor(), version: 'one' }));
    await expect(buildPackage(folder)).rejects.toMatchObject({
      code: 'mc:package:invalid',
      issues: [
        {
          pointer: '/version',
          message: 'mc-package.json: version is not in the allowed form',
          allowed: 'MAJOR.MINOR.PATCH, with an optional -prerelease',
        },
      ],
    });
    writeFileSync(join(folder, 'mc-package.json'), JSON.stringify(buildDescriptor({ version: '01.0.0' })));
    await expect(buildPackage(folder)).rejects.toMatchObject({
      issues: [{ code: 'semver', pointer: '/version' }],
    });
    writeFileSync(join(folder, 'mc-package.json'), '{');
    await expect(buildPackage(folder)).rejects.toMatchObject({
      issues: [{ message: expect.stringMatching(/^mc-package.json is not JSON: /) }],
    });
    rmSync(join(folder, 'mc-package.json'));
    await expect(buildPackage(folder)).rejects.toMatchObject({
      code: 'mc:package:invalid',
      issues: [{ message: 'there is no mc-package.json' }],
    });
  });

  test.each(['export async function run() {\n  return {};\n}\n', ''])('a module without a default export is refused', async (source) => {
    writeFileSync(join(folder, 'index.ts'), source);
    await expect(buildPackage(folder)).rejects.toMatchObject({
      code: 'mc:package:invalid',
      issues: [{ code: 'default-export', message: 'index.ts has no default export' }],
    });
  });

  test.each(['export { default } from "./part.ts";', 'module.exports = () => ({});'])('a default export is found in %s', async (source) => {
    writeFileSync(join(folder, 'part.ts'), 'export default async () => ({});\n');
    writeFileSync(join(folder, 'index.ts'), source);
    await expect(buildPackage(folder)).resolves.toBeInstanceOf(Uint8Array);
  });
});
