import { describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../shared/core/digest.ts';
import { loadBundle } from '../../policy/engine/load-bundle.ts';
import { archiveLimits } from '../../policy/engine/untar.ts';
import { buildArchive, changedBundle, residencyBundle } from '../support/build-policy-bundle.ts';

const manifest = (changes: object): string =>
  JSON.stringify({
    revision: 'r1',
    roots: ['mc/residency'],
    rego_version: 1,
    wasm: [{ entrypoint: 'mc/residency/verdict', module: '/policy.wasm' }],
    ...changes,
  });

async function refusal(archive: Uint8Array | Promise<Uint8Array>): Promise<string> {
  const error: unknown = await loadBundle(await archive).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'mc:policy:unavailable', name: 'McRetryable' });
  return String(error);
}

describe('a policy bundle', () => {
  test('of the residency pack is read whole, with the digest of its file', async () => {
    const bundle = await loadBundle(residencyBundle());
    expect(bundle).toMatchObject({ name: 'residency', entrypoint: 'mc/residency/verdict', digest: digestBytes(residencyBundle()) });
    expect(bundle.revision).toMatch(/^sha256:/);
    expect(bundle.data).toMatchObject({ mc: { residency: { banned_jurisdictions: ['KP', 'RU'] } } });
  });

  test('packed by anybody else is read as well', async () => {
    expect(await loadBundle(await changedBundle({ '.manifest': manifest({}) }))).toMatchObject({ name: 'residency', revision: 'r1' });
  });

  test.each([
    ['.manifest', /the file \.manifest is missing/],
    ['policy.wasm', /the file policy\.wasm is missing/],
  ])('without %s is refused', async (file, message) => {
    expect(await refusal(changedBundle({ [file]: undefined }))).toMatch(message);
  });

  test.each([
    ['an unknown rego_version', { rego_version: 2 }, /rego_version/],
    ['no rego_version', { rego_version: undefined }, /rego_version/],
    ['an unknown field', { file_patterns: ['*'] }, /file_patterns/],
    ['no revision', { revision: '' }, /revision/],
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
    ['data that is no object', { 'data.json': '[]' }, /data\.json is not as expected/],
    ['a module that is none', { 'policy.wasm': 'text' }, /no WebAssembly module/],
    ['a file that belongs elsewhere', { 'install.sh': 'rm' }, /install\.sh does not belong/],
  ])('with %s is refused', async (_, changes, message) => {
    expect(await refusal(changedBundle(changes))).toMatch(message);
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
      /larger than/,
    );
  });

  test('that was cut off is refused', async () => {
    const whole = residencyBundle();
    expect(await refusal(whole.subarray(0, whole.length / 2))).toMatch(/cannot be used/);
    expect(await refusal(new Uint8Array())).toMatch(/cannot be used/);
  });
});
