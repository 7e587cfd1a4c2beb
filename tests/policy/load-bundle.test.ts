import { describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../shared/core/digest.ts';
import { loadBundle } from '../../policy/engine/load-bundle.ts';
import { inspectBundle } from '../../policy/engine/inspect-bundle.ts';
import { PolicyInput } from '../../shared/port/policy-engine.ts';
import { inspectPack } from '../../policy/catalog/inspect-pack.ts';
import { archiveLimits, untar } from '../../policy/engine/untar.ts';
import { buildArchive, changedBundle, changedManifest, fixtureBundle, residencyBundle } from '../support/build-policy-bundle.ts';

const manifest = (changes: object): string =>
  JSON.stringify({
    revision: 'r1',
    roots: ['mc/residency'],
    rego_version: 1,
    wasm: [{ entrypoint: 'mc/residency/verdict', module: '/policy.wasm' }],
    ...changes,
  });

const metadata = { title: 'Places', version: '1.2.3', points: ['publish', 'write'], reads: ['actor', 'tenant.quota', 'workflow.tasks'] };

/** A module of one section of tables. */
function withTables(tables: number[]): Uint8Array {
  return Buffer.from([...Buffer.from('\0asm'), 1, 0, 0, 0, 4, tables.length, ...tables]);
}

async function refusal(archive: Uint8Array | Promise<Uint8Array>): Promise<string> {
  const error: unknown = await loadBundle(await archive, 'digest').then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'mc:policy:unavailable', name: 'McRetryable' });
  return String(error);
}

describe('a policy bundle', () => {
  test('of the residency pack is read whole, with the digest of its file', async () => {
    const bundle = await loadBundle(residencyBundle(), 'digest');
    expect(bundle).toMatchObject({ name: 'residency', entrypoint: 'mc/residency/verdict', digest: digestBytes(residencyBundle()) });
    expect(bundle.revision).toMatch(/^sha256:/);
    expect(bundle.data).toMatchObject({ mc: { residency: { banned_jurisdictions: ['KP', 'RU'] } } });
  });

  test('says where it is asked and what it sees', async () => {
    const bundle = await loadBundle(await changedBundle({ '.manifest': manifest({ metadata }) }), 'digest');
    expect(bundle).toMatchObject({ ...metadata, regoVersion: 1 });
  });

  test('that says nothing of itself is judged at plan and start and sees everything', async () => {
    const bundle = await loadBundle(await changedBundle({ '.manifest': manifest({}) }), 'digest');
    expect(bundle).toMatchObject({ title: 'residency', version: '0.0.0', points: ['plan', 'start'] });
    expect(bundle.reads).toEqual(Object.keys(PolicyInput.shape));
  });

  test('built without --revision has an empty one, as opa writes it, and is read', async () => {
    expect(await loadBundle(await changedBundle({ '.manifest': manifest({ revision: '' }) }), 'digest')).toMatchObject({ revision: '' });
  });

  test('of Rego v0 is read when it says so', async () => {
    expect(await loadBundle(fixtureBundle('legacy'), 'digest')).toMatchObject({ name: 'legacy', regoVersion: 0 });
  });

  test.each([
    ['says nothing', undefined, /rego_version must say 0 \(Rego v0\) or 1 \(Rego v1\)/],
    ['says 1', 1, /legacy\.rego is written in Rego v0, but the bundle says rego_version 1/],
  ])('of Rego v0 that %s about it is refused', async (_, version, message) => {
    expect(await refusal(changedManifest(fixtureBundle('legacy'), { rego_version: version }))).toMatch(message);
  });

  test('with many faults is refused with all of them at once', async () => {
    const archive = await changedBundle({
      '.manifest': manifest({ revision: 1, rego_version: 3 }),
      'policy.wasm': 'x',
      'data.json': '[',
      x: '',
    });
    const { bundle, issues } = await inspectBundle(archive, { keys: [] });
    expect(bundle).toBeUndefined();
    expect(issues.map(({ pointer }) => pointer).sort()).toEqual(
      ['/.manifest/rego_version', '/.manifest/revision', '/.signatures.json/signatures/0', '/data.json', '/policy.wasm', '/x'].sort(),
    );
    await expect(loadBundle(archive, { keys: [] })).rejects.toMatchObject({ code: 'mc:policy:unavailable', issues });
  });

  test('packed by anybody else is read as well', async () => {
    expect(await loadBundle(await changedBundle({ '.manifest': manifest({}) }), 'digest')).toMatchObject({
      name: 'residency',
      revision: 'r1',
    });
  });

  test.each([
    ['.manifest', /file \.manifest is missing/],
    ['policy.wasm', /file policy\.wasm is missing/],
  ])('without %s is refused', async (file, message) => {
    expect(await refusal(changedBundle({ [file]: undefined }))).toMatch(message);
  });

  test.each([
    ['an unknown rego_version', { rego_version: 2 }, /rego_version/],
    ['no rego_version', { rego_version: undefined }, /rego_version/],
    ['an unknown field', { file_patterns: ['*'] }, /file_patterns/],
    ['a point that is none', { metadata: { points: ['lunch'] } }, /metadata\/points\/0/],
    ['no point at all', { metadata: { points: [] } }, /metadata\/points/],
    ['a part of the input that is none', { metadata: { reads: ['tenant.secrets'] } }, /metadata\/reads\/0/],
    ['a part of a part that may be null', { metadata: { reads: ['task.region'] } }, /metadata\/reads\/0/],
    ['a version that is none', { metadata: { version: 'v1' } }, /metadata\/version/],
    ['an unknown field in its metadata', { metadata: { reeds: [] } }, /metadata\/reeds/],
    ['no revision', { revision: undefined }, /revision/],
    [
      'a root outside its package',
      { roots: ['mc/residency', 'system'] },
      /roots are \["mc\/residency","system"\], allowed is mc\/residency alone/,
    ],
    ['an empty root', { roots: [''] }, /roots/],
    ['no entry point', { wasm: [] }, /wasm/],
    ['two entry points', { wasm: [1, 2].map(() => ({ entrypoint: 'mc/residency/verdict', module: '/policy.wasm' })) }, /wasm/],
    [
      'an entry point of another shape',
      { wasm: [{ entrypoint: 'mc/residency/allow', module: '/policy.wasm' }] },
      /allowed is mc\/<pack>\/verdict/,
    ],
    ['a module elsewhere', { wasm: [{ entrypoint: 'mc/residency/verdict', module: '/other.wasm' }] }, /module/],
  ])('with %s in its manifest is refused', async (_, changes, message) => {
    expect(await refusal(changedBundle({ '.manifest': manifest(changes) }))).toMatch(message);
  });

  test.each([
    ['a manifest that is no JSON', { '.manifest': '{' }, /JSON/],
    ['a manifest that is no UTF-8', { '.manifest': Buffer.of(0x22, 0xff, 0x22) }, /encoded data was not valid/],
    ['data that is no object', { 'data.json': '[]' }, /data\.json: it /],
    ['a module that is none', { 'policy.wasm': 'text' }, /no WebAssembly module/],
    ['a file that belongs elsewhere', { 'install.sh': 'rm' }, /install\.sh does not belong/],
  ])('with %s is refused', async (_, changes, message) => {
    expect(await refusal(changedBundle(changes))).toMatch(message);
  });

  test.each(['.manifest', 'data.json'])('with a deep %s is refused with one issue that says so, signed or not', async (file) => {
    const text = Buffer.from((await untar(residencyBundle())).get(file) ?? []).toString();
    for (const depth of [64, 3_000, 20_000]) {
      const deep = text.replace('{', `{"x":${'['.repeat(depth)}${']'.repeat(depth)},`);
      const archive = await changedBundle({ [file]: deep });
      const issue = expect.objectContaining({ code: 'json-depth', pointer: `/${file}`, allowed: 'at most 64 levels' });
      const found = [await inspectBundle(archive, 'digest'), await inspectPack(archive, 'unsigned')].map(({ issues }) =>
        issues.filter(({ code }) => code === 'json-depth'),
      );
      expect(found[0]).toEqual([issue]);
      expect(found[1]).toContainEqual(issue);
    }
  });

  test.each([
    ['a symbolic link', { name: '/.manifest', type: 'symlink', linkname: '/etc/passwd' }, /is a symlink/],
    ['a hard link', { name: '/.manifest', type: 'link', linkname: 'policy.wasm' }, /is a link/],
    ['a folder', { name: 'rules/', type: 'directory' }, /is a directory/],
    ['a device', { name: '/.manifest', type: 'character-device' }, /is a character-device/],
    ['a name that climbs', { name: '/../.manifest' }, /not a plain path/],
    ['a name that climbs inside', { name: 'rules/../../x.rego' }, /not a plain path/],
    ['a name with a backslash', { name: '..\\x.rego' }, /not a plain path/],
    ['a name with two slashes', { name: '//etc/x.rego' }, /not a plain path/],
  ] as const)('with %s is refused', async (_, header, message) => {
    expect(await refusal(buildArchive([header]))).toMatch(message);
  });

  test('with one name twice is refused', async () => {
    expect(await refusal(buildArchive([{ name: '/.manifest' }, { name: './.manifest' }]))).toMatch(/is there twice/);
  });

  test('with too many files is refused', async () => {
    const entries = Array.from({ length: archiveLimits.files + 1 }, (_, index) => ({ name: `r${index}.rego` }));
    expect(await refusal(buildArchive(entries))).toMatch(/more than 500 entries/);
  });

  test('that is too large, packed or unpacked, is refused', async () => {
    expect(await refusal(new Uint8Array(archiveLimits.packedBytes + 1))).toMatch(/at most 4194304 are allowed/);
    expect(await refusal(buildArchive([{ name: 'x.rego', bytes: new Uint8Array(archiveLimits.unpackedBytes + 1) }]))).toMatch(
      /unpacks to more than 33554432 bytes/,
    );
  });

  test('with more rules than a home should read is refused before they are read, and told what is allowed', async () => {
    const half = `package mc.residency\n#${'x'.repeat(archiveLimits.ruleBytes / 2)}`;
    const { bundle, files, issues } = await inspectBundle(await changedBundle({ 'a.rego': half, 'b.rego': half }), 'digest');
    expect({ bundle, files: files.size }).toEqual({ bundle: undefined, files: 0 });
    expect(issues).toEqual([expect.objectContaining({ code: 'rules-too-large', pointer: '', allowed: 'at most 262144 bytes' })]);
    // Data and modules do not count.
    expect(await loadBundle(await changedBundle({ 'a.rego': half }), 'digest')).toMatchObject({ name: 'residency' });
  });

  test.each([
    ['of 160,000,000 entries', [1, 0x70, 0, 0x80, 0xd0, 0xa5, 0x4c]],
    ['that may grow as it likes', [1, 0x70, 0, 10]],
    ['that may grow to 100,001 entries', [1, 0x70, 1, 10, 0xa1, 0x8d, 6]],
    ['beside a second one', [2, 0x70, 1, 10, 10, 0x70, 1, 10, 10]],
    ['of references to anything', [1, 0x6f, 1, 10, 10]],
    ['with an entry that fills it', [1, 0x40, 0, 0x70, 1, 10, 10, 0xd0, 0x70, 0x0b]],
  ])('whose module brings a table %s is refused, and told what is allowed', async (_, tables) => {
    const { bundle, issues } = await inspectBundle(await changedBundle({ 'policy.wasm': withTables(tables) }), 'digest');
    expect(bundle).toBeUndefined();
    const message = expect.stringContaining('allowed is one of functions with a maximum of 100000 entries or less');
    expect(issues).toEqual([{ code: 'module', pointer: '/policy.wasm', message }]);
  });

  test.each([
    ['of 100,000 entries', [1, 0x70, 1, 10, 0xa0, 0x8d, 6]],
    ['that is none', [0]],
  ])('may bring a table %s', async (_, tables) => {
    expect(await loadBundle(await changedBundle({ 'policy.wasm': withTables(tables) }), 'digest')).toMatchObject({ name: 'residency' });
  });

  test('whose module has more sections than anybody needs is refused before all are read', async () => {
    const sections = (count: number): Buffer => Buffer.concat([withTables([0]), Buffer.alloc(2 * (count - 1))]);
    expect((await inspectBundle(await changedBundle({ 'policy.wasm': sections(1_000) }), 'digest')).issues).toEqual([]);
    const { issues } = await inspectBundle(await changedBundle({ 'policy.wasm': sections(1_001) }), 'digest');
    expect(issues).toEqual([
      expect.objectContaining({ code: 'module', message: expect.stringContaining('more sections than the 1000 that are allowed') }),
    ]);
  });

  test('that was cut off is refused', async () => {
    const whole = residencyBundle();
    expect(await refusal(whole.subarray(0, whole.length / 2))).toMatch(/cannot be used/);
    expect(await refusal(new Uint8Array())).toMatch(/cannot be used/);
  });
});
