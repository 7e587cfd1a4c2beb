import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { inputBytesOf } from '../../../shared/estimate/input-bytes.ts';
import { uploadFile } from '../../../shared/execution/admit/input-files.ts';
import { parseManifest } from '../../../shared/manifest/parse-manifest.ts';
import { buildActor, buildDeps, type TestHome } from '../../support/build-deps.ts';
import { buildManifestText } from '../../support/build-manifest.ts';

const actor = buildActor();
const { manifest } = parseManifest(
  buildManifestText({
    inputs: { who: { type: 'string' }, lock: { type: 'file', required: false }, twin: { type: 'file', required: false } },
  }),
  'application/yaml',
);
let home: TestHome;

beforeEach(() => void (home = buildDeps()));
afterEach(() => home.close());

test('inputs weigh as their canonical JSON in UTF-8', async () => {
  expect(await inputBytesOf(home.deps, actor.tenant, manifest, {})).toBe(2);
  expect(await inputBytesOf(home.deps, actor.tenant, manifest, { who: 'é' })).toBe(12);
});

test('files weigh as much as they are large, each time they are named', async () => {
  const { digest } = await uploadFile(home.deps, actor, { name: 'lock.json', bytes: new Uint8Array(5_000) });
  const lock = { digest, name: 'lock.json' };
  const text = Buffer.byteLength(JSON.stringify({ lock, twin: lock, who: 'x' }));
  expect(await inputBytesOf(home.deps, actor.tenant, manifest, { who: 'x', lock, twin: lock })).toBe(text + 10_000);
});

test('with a file of another tenant, or of nobody, the size is not known', async () => {
  const { digest } = await uploadFile(home.deps, buildActor(['admin'], 'beta'), { name: 'lock.json', bytes: new Uint8Array(5_000) });
  expect(await inputBytesOf(home.deps, actor.tenant, manifest, { who: 'x', lock: { digest, name: 'lock.json' } })).toBeUndefined();
});
