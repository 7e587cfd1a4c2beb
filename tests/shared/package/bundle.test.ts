import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { pack, type Header } from 'tar-stream';
import { digestBytes } from '../../../shared/core/digest.ts';
import { readBundle, writeBundle } from '../../../shared/package/bundle.ts';
import { findProgram } from '../../../runner/sandbox/find-program.ts';
import { buildBundle, buildDescriptor } from '../../support/build-package.ts';

const descriptorText = JSON.stringify(buildDescriptor());

type Entry = [Partial<Header> & { name: string }, string];

async function tarOf(entries: readonly Entry[]): Promise<Uint8Array> {
  const tar = pack();
  for (const [header, content] of entries) tar.entry(header, content);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const good: readonly Entry[] = [
  [{ name: 'mc-package.json' }, descriptorText],
  [{ name: 'index.mjs' }, 'export default 1'],
];

const refused: readonly [string, readonly Entry[], string][] = [
  ['an entry above the archive', [...good, [{ name: '../evil' }, 'x']], 'unknown-entry'],
  ['an absolute entry', [...good, [{ name: '/etc/passwd' }, 'x']], 'unknown-entry'],
  ['a further file', [...good, [{ name: 'README.md' }, 'x']], 'unknown-entry'],
  ['a second index.mjs', [...good, [{ name: 'index.mjs' }, 'export default 2']], 'duplicate-entry'],
  ['a symbolic link', [...good, [{ name: 'index.mjs', type: 'symlink', linkname: '/etc/passwd' }, '']], 'entry-type'],
  ['a hard link', [...good, [{ name: 'index.mjs', type: 'link', linkname: 'mc-package.json' }, '']], 'entry-type'],
  ['a folder', [...good, [{ name: 'index.mjs', type: 'directory' }, '']], 'entry-type'],
  ['a missing module', good.slice(0, 1), 'missing-entry'],
  ['a missing descriptor', good.slice(1), 'missing-entry'],
  ['an empty module', [...good.slice(0, 1), [{ name: 'index.mjs' }, ' \n']], 'empty'],
  ['a descriptor that is not JSON', [[{ name: 'mc-package.json' }, '{'], ...good.slice(1)], 'json'],
  ['a descriptor of 70 KB', [[{ name: 'mc-package.json' }, `${descriptorText}${' '.repeat(70_000)}`], ...good.slice(1)], 'too-large'],
  [
    'a descriptor that nests too deep',
    [[{ name: 'mc-package.json' }, `${descriptorText.slice(0, -1)},"inputs":${'['.repeat(7_000)}${']'.repeat(7_000)}}`], ...good.slice(1)],
    'json-depth',
  ],
  [
    'a descriptor with half of a character',
    [[{ name: 'mc-package.json' }, `${descriptorText.slice(0, -1)},"description":"\\ud800"}`], ...good.slice(1)],
    'encoding',
  ],
  [
    'a descriptor without a version',
    [[{ name: 'mc-package.json' }, JSON.stringify({ ...buildDescriptor(), version: undefined })], ...good.slice(1)],
    'required',
  ],
  [
    'a descriptor with an unknown field',
    [[{ name: 'mc-package.json' }, JSON.stringify({ ...buildDescriptor(), hooks: {} })], ...good.slice(1)],
    'unknown-field',
  ],
];

describe('package bundle', () => {
  test('equal content gives equal bytes, whatever the order of the fields', async () => {
    const { schema, ...rest } = buildDescriptor();
    const entry = Buffer.from('export default 1');
    const bundles = await Promise.all([
      writeBundle({ descriptor: { schema, ...rest }, entry }),
      writeBundle({ descriptor: { ...rest, schema }, entry }),
    ]);
    expect(digestBytes(bundles[0])).toBe(digestBytes(bundles[1]));
  });

  test('what is written is read back, with the digest of the bytes', async () => {
    const bytes = await buildBundle({ name: 'a/b' }, 'export default "Grüße"');
    const { descriptor, entry, digest } = await readBundle(bytes);
    expect([descriptor.name, Buffer.from(entry).toString(), digest]).toEqual(['a/b', 'export default "Grüße"', digestBytes(bytes)]);
  });

  const tar = findProgram('tar');
  (tar === undefined ? test.skip : test)('the system tar lists a bundle as two plain files of nobody from 1970', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mc-tar-'));
    writeFileSync(join(folder, 'bundle.tar'), await buildBundle());
    const listing = execFileSync(tar ?? '', ['--utc', '--numeric-owner', '-tvf', join(folder, 'bundle.tar')], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(
      listing
        .trim()
        .split('\n')
        .map((line) =>
          line
            .split(/\s+/)
            .filter((_, at) => at !== 2)
            .join(' '),
        ),
    ).toEqual(['-rw-r--r-- 0/0 1970-01-01 00:00 mc-package.json', '-rw-r--r-- 0/0 1970-01-01 00:00 index.mjs']);
  });

  for (const [what, entries, code] of refused) {
    test(`${what} is refused`, async () => {
      const reading = readBundle(await tarOf(entries));
      await expect(reading).rejects.toMatchObject({
        code: 'mc:package:invalid',
        issues: expect.arrayContaining([expect.objectContaining({ code })]),
      });
    });
  }

  test('bytes that are no tar are refused', async () => {
    for (const bytes of [Buffer.from('PK\u0003\u0004 a zip'), Buffer.alloc(2_000, 1), new Uint8Array(0)]) {
      await expect(readBundle(bytes)).rejects.toMatchObject({ code: 'mc:package:invalid' });
    }
  });

  test('a truncated bundle is refused', async () => {
    const bytes = await buildBundle({}, 'x'.repeat(5_000));
    await expect(readBundle(bytes.subarray(0, 3_000))).rejects.toMatchObject({ code: 'mc:package:invalid' });
  });

  test('a bundle over 5 MiB is refused before it is read', async () => {
    await expect(readBundle(new Uint8Array(5 * 1024 * 1024 + 1))).rejects.toMatchObject({
      code: 'mc:package:invalid',
      message: expect.stringContaining('5242881 bytes'),
    });
  });

  test('every problem is named at once', async () => {
    const descriptor = JSON.stringify({ ...buildDescriptor(), version: 'one', name: 'No', effects: 'some' });
    const error: unknown = await readBundle(await tarOf([[{ name: 'mc-package.json' }, descriptor], ...good.slice(1)])).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      issues: expect.arrayContaining(['/version', '/name', '/effects'].map((pointer) => expect.objectContaining({ pointer }))),
    });
  });
});
