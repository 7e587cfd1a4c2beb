import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../shared/core/json/canonical-json.ts';
import { digestBytes } from '../../shared/core/digest.ts';
import { cyclonedxErrors } from '../support/cyclonedx.ts';
import { openPackage, outputsOf } from '../support/run-catalog-package.ts';

const run = await openPackage('sbom-npm');
const lockfile = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
const locked = JSON.parse(lockfile) as { packages: Record<string, { name?: string; version?: string; link?: boolean }> }; // Our own lockfile.

interface Sbom {
  serialNumber: string;
  metadata: { timestamp?: string; component: { purl: string } };
  components: {
    name: string;
    version?: string;
    purl: string;
    scope?: string;
    'bom-ref': string;
    licenses?: object[];
    hashes?: { alg: string; content: string }[];
  }[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

const sbomOf = async (inputs: JsonObject): Promise<Sbom> => outputsOf(await run(inputs))['sbom'] as unknown as Sbom; // Its shape is what the tests are about.

const lock = (packages: JsonObject): JsonObject => ({
  name: 'app',
  version: '1.0.0',
  lockfileVersion: 3,
  packages: {
    '': { name: 'app', version: '1.0.0', ...(packages[''] as object) },
    ...Object.fromEntries(Object.entries(packages).filter(([at]) => at !== '')),
  },
});

describe('pkg:sbom/npm', () => {
  test('the lockfile of this project becomes a strictly valid CycloneDX 1.6 document with every package in it', async () => {
    const sbom = await sbomOf({ lockfile, timestamp: '2026-01-02T03:04:05Z' });
    expect(cyclonedxErrors(sbom)).toEqual([]);
    const installed = Object.entries(locked.packages).filter(([at, { link }]) => at !== '' && link !== true);
    const wanted = new Set(installed.map(([at, { name, version }]) => `${name ?? at.split('node_modules/').at(-1)}@${version}`));
    const listed = sbom.components.map(({ purl }) => decodeURIComponent(purl.replace('pkg:npm/', '').split('?')[0] ?? ''));
    expect(listed.sort()).toEqual([...wanted].sort());
    expect(sbom.metadata).toMatchObject({ timestamp: '2026-01-02T03:04:05.000Z', component: { name: 'maestro-conductor' } });
  });

  test('text and parsed lockfile, now and again, give the same bytes', async () => {
    const digest = digestBytes(lockfile);
    const runs = [lockfile, lockfile, JSON.parse(lockfile) as JsonObject].map((input) => run({ lockfile: input, digest }));
    const [first, ...others] = (await Promise.all(runs)).map((done) => JSON.stringify(outputsOf(done)));
    expect(others).toEqual([first, first]);
  });

  test('the serial number follows from the digest', async () => {
    const [one, same, other] = await Promise.all(['a', 'a', 'b'].map((text) => sbomOf({ lockfile: lock({}), digest: digestBytes(text) })));
    expect(one?.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(one?.serialNumber).toBe(same?.serialNumber);
    expect(one?.serialNumber).not.toBe(other?.serialNumber);
  });

  test('dependencies are found as Node finds them: the nearest installation counts', async () => {
    const sbom = await sbomOf({
      lockfile: lock({
        '': { dependencies: { a: '1', b: '2' } },
        'node_modules/a': { version: '1.0.0', dependencies: { b: '1', c: '1' } },
        'node_modules/a/node_modules/b': { version: '1.0.0', dependencies: { c: '1' } },
        'node_modules/b': { version: '2.0.0' },
        'node_modules/c': { version: '1.0.0' },
      }),
    });
    const edges = Object.fromEntries(sbom.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
    expect(edges).toEqual({
      'pkg:npm/app@1.0.0': ['pkg:npm/a@1.0.0', 'pkg:npm/b@2.0.0'],
      'pkg:npm/a@1.0.0': ['pkg:npm/b@1.0.0', 'pkg:npm/c@1.0.0'],
      'pkg:npm/b@1.0.0': ['pkg:npm/c@1.0.0'],
      'pkg:npm/b@2.0.0': [],
      'pkg:npm/c@1.0.0': [],
    });
  });

  test('scopes, workspaces, aliases, licences and hashes come through', async () => {
    const sbom = await sbomOf({
      lockfile: lock({
        '': { dependencies: { '@acme/lib': '1', alias: 'npm:real@1' }, devDependencies: { tool: '1' }, workspaces: ['packages/*'] },
        'packages/lib': { name: '@acme/lib', version: '1.0.0', license: 'UNLICENSED' },
        'node_modules/@acme/lib': { resolved: 'packages/lib', link: true },
        'node_modules/alias': {
          name: 'real',
          version: '1.0.0',
          license: '(MIT OR Apache-2.0)',
          resolved: 'https://registry.example/real/-/real-1.0.0.tgz',
          integrity: `sha512-${Buffer.alloc(64).toString('base64')} sha1-${Buffer.alloc(20).toString('base64')}`,
        },
        'node_modules/tool': { version: '1.0.0', dev: true, license: 'mit', resolved: 'git+ssh://git@example.com/tool.git#abc' },
        'node_modules/loose': { version: '3.0.0', resolved: 'https://example.com/builds/loose-3.0.0.tgz' },
        'node_modules/old': { version: '0.0.1', license: 'Do what you want & more', optional: true },
      }),
    });
    const byName = Object.fromEntries(sbom.components.map((component) => [component.name, component]));
    expect(cyclonedxErrors(sbom)).toEqual([]);
    expect(byName['lib']).toMatchObject({
      group: '@acme',
      purl: 'pkg:npm/%40acme/lib@1.0.0',
      licenses: [{ license: { name: 'UNLICENSED' } }],
    });
    expect(byName['real']).toMatchObject({
      scope: 'required',
      licenses: [{ expression: '(MIT OR Apache-2.0)' }],
      purl: 'pkg:npm/real@1.0.0',
      hashes: [{ alg: 'SHA-1' }, { alg: 'SHA-512', content: '0'.repeat(128) }],
    });
    expect(byName['tool']).toMatchObject({
      scope: 'excluded',
      licenses: [{ license: { id: 'MIT' } }],
      purl: expect.stringContaining('vcs_url='),
    });
    expect(byName['loose']).toMatchObject({ purl: expect.stringContaining('download_url=') });
    expect(byName['old']).toMatchObject({ scope: 'optional', licenses: [{ license: { name: 'Do what you want & more' } }] });
    expect(sbom.dependencies.find(({ ref }) => ref === 'pkg:npm/app@1.0.0')?.dependsOn).toContain('pkg:npm/%40acme/lib@1.0.0');
  });

  test('development dependencies can be left out, missing ones are named', async () => {
    const input = lock({
      '': { dependencies: { gone: '1' }, optionalDependencies: { other: '1' }, devDependencies: { tool: '1' } },
      'node_modules/tool': { version: '1.0.0', dev: true },
    });
    const outputs = outputsOf(await run({ lockfile: input, includeDev: false }));
    expect(outputs).toMatchObject({ componentCount: 0, unresolved: ['pkg:npm/app@1.0.0 needs gone'] });
  });

  const notLockfiles: readonly [string, string | JsonObject, string][] = [
    ['text', 'hello world', 'text that starts with "hello world"'],
    ['nothing', '', 'text that starts with ""'],
    ['a yarn.lock', '# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n# yarn lockfile v1\n', 'a yarn.lock'],
    ['a pnpm-lock.yaml', "lockfileVersion: '9.0'\n\nsettings:\n", 'a pnpm-lock.yaml'],
    ['a package.json', '{"name":"app","version":"1.0.0"}', 'without lockfileVersion (it has name, version)'],
    ['a lockfile of npm 6', '{"lockfileVersion":1,"dependencies":{}}', 'lockfileVersion 1'],
    ['a lockfile without packages', { lockfileVersion: 3 }, 'no object "packages"'],
    ['a list', '[]', 'a list'],
  ];
  for (const [what, input, got] of notLockfiles) {
    test(`${what} is refused for good, with what was got and what is allowed`, async () => {
      const { result } = await run({ lockfile: input });
      expect(result).toMatchObject({ kind: 'failed', failure: 'error', retryable: false, message: expect.stringContaining(got) });
      expect(result).toMatchObject({ message: expect.stringContaining('lockfileVersion 2 or 3') });
    });
  }
});
