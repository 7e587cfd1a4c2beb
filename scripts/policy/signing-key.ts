/**
 * The key that signs the shipped packs: the file named by MC_POLICY_SIGNING_KEY (a P-256 private key in PEM), or one made for this build and
 * thrown away after it, so that nobody can sign anything else with it.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SigningKey {
  /** The file of the private key, for OPA. */
  path: string;
  /** The public key, SubjectPublicKeyInfo in PEM. */
  pem: string;
  /** Destroys a key that was made for this build. */
  [Symbol.dispose](): void;
}

function publicKeyOf(path: string): string {
  const key = createPublicKey(readFileSync(path));
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error(`${path} holds no P-256 key, which is what ES256 signs with`);
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

/** The key for this build. */
export function openSigningKey(): SigningKey {
  const named = process.env['MC_POLICY_SIGNING_KEY'];
  if (named) return { path: named, pem: publicKeyOf(named), [Symbol.dispose]: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'mc-policy-key-'));
  const path = join(folder, 'key.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // OPA reads the older form of EC keys.
  writeFileSync(path, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  return { path, pem: publicKeyOf(path), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
