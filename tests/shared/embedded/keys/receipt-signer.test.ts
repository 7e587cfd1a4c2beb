import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ReceiptSigner } from '../../../../shared/embedded/keys/receipt-signer.ts';
import { keyIdOf } from '../../../../shared/receipt/key-id.ts';
import { checkSignature } from '../../../../shared/receipt/check-signature.ts';
import { createPublicKey } from 'node:crypto';
import { buildDeps, type TestHome } from '../../../support/build-deps.ts';

let home: TestHome;
let folder: string;
let signer: ReceiptSigner;

beforeEach(async () => {
  home = buildDeps();
  folder = join(home.folder, 'keys');
  signer = await ReceiptSigner.open(home.table, folder);
});
afterEach(() => home.close());

const message = Buffer.from('message');

describe('the signing keys of an embedded home', () => {
  test('a new one has its name for ever, is for its user alone, and does not sign yet', async () => {
    const first = await signer.active();
    const made = await signer.create('rot_1');
    expect(await signer.create('rot_1')).toEqual(made);
    expect(made.keyId).toBe(keyIdOf(made.pem));
    expect(statSync(join(folder, made.handle)).mode & 0o777).toBe(0o600);
    expect((await signer.sign(message)).key.keyId).toBe(first.keyId);
  });

  test('what a dead process left of a new one is neither used nor kept', async () => {
    writeFileSync(join(folder, 'receipt-signer-rot_1.pem.draft'), 'half a key', { mode: 0o600 });
    await signer.create('rot_1');
    expect(readdirSync(folder).filter((name) => name.includes('draft'))).toEqual([]);
  });

  test('one that is switched to signs at once, here and in a home that is opened later', async () => {
    const first = await signer.active();
    const next = await signer.create('rot_1');
    await signer.activate(next, first);
    await signer.activate(next, first);
    for (const each of [signer, await ReceiptSigner.open(home.table, folder)]) {
      const { bytes, key } = await each.sign(message);
      expect(key.keyId).toBe(next.keyId);
      expect(checkSignature({ message, signature: bytes, key: createPublicKey(next.pem) })).toBe(true);
    }
  });

  test('a switch from a key that is not in use any more changes nothing', async () => {
    const first = await signer.active();
    const [second, third] = [await signer.create('rot_1'), await signer.create('rot_2')];
    await signer.activate(second, first);
    const late = await ReceiptSigner.open(home.table, folder);
    await expect(late.activate(third, first)).rejects.toMatchObject({ code: 'mc:key:rotation-conflict' });
    expect((await late.active()).keyId).toBe(second.keyId);
  });

  test('the one in use is never destroyed; another one signs no more', async () => {
    const first = await signer.active();
    await expect(signer.destroy(first)).rejects.toMatchObject({ code: 'mc:key:rotation-conflict' });
    const next = await signer.create('rot_1');
    await signer.activate(next, first);
    await signer.destroy(first);
    await signer.destroy(first);
    await expect(signer.signWith(first.handle, message)).rejects.toMatchObject({ code: 'mc:key:unreadable' });
  });

  test('a home whose new key is lost does not start, and says which one it is', async () => {
    const next = await signer.create('rot_1');
    await signer.activate(next, await signer.active());
    rmSync(join(folder, next.handle));
    await expect(ReceiptSigner.open(home.table, folder)).rejects.toMatchObject({
      code: 'mc:key:unreadable',
      message: expect.stringContaining(next.keyId),
    });
  });
});
