import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { leafHash } from '../../../../shared/core/merkle-hash.ts';
import { SoftwareSigner } from '../../../../shared/embedded/keys/software-signer.ts';
import { SqliteTable } from '../../../../shared/embedded/sqlite/sqlite-table.ts';
import { logEntry } from '../../../../shared/log/log-entry.ts';
import type { Signer } from '../../../../shared/port/keys/signer.ts';
import { Bundle } from '../../../../shared/receipt/bundle.ts';
import { unpackBundle } from '../../../../shared/receipt/stored/packed-bundle.ts';
import { signOwn } from '../../../../shared/receipt/sign/sign-own.ts';
import { verifyBundle } from '../../../../shared/receipt/verify-bundle.ts';
import { buildStatement } from '../../../support/build-statement.ts';

const newSigner = (): SoftwareSigner => new SoftwareSigner(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const honest = newSigner();
const other = newSigner();
const statement = buildStatement();

let table: SqliteTable;
beforeEach(() => {
  table = new SqliteTable(':memory:');
});
afterEach(() => table.close());

const read = (packed: Uint8Array): Bundle => Bundle.parse(JSON.parse(unpackBundle(packed).toString('utf8')));
const invalid = { code: 'mc:receipt:invalid' };
const showing = (sign: Signer['sign']): Signer => ({ publicKey: () => honest.publicKey(), sign });

describe('signing with a key of the home', () => {
  test('gives a bundle that verifies, and the key that it verifies with', async () => {
    const { packed, pem } = await signOwn({ table, signer: honest }, statement);
    expect(pem).toBe((await honest.publicKey()).pem);
    expect(verifyBundle(read(packed), { pem }).statement).toEqual(statement);
  });

  test('names the entry of the log that its bundle has', async () => {
    const { packed, entry, leaf, pem } = await signOwn({ table, signer: honest }, statement);
    expect(entry).toBe(logEntry(read(packed).dsseEnvelope, pem));
    expect(leaf).toBe(leafHash(entry).toString('hex'));
  });

  test('leaves it to a signer that can sign beside this thread, and signs here when that cannot now', async () => {
    const here = await signOwn({ table, signer: honest }, statement);
    const beside: Signer = { ...showing(() => Promise.reject(new Error('asked to sign here'))), signBeside: async () => here };
    expect(await signOwn({ table, signer: beside }, statement)).toBe(here);
    const unable: Signer = { ...showing((message) => honest.sign(message)), signBeside: async () => undefined };
    const { packed, pem } = await signOwn({ table, signer: unable }, statement);
    expect(verifyBundle(read(packed), { pem }).statement).toEqual(statement);
  });

  test('gives nothing that was signed with another key under the name of the own one', async () => {
    const { key } = await honest.sign(Buffer.from(''));
    const signer = showing(async (message) => ({ bytes: (await other.sign(message)).bytes, key }));
    await expect(signOwn({ table, signer }, statement)).rejects.toMatchObject(invalid);
  });

  test('gives nothing of which other bytes were signed', async () => {
    const signer = showing(async (message) => honest.sign(Buffer.concat([message, Buffer.from(' ')])));
    await expect(signOwn({ table, signer }, statement)).rejects.toMatchObject(invalid);
  });

  test('gives nothing that was signed with a key that this home never had', async () => {
    await expect(signOwn({ table, signer: showing((message) => other.sign(message)) }, statement)).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining('none of this home'),
    });
    await expect(signOwn({ table, signer: honest }, statement, other)).rejects.toMatchObject(invalid);
  });

  test('asks the given check, and believes it', async () => {
    await expect(signOwn({ table, signer: honest, checkSignature: () => false }, statement)).rejects.toMatchObject(invalid);
  });
});
