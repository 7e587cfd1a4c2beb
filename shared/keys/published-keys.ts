import { z } from 'zod';
import { isoTime } from '../port/clock.ts';
import type { Deps } from '../port/deps.ts';
import { SignerKeyState } from './signer-key.ts';
import { listSignerKeys } from './signer-keys.ts';

const time = z.iso.datetime().nullable();

/** A public key of the home, as anybody may see it. */
export const PublishedKey = z
  .strictObject({
    keyId: z.string().describe('`SHA256:<base64>` over the OpenSSH form of the key; the `keyid` of signatures'),
    pem: z.string().describe('SubjectPublicKeyInfo in PEM; what `cosign --key` takes'),
    use: z.literal('receipts'),
    state: SignerKeyState.describe(
      '`active` signs; `pending` will, unless its rotation is abandoned; `retiring` did and still can; `retired` did, and its private half is given up',
    ),
    signsFrom: time.describe(
      'From when on it signed; null for a key that has not begun, and for the only key of a home that never rotated',
    ),
    signsUntil: time.describe('From when on another key signs in its place'),
    privateGoneAt: time.describe('From when on its private half is beyond recovery'),
    predecessor: z.string().nullable().describe('The key that vouched for it'),
  })
  .meta({ id: 'PublishedKey' });
export type PublishedKey = z.infer<typeof PublishedKey>;

export const PublishedKeys = z.strictObject({ keys: z.array(PublishedKey) }).meta({ id: 'KeyList' });

/** Every key that statements of this home verify with; the one that signs now is the first. */
export async function publishKeys(deps: Pick<Deps, 'table' | 'signer'>): Promise<PublishedKey[]> {
  const at = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));
  return (await listSignerKeys(deps)).map((key) => {
    const { keyId, pem, state } = key;
    const times =
      'handle' in key
        ? { signsFrom: at(key.signsFrom), signsUntil: at(key.signsUntil), privateGoneAt: at(key.goneAt), predecessor: key.predecessor }
        : { signsFrom: null, signsUntil: null, privateGoneAt: null, predecessor: null };
    return { keyId, pem, use: 'receipts', state, ...times };
  });
}
