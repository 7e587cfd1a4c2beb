import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { digestBytes } from '../../../../shared/core/digest.ts';
import { leafHash } from '../../../../shared/core/merkle-hash.ts';
import { ReceiptSigner } from '../../../../shared/embedded/keys/receipt-signer.ts';
import { SigningThread } from '../../../../shared/embedded/keys/signing-thread.ts';
import { SoftwareSigner } from '../../../../shared/embedded/keys/software-signer.ts';
import { logEntry } from '../../../../shared/log/log-entry.ts';
import type { PublicKey, SignedStatement } from '../../../../shared/port/keys/signer.ts';
import { Bundle } from '../../../../shared/receipt/bundle.ts';
import { unpackBundle } from '../../../../shared/receipt/stored/packed-bundle.ts';
import { payloadOf } from '../../../../shared/receipt/sign/payload-of.ts';
import { signOwn } from '../../../../shared/receipt/sign/sign-own.ts';
import { verifyBundle } from '../../../../shared/receipt/verify-bundle.ts';
import { buildDeps, type TestHome } from '../../../support/build-deps.ts';
import { buildStatement } from '../../../support/build-statement.ts';

interface KeyPair {
  key: KeyObject;
  trusted: PublicKey;
}

async function newKey(): Promise<KeyPair> {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { key, trusted: await new SoftwareSigner(key).publicKey() };
}

const [first, second] = [await newKey(), await newKey()];
const statement = (note: string): ReturnType<typeof buildStatement> => buildStatement({ predicate: { note } });

let failures: string[];
let thread: SigningThread;
beforeEach(() => {
  failures = [];
  thread = new SigningThread(({ message }) => failures.push(message));
});
afterEach(() => thread.close());

const sign = ({ key, trusted }: KeyPair, note: string): Promise<SignedStatement | undefined> =>
  thread.sign(key, trusted, payloadOf(statement(note)));

const read = (packed = new Uint8Array()): Bundle => Bundle.parse(JSON.parse(unpackBundle(packed).toString('utf8')));

function expectGood(signed: SignedStatement | undefined, { trusted }: KeyPair, note: string): void {
  const bundle = read(signed?.packed);
  expect(verifyBundle(bundle, { pem: trusted.pem }).statement).toEqual(statement(note));
  const entry = logEntry(bundle.dsseEnvelope, trusted.pem);
  expect(signed).toMatchObject({
    digest: digestBytes(JSON.stringify(bundle)),
    entry,
    leaf: leafHash(entry).toString('hex'),
    pem: trusted.pem,
  });
}

describe('the thread that signs', () => {
  test('answers each of many statements with its own bundle, whatever characters it has', async () => {
    const notes = Array.from({ length: 200 }, (_, index) => `${index} – ${'é😀'.repeat(index % 7)}`);
    const all = await Promise.all(notes.map((note) => sign(first, note)));
    for (const [index, note] of notes.entries()) expectGood(all[index], first, note);
  });

  test('signs with the key that it is asked to, while two are in use', async () => {
    const pairs = Array.from({ length: 20 }, (_, index) => ({ pair: index % 3 === 0 ? second : first, note: `${index}` }));
    const all = await Promise.all(pairs.map(({ pair, note }) => sign(pair, note)));
    for (const [index, { pair, note }] of pairs.entries()) expectGood(all[index], pair, note);
    expectGood(await sign(second, 'later'), second, 'later');
  });

  test('is not started for a statement that comes alone, and signs one that comes later', async () => {
    expect(await sign(first, 'alone')).toBeUndefined();
    await Promise.all([sign(first, 'one'), sign(first, 'two')]);
    expectGood(await sign(first, 'alone again'), first, 'alone again');
    expect(failures).toEqual([]);
  });

  test('gives nothing whose signature the trusted key does not hold, and goes on', async () => {
    const forged = sign({ key: first.key, trusted: second.trusted }, 'forged');
    const honest = sign(first, 'honest');
    await expect(forged).rejects.toMatchObject({ code: 'mc:receipt:invalid' });
    expectGood(await honest, first, 'honest');
    expect(failures).toEqual([]);
  });

  test('that was ended leaves nobody waiting, says so, and begins anew when it is asked again', async () => {
    // It is just being started.
    const waiting = [sign(first, 'two'), sign(second, 'three')];
    await new Promise((resolve) => setImmediate(resolve));
    await thread.close();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
    expect(failures).toEqual(['the thread that signs has ended']);
    const [four] = await Promise.all([sign(first, 'four'), sign(first, 'five')]);
    expectGood(four, first, 'four');
  });

  test('keeps a process alive while somebody waits for it, and no longer', () => {
    const program = fileURLToPath(new URL('../../../support/threads/signing-thread-main.ts', import.meta.url));
    const output = execFileSync(process.execPath, ['--no-warnings', program], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
      timeout: 60_000,
    });
    expect(output).toBe('signed\n'.repeat(4));
  });
});

describe('a home with a thread that signs', () => {
  let home: TestHome;
  let signer: ReceiptSigner;
  beforeEach(async () => {
    home = buildDeps();
    signer = await ReceiptSigner.open(home.table, join(home.folder, 'keys'), thread);
  });
  afterEach(() => home.close());

  const signHere = (note: string): Promise<SignedStatement> => signOwn({ ...home.deps, signer }, statement(note));

  test('signs with the key in use, before and after it is switched', async () => {
    const [before, next] = [await signer.active(), await signer.create('rot_1')];
    const twice = async (note: string): Promise<SignedStatement[]> => Promise.all([signHere(note), signHere(note)]);
    for (const { pem } of await twice('before')) expect(pem).toBe(before.pem);
    await signer.activate(next, before);
    for (const { packed, pem } of await twice('after')) {
      expect(pem).toBe(next.pem);
      expect(verifyBundle(read(packed), { pem }).statement).toEqual(statement('after'));
    }
  });

  test('loses no statement with its thread: it is signed in the pool', async () => {
    const signed = signHere('on its way');
    const beside = signHere('beside it');
    // It is asked at the end of this turn or of the next, and the thread needs longer to start.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await thread.close();
    const [{ packed, pem }] = await Promise.all([signed, beside]);
    expect(failures).toHaveLength(1);
    expect(verifyBundle(read(packed), { pem }).statement).toEqual(statement('on its way'));
  });
});
