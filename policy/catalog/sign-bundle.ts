/** Signs a bundle as `opa build --signing-alg ES256` does: one JWS over the hashes of its files, put beside them. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { CompactSign } from 'jose';
import { pack } from 'tar-stream';
import { McError } from '../../shared/core/errors.ts';
import { keyIdOf } from '../../shared/receipt/key-id.ts';
import { signedFileHash } from '../engine/signed-file-hash.ts';
import { untar } from '../engine/untar.ts';
import { signaturesFile } from '../engine/verify-signatures.ts';

interface SigningKey {
  key: KeyObject;
  keyId: string;
}

function readKey(pem: string): SigningKey {
  try {
    const key = createPrivateKey(pem);
    return { key, keyId: keyIdOf(createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString()) };
  } catch (cause) {
    throw new McError('mc:key:unreadable', 'The signing key is no private ECDSA P-256 key in PEM.', { cause });
  }
}

async function archiveOf(files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, bytes] of files) tar.entry({ name: `/${name}`, mode: 0o644, mtime: new Date(0) }, Buffer.from(bytes));
  tar.finalize();
  return gzipSync(await buffer(tar));
}

/** The same bundle with one signature of this key in place of any it had; its other files stay as they are. Throws `mc:key:unreadable`. */
export async function signBundle(archive: Uint8Array, privateKeyPem: string): Promise<{ archive: Uint8Array; keyId: string }> {
  const { key, keyId } = readKey(privateKeyPem);
  const files = await untar(archive);
  files.delete(signaturesFile);
  const algorithm = 'SHA-256';
  const signed = [...files].map(([name, bytes]) => ({ name, hash: signedFileHash(name, bytes, algorithm), algorithm }));
  const payload = Buffer.from(JSON.stringify({ files: signed, keyid: keyId }));
  const token = await new CompactSign(payload).setProtectedHeader({ alg: 'ES256', kid: keyId }).sign(key);
  files.set(signaturesFile, Buffer.from(JSON.stringify({ signatures: [token], plugin: '_default' })));
  return { archive: await archiveOf(files), keyId };
}

/** Tells whether two bundles hold the same rules, data and module, whoever signed them and however they are compressed. */
export async function holdSameFiles(one: Uint8Array, other: Uint8Array): Promise<boolean> {
  const [ours, theirs] = await Promise.all([untar(one), untar(other)]);
  ours.delete(signaturesFile);
  theirs.delete(signaturesFile);
  return (
    ours.size === theirs.size &&
    [...ours].every(([name, bytes]) => Buffer.from(bytes).equals(theirs.get(name) ?? Buffer.of()) && theirs.has(name))
  );
}
