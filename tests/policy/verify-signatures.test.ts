import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CompactSign } from 'jose';
import { inspectBundle } from '../../policy/engine/inspect-bundle.ts';
import { signedFileHash } from '../../policy/engine/signed-file-hash.ts';
import { untar } from '../../policy/engine/untar.ts';
import { signaturesFile, verifySignatures } from '../../policy/engine/verify-signatures.ts';
import { findOpa, runOpa } from '../../scripts/policy/find-opa.ts';
import type { JsonObject } from '../../shared/core/json/canonical-json.ts';
import { fixtureBundle, packed } from '../support/build-policy-bundle.ts';
import { buildPolicyKey } from '../support/build-own-pack.ts';

const key = buildPolicyKey();
const other = buildPolicyKey();
const keys = [other, key];

type Files = Map<string, Uint8Array>;
interface SignedFile {
  name: string;
  hash: string;
  algorithm: string;
}

async function plainFiles(): Promise<Files> {
  const files = await untar(fixtureBundle('legacy'));
  files.delete(signaturesFile);
  return files.set('data.json', Buffer.from('{"mc": {"legacy": {"b": 1.0, "a": [1e2, "é\\u2028<&>", null]}}}'));
}

function listOf(files: Files, algorithm: 'SHA-256' | 'SHA-512' = 'SHA-256'): SignedFile[] {
  return [...files].map(([name, bytes]) => ({ name, hash: signedFileHash(name, bytes, algorithm), algorithm }));
}

async function tokenOf(payload: JsonObject, by = key): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader({ alg: 'ES256' }).sign(createPrivateKey(by.privatePem));
}

const asSigned = (files: Files, ...signatures: string[]): Files =>
  new Map(files).set(signaturesFile, Buffer.from(JSON.stringify({ signatures, plugin: '_default' })));

/** Files, and a signature over them after `change` was made to the list. */
async function signed(change: (list: SignedFile[]) => SignedFile[] = (list) => list, more: JsonObject = {}): Promise<Files> {
  const files = await plainFiles();
  return asSigned(files, await tokenOf({ files: change(listOf(files)).map((entry) => ({ ...entry })), ...more }));
}

async function refusals(files: Files): Promise<[code: string, pointer: string][]> {
  const { issues } = await verifySignatures(files, keys);
  return issues.map(({ code, pointer }) => [code, pointer]);
}

describe('a signed bundle', () => {
  test('verifies with the key that signed it, and names it', async () => {
    expect(await verifySignatures(await signed(), keys)).toEqual({ keyId: key.keyId, issues: [] });
  });

  test('verifies with other hashes that OPA knows and that are still safe', async () => {
    const files = await plainFiles();
    expect(await refusals(asSigned(files, await tokenOf({ files: listOf(files, 'SHA-512').map((entry) => ({ ...entry })) })))).toEqual([]);
  });

  test('stays signed when data and manifest are written with other white space', async () => {
    const files = await signed();
    files.set('data.json', Buffer.from('{"mc":{"legacy":{"a":[1e2,"\\u00e9\u2028<\\u0026>",null],\n\t"b":1.0}}}'));
    expect(await refusals(files)).toEqual([]);
  });

  test.each(['legacy.rego', 'policy.wasm', 'data.json', '.manifest'])('with one byte of %s changed is refused', async (name) => {
    const files = await signed();
    const bytes = Buffer.from(files.get(name) ?? []);
    // A letter inside of a name or text, in JSON too.
    const place = name === 'policy.wasm' ? bytes.length >> 1 : bytes.indexOf(Buffer.from(name === 'data.json' ? 'b' : 'mc'));
    bytes[place] = (bytes[place] ?? 0) ^ 1;
    expect(await refusals(files.set(name, bytes))).toEqual([['file-changed', `/${name}`]]);
  });

  test.each([
    ['a number that is spelt otherwise', '{"mc": {"legacy": {"b": 1, "a": [1e2, "é\\u2028<&>", null]}}}', 'file-changed'],
    ['data that is no JSON', '{"b": 1.0', 'not-json'],
    ['data that is too deep', '['.repeat(65) + ']'.repeat(65), 'json-depth'],
    ['data that is no UTF-8', Buffer.of(0x22, 0xff, 0x22), 'not-json'],
  ])('with %s is refused', async (_, data, code) => {
    const files = await signed();
    expect(await refusals(files.set('data.json', Buffer.from(data)))).toEqual([[code, '/data.json']]);
  });

  test('with a list of signatures that is too deep is refused', async () => {
    const deep = Buffer.from('['.repeat(20_000) + ']'.repeat(20_000));
    expect(await refusals((await plainFiles()).set(signaturesFile, deep))).toEqual([['json-depth', `/${signaturesFile}`]]);
  });

  test('with a file that was not signed is refused', async () => {
    const files = await signed();
    expect(await refusals(files.set('more.rego', Buffer.from('package more')))).toEqual([['file-unsigned', '/more.rego']]);
  });

  test('without a file that was signed is refused', async () => {
    const files = await signed();
    files.delete('data.json');
    expect(await refusals(files)).toEqual([['file-missing', '/data.json']]);
  });

  test('that was signed twice for one file is refused, for both hashes might be meant', async () => {
    expect(await refusals(await signed((list) => [...list, ...list.filter(({ name }) => name === 'data.json')]))).toEqual([
      ['file-twice', '/data.json'],
    ]);
  });

  test.each(['MD5', 'SHA-1', 'sha-256', 'constructor', ''])('hashed with %j is refused', async (algorithm) => {
    const change = (list: SignedFile[]): SignedFile[] =>
      list.map((entry) => (entry.name === 'policy.wasm' ? { ...entry, algorithm } : entry));
    expect(await refusals(await signed(change))).toEqual([['hash-algorithm', '/policy.wasm']]);
  });

  test('that signs its own signature is refused', async () => {
    const entry = { name: signaturesFile, hash: '0'.repeat(64), algorithm: 'SHA-256' };
    expect(await refusals(await signed((list) => [...list, entry]))).toEqual([['file-missing', `/${signaturesFile}`]]);
  });

  test.each([
    ['an expiry', { exp: 4_102_444_800 }, 'exp'],
    ['a scope', { scope: 'write' }, 'scope'],
    ['more than is known', { audience: 'x' }, 'audience'],
  ])('that promises %s, which nobody checks, is refused', async (_, more, claim) => {
    expect((await refusals(await signed(undefined, more))).map(([, pointer]) => pointer)).toEqual([`/${signaturesFile}/${claim}`]);
  });
});

describe('a bundle is refused', () => {
  test('without a signature', async () => {
    expect(await verifySignatures(await plainFiles(), keys)).toMatchObject({ keyId: undefined, issues: [{ code: 'signature-missing' }] });
  });

  test('with no token, with two, and with a file of signatures that is none', async () => {
    const files = await plainFiles();
    const token = await tokenOf({ files: listOf(files).map((entry) => ({ ...entry })) });
    expect((await refusals(asSigned(files))).length).toBeGreaterThan(0);
    expect((await refusals(asSigned(files, token, token))).length).toBeGreaterThan(0);
    for (const text of ['', '[]', '{"signatures":[1]}', `{"signatures":["${token}"],"more":1}`, `{"signatures":["${token}"],"plugin":"x"}`])
      expect((await refusals(new Map(files).set(signaturesFile, Buffer.from(text)))).length).toBeGreaterThan(0);
  });

  test('signed by a key that is not registered, and when none is', async () => {
    const files = await signed();
    expect(await verifySignatures(files, [other])).toMatchObject({
      keyId: undefined,
      issues: [{ code: 'signature-invalid', allowed: `ES256 by ${other.keyId}` }],
    });
    expect(await verifySignatures(files, [])).toMatchObject({
      issues: [{ code: 'signature-invalid', allowed: 'ES256 by a registered key, of which there is none' }],
    });
  });

  test('signed in another way than ES256, even with a registered key', async () => {
    const files = await plainFiles();
    const payload = Buffer.from(JSON.stringify({ files: listOf(files) })).toString('base64url');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const rsaPem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const rs256 = Buffer.from('{"alg":"RS256"}').toString('base64url');
    const byRsa = sign('sha256', Buffer.from(`${rs256}.${payload}`), rsa.privateKey).toString('base64url');
    // The public key as the secret of an HMAC: whoever lets the token choose how it is checked takes this.
    const byHmac = await new CompactSign(Buffer.from(JSON.stringify({ files: listOf(files) })))
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(key.pem));
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    for (const token of [`${rs256}.${payload}.${byRsa}`, byHmac, none]) {
      const { issues } = await verifySignatures(asSigned(files, token), [...keys, { keyId: 'rsa', pem: rsaPem }]);
      expect(issues.map(({ code }) => code)).toEqual(['signature-invalid']);
    }
  });

  test('with any byte of its token changed', async () => {
    const files = await plainFiles();
    const token = await tokenOf({ files: listOf(files).map((entry) => ({ ...entry })) });
    for (let place = 0; place < token.length - 1; place += 41) {
      const letter = token[place] === 'A' ? 'B' : 'A';
      const altered = `${token.slice(0, place)}${letter}${token.slice(place + 1)}`;
      expect(await refusals(asSigned(files, altered))).toEqual([['signature-invalid', `/${signaturesFile}/signatures/0`]]);
    }
  });
});

const opa = findOpa();
const withOpa = opa === undefined ? describe.skip : describe;

withOpa(`stock OPA agrees${opa === undefined ? ' (skipped: no OPA in MC_OPA, .oracles or PATH)' : ''}`, () => {
  let folder: string;
  const path = (name: string): string => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mc-signed-'));
    writeFileSync(path('public.pem'), key.pem);
    // OPA signs with keys in the older form of EC keys.
    writeFileSync(path('private.pem'), createPrivateKey(key.privatePem).export({ type: 'sec1', format: 'pem' }));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  async function opaAccepts(files: Files): Promise<boolean> {
    writeFileSync(path('bundle.tar.gz'), await packed(files));
    const args = ['build', '-b', 'bundle.tar.gz', '--verification-key', 'public.pem', '--signing-alg', 'ES256', '-o', 'again.tar.gz'];
    try {
      runOpa(opa ?? 'opa', args, { cwd: folder });
      return true;
    } catch {
      return false;
    }
  }

  const without = (files: Files, name: string): Files => new Map([...files].filter(([file]) => file !== name));
  const also = (files: Files, name: string, text: string): Files => new Map(files).set(name, Buffer.from(text));
  const strange = '{"é": [1.50, -0, 1E+2, true, {"b\\u0000\\b\\f\\n": "<\\/&>", "\\ud83d\\ude00": 1, "\uffee": 2}], "z": "\u2028\u007f"}';

  test.each<[string, (files: Files) => Files]>([
    ['nothing changed', (files) => files],
    ['other white space in data', (files) => also(files, 'data.json', '{"mc":{"legacy":{"a":[1e2,"é\u2028<&>",null],"b":1.0}}}')],
    ['a number spelt otherwise', (files) => also(files, 'data.json', '{"mc":{"legacy":{"a":[100,"é\u2028<&>",null],"b":1.0}}}')],
    ['another rule', (files) => also(files, 'legacy.rego', 'package mc.legacy')],
    ['a file more', (files) => also(files, 'more.rego', 'package mc.legacy.more')],
    ['a file less', (files) => without(files, 'data.json')],
    ['another signature', (files) => asSigned(files, 'a.b.c')],
    ['no token', (files) => asSigned(files)],
  ])('about a bundle with %s', async (_, change) => {
    const files = change(await signed());
    expect(await opaAccepts(files)).toBe((await refusals(files)).length === 0);
  });

  test('that what we sign is signed, strange data and all', async () => {
    const files = (await plainFiles()).set('data.json', Buffer.from(`{"mc": {"legacy": {"data": ${strange}}}}`));
    expect(await opaAccepts(asSigned(files, await tokenOf({ files: listOf(files).map((entry) => ({ ...entry })) })))).toBe(true);
  });

  test('and what it signs verifies here, strange data and all', async () => {
    writeFileSync(path('legacy.rego'), readFileSync(new URL('../fixtures/policy/legacy/legacy.rego', import.meta.url)));
    writeFileSync(path('data.json'), `{"mc": {"legacy": {"data": ${strange}}}}`);
    writeFileSync(
      path('.manifest'),
      '{"roots": ["mc/legacy"], "rego_version": 0, "metadata": {"title": "Ümlaut \\u2029 <&>", "version": "1.0.0"}}',
    );
    const ignored = ['*.pem', '*.gz'].flatMap((name) => ['--ignore', name]);
    const signing = ['--signing-alg', 'ES256', '--signing-key', 'private.pem'];
    runOpa(
      opa ?? 'opa',
      ['build', '-t', 'wasm', '-e', 'mc/legacy/verdict', '-r', 'r1', ...signing, ...ignored, '-o', 'signed.tar.gz', '-b', '.'],
      {
        cwd: folder,
      },
    );
    const { bundle, keyId, issues } = await inspectBundle(readFileSync(path('signed.tar.gz')), { keys });
    expect(issues).toEqual([]);
    expect({ keyId, title: bundle?.title, regoVersion: bundle?.regoVersion }).toEqual({
      keyId: key.keyId,
      title: 'Ümlaut \u2029 <&>',
      regoVersion: 0,
    });
  });
});
