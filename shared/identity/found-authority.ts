import { sha256 } from '../core/sha256.ts';
import type { AuthorityKey } from '../port/keys/authority-keys.ts';
import type { Field } from '../port/table.ts';
import { rootExtensions, timestampingExtensions } from './certificate-extensions.ts';
import type { AuthorityDeps } from './home-authority.ts';
import { signCertificate, spkiOf, toBeSigned } from './sign-certificate.ts';

const hourMs = 3_600_000;
/** Receipts are kept for seven years and may be held for longer; who verifies one needs an authority that was valid when it was stamped. */
const lifeMs = 30 * 365 * 24 * hourMs;
/** The clock that founds the home may be ahead, and then go back: as the key of a log, the authorities count from the beginning. */
const notBefore = 0;
/** It may also be years behind, as after the start of a machine that does not keep its time; it was later than this, when the program was made. */
const earliestFounding = Date.UTC(2026, 0, 1);

/** Makes the certificates of the home's authorities. Names follow from the keys, so no two homes share one. */
export async function foundAuthority({ authority, clock }: Pick<AuthorityDeps, 'authority' | 'clock'>): Promise<Record<string, Field>> {
  const spki = async (key: AuthorityKey): Promise<Buffer> => spkiOf((await key.publicKey()).pem);
  const { certificates } = authority;
  const [root, timestamps, promises] = await Promise.all([spki(certificates), spki(authority.timestamps), spki(authority.promises)]);
  const foundedAt = clock.now();
  const validity = { notBefore, notAfter: floorToSecond(Math.max(foundedAt, earliestFounding) + lifeMs) };
  const issuer = nameOf('ca', root);
  const stamper = nameOf('tsa', timestamps);
  const sign = async (subject: string, key: Buffer, extensions: ReturnType<typeof rootExtensions>): Promise<string> => {
    const tbs = toBeSigned({ subject, issuer, spki: key, validity, purpose: subject });
    return (await signCertificate(certificates, tbs, extensions)).toString('base64');
  };
  return {
    foundedAt,
    validity,
    root: { name: issuer, certificate: await sign(issuer, root, rootExtensions(root)) },
    timestamps: { name: stamper, certificate: await sign(stamper, timestamps, timestampingExtensions(timestamps, root)) },
    promises: promises.toString('base64'),
  };
}

function nameOf(role: string, spki: Buffer): string {
  return `mc-${role}-${sha256(spki).toString('hex').slice(0, 16)}`;
}

/** Certificates have no fractions of seconds. */
function floorToSecond(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}
