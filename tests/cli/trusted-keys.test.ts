import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readTrustedKeys } from '../../cli/verify/trusted-keys.ts';

const pemOf = (key: { export(options: { type: 'spki'; format: 'pem' }): string | Buffer }): string =>
  key.export({ type: 'spki', format: 'pem' }).toString();
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const good = pemOf(p256.publicKey);
const secret = p256.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const block = (type: string): string => `-----BEGIN ${type}-----\nAAAA\n-----END ${type}-----\n`;

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-keys-'));
  file = join(folder, 'my keys.pub');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (text: string): string[] => {
  writeFileSync(file, text);
  return readTrustedKeys(file);
};

describe('a file of trusted keys', () => {
  test('may hold several, with lines between them and ends of lines of another system', () => {
    const other = pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);
    expect(read(`of a.example\n${good}of b.example\n${other}`)).toEqual([good, other]);
    expect(read(good.replaceAll('\n', '\r\n'))).toHaveLength(1);
  });

  test.each([
    ['RSA', pemOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey), 'got RSA'],
    ['P-384', pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey), 'got EC P-384'],
    ['Ed25519, as a log has it', pemOf(generateKeyPairSync('ed25519').publicKey), 'got OKP Ed25519'],
    ['none', block('PUBLIC KEY'), 'it is cut or was changed'],
  ])('is refused with the place of a key that is %s', (_kind, pem, why) => {
    expect(() => read(good + pem)).toThrow(
      expect.objectContaining({ code: 'mc:cli:usage', message: expect.stringMatching(`^Key 2 of ${file} cannot be used: .*${why}\\.$`) }),
    );
  });

  test.each([
    ['a private key', secret, 'openssl ec -in '],
    ['a certificate', block('CERTIFICATE'), 'openssl x509 -in '],
  ])('that is %s is refused with the command that gives the public key', (_kind, text, command) => {
    const message = expect.stringContaining(`${command}'${file}' `);
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'mc:cli:usage', message }));
  });

  test('that is empty is refused', () => {
    expect(() => read('')).toThrow(`${file} does not hold a public key`);
  });
});
