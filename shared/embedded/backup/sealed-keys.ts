/** The private keys of a home under a passphrase: scrypt and AES-256-GCM, with everything else in the file authenticated. */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { canonicalJson } from '../../core/json/canonical-json.ts';
import { digestBytes, type Digest } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';

/** The private keys of a home by the name of their file. */
export type KeyFiles = ReadonlyMap<string, Buffer>;

/** OWASP's strongest scrypt setting: 128 MB and about a third of a second a guess. A file cannot ask for another one, and so not for all memory either. */
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 192 * 1024 * 1024 };
const kdf = 'scrypt-131072-8-1';
const cipher = 'aes-256-gcm';
const [saltBytes, nonceBytes, tagBytes, keyBytes] = [16, 12, 16, 32];
/** A passphrase is all that stands between a thief of the backup and the keys. */
const leastPassphrase = 12;
/** A home has some dozen keys of a few hundred bytes. */
export const maxSealedKeysBytes = 4 * 1024 * 1024;

const Sealed = z.strictObject({
  backup: z.string(),
  cipher: z.literal(cipher),
  kdf: z.literal(kdf),
  nonce: z.base64(),
  salt: z.base64(),
  sealed: z.base64(),
});
const Opened = z.record(z.string(), z.base64());

type Derive = (password: string, salt: Buffer, keylen: number, options: typeof cost) => Promise<Buffer>;
const derive: Derive = promisify(scrypt);

/** Seals the keys for this backup; throws `mc:backup:keys` for a passphrase that is too short. */
export async function sealKeys(keys: KeyFiles, { passphrase, backup }: { passphrase: string; backup: string }): Promise<string> {
  if (passphrase.length < leastPassphrase)
    throw new McError('mc:backup:keys', `the passphrase has ${passphrase.length} characters; at least ${leastPassphrase} are needed`);
  const [salt, nonce] = [randomBytes(saltBytes), randomBytes(nonceBytes)];
  const head = { backup, cipher, kdf, nonce: nonce.toString('base64'), salt: salt.toString('base64') } as const;
  const sealing = createCipheriv(cipher, await derive(passphrase, salt, keyBytes, cost), nonce).setAAD(Buffer.from(canonicalJson(head)));
  const plain = JSON.stringify(Object.fromEntries([...keys].map(([name, bytes]) => [name, bytes.toString('base64')])));
  const sealed = Buffer.concat([sealing.update(plain), sealing.final(), sealing.getAuthTag()]);
  return `${JSON.stringify({ ...head, sealed: sealed.toString('base64') })}\n`;
}

/** The keys of this backup; throws `mc:backup:keys` for a wrong passphrase and `mc:backup:invalid` for what is no file of keys of this backup. */
export async function openSealedKeys(text: string, { passphrase, backup }: { passphrase: string; backup: string }): Promise<KeyFiles> {
  const { sealed, ...head } = parsed(text);
  if (head.backup !== backup) throw new McError('mc:backup:invalid', `the keys are those of the backup ${head.backup}`);
  const bytes = Buffer.from(sealed, 'base64');
  const [salt, nonce] = [Buffer.from(head.salt, 'base64'), Buffer.from(head.nonce, 'base64')];
  if (salt.byteLength !== saltBytes || nonce.byteLength !== nonceBytes || bytes.byteLength <= tagBytes)
    throw new McError('mc:backup:invalid', 'the file of keys is not what a backup writes');
  const opening = createDecipheriv(cipher, await derive(passphrase, salt, keyBytes, cost), nonce)
    .setAAD(Buffer.from(canonicalJson(head)))
    .setAuthTag(bytes.subarray(-tagBytes));
  let plain: Buffer;
  try {
    plain = Buffer.concat([opening.update(bytes.subarray(0, -tagBytes)), opening.final()]);
  } catch (cause) {
    throw new McError('mc:backup:keys', 'the passphrase is not the one of this backup, or its file of keys was changed', { cause });
  }
  return new Map(Object.entries(Opened.parse(JSON.parse(plain.toString('utf8')))).map(([name, key]) => [name, Buffer.from(key, 'base64')]));
}

/** Throws `mc:backup:keys` unless these are the keys that the backup was made with. */
export function checkKeys(keys: KeyFiles, wanted: readonly { path: string; digest: Digest }[]): void {
  const wrong = wanted.find(({ path, digest }) => {
    const bytes = keys.get(path);
    return bytes === undefined || digestBytes(bytes) !== digest;
  });
  if (wrong) throw new McError('mc:backup:keys', `the key ${wrong.path} is missing, or is not the one that the home had at the backup`);
  if (keys.size > wanted.length) throw new McError('mc:backup:keys', 'there are more keys than the home had at the backup');
}

function parsed(text: string): z.infer<typeof Sealed> {
  try {
    return Sealed.parse(JSON.parse(text));
  } catch (cause) {
    throw new McError('mc:backup:invalid', 'the file of keys is not what a backup writes', { cause });
  }
}
