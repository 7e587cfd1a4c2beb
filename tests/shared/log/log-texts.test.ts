/** The texts of the log that others read: paths of tiles, bundles of entries, checkpoints and the names of logs. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leafHash } from '../../../shared/core/merkle-hash.ts';
import { checkpointText, openCheckpoint, readCheckpoint, sealCheckpoint, type Checkpoint } from '../../../shared/log/checkpoint.ts';
import { readEntryBundle, writeEntryBundle } from '../../../shared/log/entry-bundle.ts';
import { logIdentity, verifierKey, type LogIdentity } from '../../../shared/log/log-identity.ts';
import { parseTilePath, tilePath, tileWidth, type Tile } from '../../../shared/log/tile-path.ts';

describe('paths of tiles', () => {
  test('are spelt as tlog-tiles spells them', () => {
    expect(tilePath({ level: 0, index: 0, width: tileWidth })).toBe('tile/0/000');
    expect(tilePath({ level: 1, index: 1_234_067, width: tileWidth })).toBe('tile/1/x001/x234/067');
    expect(tilePath({ level: 'entries', index: 1_000, width: 17 })).toBe('tile/entries/x001/000.p/17');
  });

  test('come back from their spelling', () => {
    const level = fc.oneof(fc.constant('entries' as const), fc.nat(7));
    const tile: fc.Arbitrary<Tile> = fc.record({ level, index: fc.nat(10 ** 9), width: fc.integer({ min: 1, max: tileWidth }) });
    fc.assert(fc.property(tile, (value) => expect(parseTilePath(tilePath(value))).toEqual(value)));
  });

  test.each([
    'tile/0/0',
    'tile/0/x000/001',
    'tile/0/001.p/0',
    'tile/0/001.p/256',
    'tile/0/001.p/07',
    'tile/8/000',
    'tile/0/x1/000',
    'tile/-1/000',
    'tile/0/../000',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/x999/x999/x999/x999/x999/999',
  ])('%s is none', (path) => expect(parseTilePath(path)).toBeUndefined());
});

describe('a bundle of entries', () => {
  test('gives back its entries, and the first few of them', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 300 }), { maxLength: 20 }), fc.nat(20), (entries, count) => {
        const wanted = Math.min(count, entries.length);
        const texts = entries.map((text) => Buffer.from(text).toString());
        expect(readEntryBundle(writeEntryBundle(texts), wanted)).toEqual(texts.slice(0, wanted));
      }),
    );
  });

  test('that is cut off is damaged', () => {
    const bytes = writeEntryBundle(['one', 'two']);
    for (let end = 0; end < bytes.byteLength; end += 1)
      expect(() => readEntryBundle(bytes.subarray(0, end), 2)).toThrow(expect.objectContaining({ code: 'mc:log:damaged' }));
  });
});

const keys = generateKeyPairSync('ed25519');
const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const log = logIdentity(pemOf(keys.publicKey));
const checkpoint: Checkpoint = { origin: log.origin, size: 42, root: leafHash('root') };

function note(value: Checkpoint = checkpoint, by: { key: KeyObject; log: LogIdentity } = { key: keys.privateKey, log }): string {
  const text = checkpointText(value);
  return sealCheckpoint(text, by.log, sign(null, Buffer.from(text), by.key));
}

describe('a checkpoint', () => {
  test('opens with the key of its log', () => {
    expect(openCheckpoint(note(), log)).toEqual(checkpoint);
  });

  test('opens when a witness signed it too', () => {
    expect(openCheckpoint(`${note()}\u2014 witness.example.com ${Buffer.alloc(76, 1).toString('base64')}\n`, log)).toEqual(checkpoint);
  });

  test('does not open when another log signed it, even under this name', () => {
    const other = generateKeyPairSync('ed25519');
    expect(openCheckpoint(note(checkpoint, { key: other.privateKey, log }), log)).toBeUndefined();
    expect(openCheckpoint(note(checkpoint, { key: other.privateKey, log: logIdentity(pemOf(other.publicKey)) }), log)).toBeUndefined();
    const elsewhere = { ...checkpoint, origin: 'log.example.com' };
    expect(openCheckpoint(note(elsewhere), log)).toBeUndefined();
  });

  test('does not open when a second signature claims to be of the log and is not, as signed-note advises', () => {
    const bad = Buffer.concat([log.id.subarray(0, 4), Buffer.alloc(64, 9)]);
    const lines = [bad, bad.subarray(0, 60)].map((bytes) => `\u2014 ${log.origin} ${bytes.toString('base64')}\n`);
    for (const line of lines) {
      expect(openCheckpoint(`${note()}${line}`, log)).toBeUndefined();
      expect(openCheckpoint(note().replace('\n\n', `\n\n${line}`), log)).toBeUndefined();
    }
    // The name alone, or the first bytes alone, are another key.
    for (const line of [
      `\u2014 ${log.origin} ${Buffer.alloc(68, 9).toString('base64')}\n`,
      `\u2014 w.example.com ${bad.toString('base64')}\n`,
    ])
      expect(openCheckpoint(`${note()}${line}`, log)).toEqual(checkpoint);
  });

  test('no change of one byte opens as something else', () => {
    const bytes = Buffer.from(note());
    fc.assert(
      fc.property(fc.nat(bytes.byteLength - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const altered = Buffer.from(bytes);
        altered.writeUInt8(altered.readUInt8(at) ^ mask, at);
        const opened = openCheckpoint(altered.toString('utf8'), log);
        if (opened !== undefined) expect(opened).toEqual(checkpoint);
      }),
    );
  });

  test.each([
    ['without a signature', (text: string) => `${text.split('\n\n')[0] ?? ''}\n\n`],
    ['with a size that begins with 0', (text: string) => text.replace('\n42\n', '\n042\n')],
    ['with a size too large to count with', (text: string) => text.replace('\n42\n', '\n9007199254740993\n')],
    ['with an extension line', (text: string) => text.replace('\n\n', '\nmore\n\n')],
    ['with Windows line ends', (text: string) => text.replaceAll('\n', '\r\n')],
    ['with something behind it', (text: string) => `${text}x`],
    ['with a root of another length', (text: string) => text.replace(/\n[^\n]{43}=\n/, '\nAAAA\n')],
    ['with a signature that is not base64', (text: string) => text.replace(/\n$/, 'A\n')],
    ['with the name of a witness that holds a control character', (text: string) => `${text}\u2014 w\u0007x AAAAAAAA\n`],
    ['with the name of a witness that holds a wide space', (text: string) => `${text}\u2014 w\u3000x AAAAAAAA\n`],
    ['with the name of a witness that holds a plus', (text: string) => `${text}\u2014 w+x AAAAAAAA\n`],
    ['with the names of a log that nobody can type', (text: string) => text.replaceAll(log.origin, `a\u2003b`)],
    ['that is too long', (text: string) => `${text}${`\u2014 w ${'A'.repeat(100)}\n`.repeat(200)}`],
  ])('%s is none', (_what, change) => expect(readCheckpoint(change(note()))).toBeUndefined());
});

describe('the name of a log', () => {
  test('follows from its key, and tells two keys apart', () => {
    expect(logIdentity(pemOf(keys.publicKey))).toMatchObject({ origin: log.origin, id: log.id });
    expect(logIdentity(log.der).origin).toBe(log.origin);
    expect(log.origin).toMatch(/^mc-[0-9a-f]{32}\.log\.maestro-conductor\.dev$/);
    expect(logIdentity(pemOf(generateKeyPairSync('ed25519').publicKey)).origin).not.toBe(log.origin);
  });

  test('has a verifier key with the hash that signature lines begin with', () => {
    // The key is base64, in which a plus may stand.
    const [name, hash, ...rest] = verifierKey(log).split('+');
    const key = rest.join('+');
    expect(name).toBe(log.origin);
    expect(note()).toContain(
      Buffer.from(hash ?? '', 'hex')
        .toString('base64')
        .slice(0, 5),
    );
    expect(Buffer.from(key, 'base64')).toHaveLength(33);
  });

  test('is refused to a key of another kind', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => logIdentity(pemOf(other.publicKey))).toThrow(expect.objectContaining({ code: 'mc:key:unreadable' }));
  });
});
