/** Packs that somebody made or damaged: each is refused, with the reason. */
import { generateKeyPairSync } from 'node:crypto';
import { Readable } from 'node:stream';
import { crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pack as tarStream, type Header } from 'tar-stream';
import { openDisclosure } from '../../../shared/evidence/disclosure/open-disclosure.ts';
import { buildDisclosureStatement, DisclosureManifest, manifestText } from '../../../shared/evidence/pack/disclosure-manifest.ts';
import { gzipMembers } from '../../../shared/evidence/pack/gzip-members.ts';
import { packFile } from '../../../shared/evidence/pack/pack-entry.ts';
import { ustarHeader } from '../../../shared/evidence/pack/ustar.ts';
import { verifyPack } from '../../../shared/evidence/verify/verify-pack.ts';
import { signStatement } from '../../support/receipt/sign-statement.ts';
import { collectBytes, inMemory } from '../../support/evidence/pack-bytes.ts';
import { openEngine, type Engine } from '../../support/open-engine.ts';

let engine: Engine;
let pack: Buffer;
let tar: Buffer;
let pem: string;

beforeAll(async () => {
  engine = await openEngine();
  const { deps } = engine.home;
  engine.simulate((spec) => ({
    result: { kind: 'succeeded', outputs: spec.inputs, usage: { wallMs: 1 } },
    log: [{ at: 1_760_000_000_000, stream: 'stdout', text: `task ${spec.taskId}` }],
  }));
  await engine.publish(`name: two
version: 1.0.0
tasks:
  - { id: a, uses: 'pkg:demo/echo@1.0.0' }
  - { id: b, uses: 'pkg:demo/echo@1.0.0' }
`);
  const { id } = await engine.finish((await engine.start({ workflow: 'two' })).id);
  pack = await collectBytes((await openDisclosure(deps, engine.actor, { id })).chunks);
  tar = gunzipSync(pack);
  ({ pem } = await deps.signer.publicKey());
}, 60_000);
afterAll(() => engine.close());

/** The archive as a pack, in the form of one. */
async function packed(archive: Buffer): Promise<Buffer> {
  const one = async function* (): AsyncGenerator<readonly Uint8Array[]> {
    yield [archive];
  };
  return collectBytes(gzipMembers(one()));
}

async function refusal(bytes: Uint8Array, key = pem, openings?: string): Promise<string> {
  try {
    await verifyPack(inMemory(bytes), { pems: [key] }, openings);
  } catch (error) {
    expect(error).toMatchObject({ code: 'mc:disclosure:invalid' });
    return String((error as Error).message);
  }
  return 'it verifies';
}

interface Entry {
  path: string;
  bytes: Buffer;
}

/** The files of the pack, to be put together in another way. */
function entries(): Entry[] {
  const found: Entry[] = [];
  for (let at = 0; tar[at] !== 0;) {
    const path = tar.toString('latin1', at, tar.indexOf(0, at));
    const size = parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    found.push({ path, bytes: tar.subarray(at + 512, at + 512 + size) });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

const archiveOf = (files: readonly Entry[], end = Buffer.alloc(1024)): Buffer =>
  Buffer.concat([
    ...files.flatMap(({ path, bytes }) => [ustarHeader(path, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]),
    end,
  ]);

const changed = (path: string, change: (text: string) => string): Promise<Buffer> =>
  packed(archiveOf(entries().map((entry) => (entry.path === path ? { path, bytes: Buffer.from(change(entry.bytes.toString())) } : entry))));

/** The archive with the header at the beginning changed, its checksum right again. */
function withHeader(change: (header: Buffer) => void): Buffer {
  const copy = Buffer.from(tar);
  const header = copy.subarray(0, 512);
  change(header);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

test('the pack as it is verifies, and so does the same archive put together again', async () => {
  expect(await refusal(pack)).toBe('it verifies');
  expect(await refusal(await packed(archiveOf(entries())))).toBe('it verifies');
});

describe('bytes that were damaged', () => {
  test('cut off anywhere, it is refused', async () => {
    for (let length = 0; length < pack.length; length += Math.ceil(pack.length / 40))
      expect(await refusal(pack.subarray(0, length))).not.toBe('it verifies');
    expect(await refusal(pack.subarray(0, pack.length - 1))).toMatch(/cut off/);
    expect(await refusal(Buffer.alloc(0))).toMatch(/empty/);
  });

  test('with any bit flipped, it is refused', async () => {
    for (let at = 0; at < pack.length; at += 101) {
      const copy = Buffer.from(pack);
      copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
      expect([at, await refusal(copy)]).not.toEqual([at, 'it verifies']);
    }
  });

  test.each([
    ['a zero', Buffer.alloc(1)],
    ['zeros', Buffer.alloc(4096)],
    ['words', Buffer.from('and more')],
    ['another pack', gzipSync('more')],
  ])('with %s behind it, it is refused', async (_, more) => {
    expect(await refusal(Buffer.concat([pack, more]))).toMatch(/is no member of a pack/);
  });

  test('with something before it, it is refused', async () => {
    expect(await refusal(Buffer.concat([Buffer.from('x'), pack]))).toMatch(/not the gzip of a pack/);
  });

  test('with members put in another order, or twice, it is refused', async () => {
    const half = Math.floor(tar.length / 1024) * 512;
    const [first, second] = [await packed(tar.subarray(0, half)), await packed(tar.subarray(half))];
    expect(await refusal(Buffer.concat([first, second]))).toBe('it verifies');
    expect(await refusal(Buffer.concat([second, first]))).not.toBe('it verifies');
    expect(await refusal(Buffer.concat([first, first, second]))).not.toBe('it verifies');
    expect(await refusal(Buffer.concat([first, second, second]))).toMatch(/behind its end/);
  });
});

describe('a gzip in another form', () => {
  test('of another program, with a name, a time or a comment in it, is refused', async () => {
    expect(await refusal(gzipSync(tar))).toMatch(/not the gzip of a pack/);
    const named = Buffer.concat([pack.subarray(0, 3), Buffer.of(8), pack.subarray(4, 10), Buffer.from('hidden\0'), pack.subarray(10)]);
    expect(await refusal(named)).toMatch(/not the gzip of a pack/);
  });

  test('whose member grows to more than one of a pack is refused before it has grown', async () => {
    const bomb = Buffer.alloc(64 * 1024 * 1024);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32(bomb), 0);
    trailer.writeUInt32LE(bomb.length, 4);
    const bytes = Buffer.concat([pack.subarray(0, 10), deflateRawSync(bomb), trailer]);
    expect(await refusal(bytes)).toMatch(/larger than a member/);
  });

  test('with an empty member, of which there could be any number, is refused', async () => {
    const empty = Buffer.concat([pack.subarray(0, 10), deflateRawSync(Buffer.alloc(0)), Buffer.alloc(8)]);
    expect(await refusal(Buffer.concat([empty, pack]))).toMatch(/is empty/);
  });
});

describe('an archive that holds anything but files in their one form', () => {
  async function withEntry(header: Partial<Header> & { name: string }): Promise<string> {
    const stream = tarStream();
    if (header.type === undefined || header.type === 'file') stream.entry(header, 'x'.repeat(header.size ?? 0));
    else stream.entry(header);
    stream.finalize();
    return refusal(await packed(await collectBytes(Readable.from(stream))));
  }

  test.each<[string, Partial<Header> & { name: string }, RegExp]>([
    ['a symbolic link', { name: 'link', type: 'symlink', linkname: '/etc/passwd' }, /is a symbolic link/],
    ['a hard link', { name: 'link', type: 'link', linkname: 'README.md' }, /is a hard link/],
    ['a folder', { name: 'logs', type: 'directory' }, /is a folder|no name of a file/],
    ['a device', { name: 'null', type: 'character-device' }, /is a device/],
    ['a pipe', { name: 'pipe', type: 'fifo' }, /is a pipe/],
    ['a long name', { name: `${'a'.repeat(200)}.txt`, size: 1 }, /no name of a file|extended header|not the one of a pack/],
    ['an extended header', { name: 'a.txt', size: 1, pax: { comment: 'hidden' } }, /is an extended header/],
    ['a name that leads out', { name: '../../etc/passwd', size: 1 }, /no name of a file/],
    ['a name from the root', { name: '/etc/passwd', size: 1 }, /no name of a file/],
    ['a name through the folder above', { name: 'logs/../../x', size: 1 }, /no name of a file/],
    ['a hidden name', { name: '.git/config', size: 1 }, /no name of a file/],
    ['a name with a backslash', { name: '..\\x', size: 1 }, /no name of a file/],
    ['an owner', { name: 'a.txt', size: 1, uid: 1000 }, /not the one of a pack/],
    ['a time', { name: 'a.txt', size: 1, mtime: new Date(1_000_000) }, /not the one of a pack/],
    ['a program', { name: 'a.txt', size: 1, mode: 0o755 }, /not the one of a pack/],
  ])('%s is refused', async (_, header, reason) => {
    expect(await withEntry({ uid: 0, gid: 0, mode: 0o644, mtime: new Date(0), ...header })).toMatch(reason);
  });

  test('a header with a wrong checksum, or with something hidden in what nobody reads, is refused', async () => {
    const broken = Buffer.from(tar);
    broken[148] = (broken[148] ?? 0) ^ 1;
    expect(await refusal(await packed(broken))).toMatch(/not the one of a pack/);
    expect(await refusal(await packed(withHeader((header) => header.write('hidden', 500, 'latin1'))))).toMatch(/not the one of a pack/);
    expect(await refusal(await packed(withHeader((header) => header.write('hidden', 20, 'latin1'))))).toMatch(/not the one of a pack/);
  });

  test('a size that is none, or larger than what there is, is refused', async () => {
    expect(await refusal(await packed(withHeader((header) => header.write('7777777777\0', 124, 'latin1'))))).not.toBe('it verifies');
    expect(await refusal(await packed(withHeader((header) => header.write('37777777777', 124, 'latin1'))))).toMatch(
      /at most|ends in the middle/,
    );
    expect(await refusal(await packed(withHeader((header) => header.write('-0000000001', 124, 'latin1'))))).toMatch(/has no size/);
  });

  test('something behind a file, behind the end, or no end at all, is refused', async () => {
    const [first] = entries();
    const hidden = Buffer.from(tar);
    hidden[512 + (first?.bytes.length ?? 0)] = 1;
    expect(await refusal(await packed(hidden))).toMatch(/hidden behind README.md/);
    expect(await refusal(await packed(Buffer.concat([tar, Buffer.alloc(512)])))).toMatch(/behind its end/);
    expect(await refusal(await packed(tar.subarray(0, tar.length - 512)))).toMatch(/ends in the middle of its end/);
    expect(await refusal(await packed(archiveOf(entries(), Buffer.alloc(0))))).toMatch(/ends in the middle/);
  });
});

describe('a pack that is made to wear its reader out', () => {
  test('with a document larger than any there is, is refused before it is read', async () => {
    const huge = archiveOf([{ path: 'provenance.json', bytes: Buffer.alloc(17 * 1024 * 1024, ' ') }]);
    expect(await refusal(await packed(huge))).toMatch(/provenance.json has \d+ bytes; at most/);
  });

  test('with many large files, is refused and holds none of them', async () => {
    const bytes = Buffer.alloc(8 * 1024 * 1024, ' ');
    const files = async function* (): AsyncGenerator<readonly Uint8Array[]> {
      for (let index = 0; index < 16; index++) yield [ustarHeader(`a${index}.json`, bytes.length), bytes];
      yield [Buffer.alloc(1024)];
    };
    const many = await collectBytes(gzipMembers(files()));
    const heldBefore = process.memoryUsage().arrayBuffers;
    let most = 0;
    const file = inMemory(many);
    const read: typeof file.read = async (...place) => {
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      return file.read(...place);
    };
    await expect(verifyPack({ ...file, read }, { pems: [pem] })).rejects.toMatchObject({ code: 'mc:disclosure:invalid' });
    expect(most - heldBefore).toBeLessThan(64 * 1024 * 1024);
  });

  test.each([
    ['a redacted bundle that is no JSON', 'receipt.redacted.json', '[withheld:'],
    ['a log that nests half a million deep', 'logs/a/1.ndjson', `${'['.repeat(500_000)}"[withheld:"${']'.repeat(500_000)}`],
  ])('with %s, is refused before openings are put into it', async (_, path, text) => {
    const others = entries().filter((entry) => entry.path !== path);
    const hostile = await packed(archiveOf([{ path, bytes: Buffer.from(text) }, ...others]));
    expect(await refusal(hostile, pem, '')).toMatch(/stands where its manifest has/);
  });

  test('with more files than a run can leave, is refused', async () => {
    const many = Array.from({ length: 50_001 }, (_, index) => ({ path: `logs/${index}.ndjson`, bytes: Buffer.alloc(0) }));
    expect(await refusal(await packed(archiveOf(many)))).toMatch(/more than 50000 files/);
  });

  test.each([
    ['nested a million deep', (text: string) => `${'['.repeat(1_000_000)}${text}${']'.repeat(1_000_000)}`],
    ['with a member twice', (text: string) => text.replace('{', '{"version":1,')],
    ['with spaces', (text: string) => text.replace(':', ': ')],
    ['with a member that has the name of a prototype', (text: string) => text.replace('{', '{"__proto__":{"files":[]},')],
    ['behind a mark of byte order', (text: string) => `\ufeff${text}`],
  ])('whose manifest is JSON %s, is refused', async (_, change) => {
    expect(await refusal(await changed('manifest.json', change))).not.toBe('it verifies');
    expect(await refusal(await changed('manifest.sigstore.json', change))).not.toBe('it verifies');
  });
});

describe('files that are not those of the manifest', () => {
  test('one twice, one more, one less, or in another order, is refused', async () => {
    const files = entries();
    const [readme, provenance] = files;
    const more = { path: 'more.txt', bytes: Buffer.from('x') };
    expect(await refusal(await packed(archiveOf([readme!, ...files])))).toMatch(/README.md is there twice/);
    expect(await refusal(await packed(archiveOf([more, ...files])))).toMatch(/more.txt stands where its manifest has README.md/);
    expect(await refusal(await packed(archiveOf([...files.slice(0, -2), more, ...files.slice(-2)])))).toMatch(
      /more.txt is not in its manifest/,
    );
    expect(await refusal(await packed(archiveOf(files.filter(({ path }) => path !== 'logs/b/1.ndjson'))))).toMatch(
      /logs\/b\/1.ndjson is in its manifest/,
    );
    expect(await refusal(await packed(archiveOf([provenance!, readme!, ...files.slice(2)])))).toMatch(/stands where/);
    expect(await refusal(await packed(archiveOf([...files, more])))).toMatch(/does not end with its signed manifest/);
    expect(await refusal(await packed(archiveOf(files.slice(0, -2))))).toMatch(/does not end with its signed manifest/);
  });

  test.each([
    'README.md',
    'mc.pub',
    'receipt.sigstore.json',
    'decisions/start.json',
    'decisions/a/1.json',
    'logs/a/1.ndjson',
    'sbom.cdx.json',
  ])('a changed %s is refused', async (path) => {
    expect(await refusal(await changed(path, (text) => text.replace(/[a-z]/, (letter) => (letter === 'a' ? 'b' : 'a'))))).toMatch(
      new RegExp(`${path} is not the file that its manifest names`),
    );
  });

  test('a changed manifest, signature or key is refused', async () => {
    expect(await refusal(await changed('manifest.json', (text) => text.replace('"version":1', '"version":2')))).toMatch(
      /no subject of the statement/,
    );
    expect(await refusal(await changed('manifest.sigstore.json', (text) => text.replace(/"sig":"..../, '"sig":"AAAA')))).toMatch(
      /manifest.sigstore.json: /,
    );
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(await refusal(pack, other)).toMatch(/trusted key is/);
  });

  test('a manifest in the place of which a receipt is signed is refused: one signature does not stand for another', async () => {
    const files = entries();
    const receipt = files.find(({ path }) => path === 'receipt.sigstore.json')!;
    const swapped = files.map((entry) => (entry.path === 'manifest.sigstore.json' ? { ...entry, bytes: receipt.bytes } : entry));
    expect(await refusal(await packed(archiveOf(swapped)))).toMatch(/manifest.sigstore.json: /);
  });
});

describe('a pack that its own home signed, and that its receipt does not bear out', () => {
  /** The files with a new manifest over them, signed by the home. */
  async function resigned(
    files: readonly Entry[],
    change: (manifest: DisclosureManifest) => DisclosureManifest = (same) => same,
  ): Promise<Buffer> {
    const old = DisclosureManifest.parse(JSON.parse(String(entries().find(({ path }) => path === 'manifest.json')?.bytes)));
    const described = files.map(({ path, bytes }) => packFile(path, 'text/plain', bytes).entry);
    const manifest = change({ ...old, files: described });
    const bundle = await signStatement(engine.home.deps.signer, buildDisclosureStatement(manifest));
    const last = [
      { path: 'manifest.json', bytes: Buffer.from(manifestText(manifest)) },
      { path: 'manifest.sigstore.json', bytes: Buffer.from(JSON.stringify(bundle)) },
    ];
    return packed(archiveOf([...files, ...last]));
  }

  const content = (): Entry[] => entries().slice(0, -2);
  const with_ = (path: string, change: (text: string) => string): Entry[] =>
    content().map((entry) => (entry.path === path ? { path, bytes: Buffer.from(change(entry.bytes.toString())) } : entry));

  test('as it is, it verifies', async () => {
    expect(await refusal(await resigned(content()))).toBe('it verifies');
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ['logs/a/1.ndjson', (text) => text.replace('task', 'mask'), /logs\/a\/1.ndjson is not the one that the receipt names/],
    ['decisions/a/1.json', (text) => text.replace('allow', 'allov'), /decisions\/a\/1.json is not the one that the receipt names/],
    ['decisions/start.json', (text) => text.replace('allow', 'allov'), /decisions\/start.json is not the decision that was signed/],
    ['receipt.sigstore.json', (text) => text.replace(/"sig":"..../, '"sig":"AAAA'), /receipt.sigstore.json: /],
    ['decisions/start.sigstore.json', (text) => text.replace(/"sig":"..../, '"sig":"AAAA'), /decisions\/start.sigstore.json: /],
    ['provenance.json', (text) => text.replace('succeeded', 'failed'), /provenance.json does not say/],
    ['sbom.cdx.json', (text) => text.replace(/"content": "../, '"content": "00'), /sbom.cdx.json does not list/],
    ['sbom.cdx.json', () => 'not JSON', /sbom.cdx.json is not JSON/],
  ])('a changed %s is refused', async (path, change, reason) => {
    expect(await refusal(await resigned(with_(path, change)))).toMatch(reason);
  });

  test('a log left out, or one that the receipt does not name, is refused; one whose absence is admitted is not', async () => {
    const without = content().filter(({ path }) => path !== 'logs/b/1.ndjson');
    expect(await refusal(await resigned(without))).toMatch(/the receipt names logs\/b\/1.ndjson, which is not in the pack/);
    const digest = packFile('x', 'x', content().find(({ path }) => path === 'logs/b/1.ndjson')!.bytes).entry.digest;
    const admit = (manifest: DisclosureManifest): DisclosureManifest => ({ ...manifest, missing: [{ path: 'logs/b/1.ndjson', digest }] });
    expect(await refusal(await resigned(without, admit))).toBe('it verifies');
    const more = { path: 'logs/c/1.ndjson', bytes: Buffer.from('{}') };
    expect(await refusal(await resigned([...content(), more]))).toMatch(/the receipt does not name logs\/c\/1.ndjson/);
  });

  test('a manifest that speaks of another run, tenant or home is refused', async () => {
    for (const change of [{ executionId: `exec_${'0'.repeat(26)}` as const }, { builder: 'https://example.com/other' }])
      expect(await refusal(await resigned(content(), (manifest) => ({ ...manifest, ...change })))).toMatch(
        /of another run than its manifest/,
      );
  });

  test('both a whole and a redacted receipt, or a redacted one without its origin, are refused', async () => {
    const receipt = content().find(({ path }) => path === 'receipt.sigstore.json')!;
    const { dsseEnvelope, ...rest } = JSON.parse(receipt.bytes.toString()) as { dsseEnvelope: { payload: string } }; // The bundle of the home.
    const { payload, ...envelope } = dsseEnvelope;
    const statement = JSON.parse(Buffer.from(payload, 'base64').toString()) as object; // The statement of the home.
    const redacted = {
      path: 'receipt.redacted.json',
      bytes: Buffer.from(JSON.stringify({ ...rest, format: 'mc.redacted-bundle/v1', dsseEnvelope: envelope, statement })),
    };
    expect(await refusal(await resigned([...content(), redacted]))).toMatch(/both receipt.sigstore.json and receipt.redacted.json/);
    const only = content().map((entry) => (entry === receipt || entry.path === receipt.path ? redacted : entry));
    expect(await refusal(await resigned(only))).toMatch(/nothing says what receipt.redacted.json was/);
  });
});

test('a pack of one run with the manifest of another is refused, both of the same home', async () => {
  const { deps } = engine.home;
  const { id } = await engine.finish((await engine.start({ workflow: 'two' })).id);
  const other = gunzipSync(await collectBytes((await openDisclosure(deps, engine.actor, { id })).chunks));
  const mine = entries();
  const saved = tar;
  tar = other;
  const theirs = entries();
  tar = saved;
  expect(await refusal(await packed(archiveOf([...mine.slice(0, -2), ...theirs.slice(-2)])))).toMatch(
    /is not the file that its manifest names/,
  );
});
