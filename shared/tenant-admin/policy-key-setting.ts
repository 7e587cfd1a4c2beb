/** Public keys that may sign the packs of a tenant, as people hand them in: PEM of ECDSA P-256, each once. A private key is refused, never stored. */
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { keyIdOf } from '../receipt/key-id.ts';
import { tenantLimits, type PolicyKey } from '../tenant/tenant.ts';

const allowed = 'a PEM block BEGIN PUBLIC KEY with an ECDSA P-256 key';
const fix = 'Make one with `openssl ecparam -name prime256v1 -genkey -noout` and give its public part: `openssl ec -pubout`.';

/** A P-256 key in PEM has 178 characters; the rest is room for line ends and comments. */
const maxPemCharacters = 1_000;

const privateFix = 'Keep it to yourself and give its public part: `openssl ec -in KEY.pem -pubout`.';

/** The key, or undefined when the text holds none that can verify a bundle. Node would take a private key and derive its public part. */
function readKey(text: string): PolicyKey | undefined {
  const pem = text.trim();
  if (pem.length > maxPemCharacters) return undefined;
  if (!/^-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----$/.test(pem)) return undefined;
  try {
    const spki = createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
    return { keyId: keyIdOf(spki), pem: spki };
  } catch {
    return undefined; // No key at all, or one of another kind: the answer says what is allowed.
  }
}

const PolicyKeySetting = z.string().transform((pem, context): PolicyKey => {
  const key = readKey(pem);
  if (key) return key;
  // What was got is repeated in answers and logs, so a private key is only named.
  const isPrivate = pem.includes('PRIVATE KEY');
  const params = { code: 'invalid-key', allowed, ...(isPrivate ? { got: 'a private key', fix: privateFix } : { fix }) };
  context.addIssue({ code: 'custom', message: 'is not a public key that can verify packs', params });
  return z.NEVER;
});

/** The list that replaces the one before. */
export const PolicyKeysSetting = z
  .array(PolicyKeySetting)
  .max(tenantLimits.policyKeys)
  .superRefine((keys, context) => {
    keys.forEach(({ keyId }, index) => {
      if (keys.findIndex((other) => other.keyId === keyId) === index) return;
      const params = { code: 'repeated', allowed: 'each key once', fix: 'Remove it.' };
      context.addIssue({ code: 'custom', path: [index], message: `is the key ${keyId} again`, params });
    });
  });
