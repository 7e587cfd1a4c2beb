/** Whom a sigstore trusted root trusts, beside logs: who issues certificates, who tells the time, and who promises to log certificates. */
import { createPublicKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { McError } from '../core/errors.ts';
import type { Period } from '../core/time/period.ts';
import { periodOf, ValidFor } from '../receipt/valid-for.ts';
import type { PromiseKey } from './promise.ts';
import { promiserId } from '../receipt/promiser-id.ts';

/** The certificates of an authority: those between its leaf, if it has one, and its root, which is the last. */
export interface TrustedChain {
  chain: readonly X509Certificate[];
  trusted: Period;
}

export interface TrustedAuthorities {
  certificates: readonly TrustedChain[];
  timestamps: readonly TrustedChain[];
  promises: readonly (PromiseKey & { trusted: Period })[];
}

const maxAuthorities = 64;
const maxChain = 8;
const maxDerCharacters = 32_768;

const RawBytes = z.base64().min(1).max(maxDerCharacters);
const Authority = z.looseObject({
  certChain: z.looseObject({
    certificates: z
      .array(z.looseObject({ rawBytes: RawBytes }))
      .min(1)
      .max(maxChain),
  }),
  validFor: ValidFor.optional(),
});
const Ctlog = z.looseObject({
  publicKey: z.looseObject({ rawBytes: RawBytes, keyDetails: z.string(), validFor: ValidFor.optional() }),
  logId: z.looseObject({ keyId: z.base64() }),
});
const Authorities = z.looseObject({
  certificateAuthorities: z.array(Authority).max(maxAuthorities).default([]),
  timestampAuthorities: z.array(Authority).max(maxAuthorities).default([]),
  ctlogs: z.array(Ctlog).max(maxAuthorities).default([]),
});

/** The authorities of a trusted root. Throws `mc:cli:usage` for a document whose authorities cannot be read. */
export function trustedAuthorities(value: unknown): TrustedAuthorities {
  const parsed = Authorities.safeParse(value);
  if (!parsed.success) throw unreadable('its authorities are not well formed');
  const { certificateAuthorities, timestampAuthorities, ctlogs } = parsed.data;
  return {
    certificates: certificateAuthorities.map(readChain),
    timestamps: timestampAuthorities.map(readChain),
    // Keys of other kinds are of other logs, which did not promise anything about our certificates.
    promises: ctlogs.filter(({ publicKey }) => publicKey.keyDetails === 'PKIX_ECDSA_P256_SHA_256').map(readPromiser),
  };
}

function readChain({ certChain, validFor }: z.infer<typeof Authority>): TrustedChain {
  try {
    const chain = certChain.certificates.map(({ rawBytes }) => new X509Certificate(Buffer.from(rawBytes, 'base64')));
    return { chain, trusted: periodOf(validFor) };
  } catch (cause) {
    throw unreadable('a certificate in it is none', cause);
  }
}

function readPromiser({ publicKey, logId }: z.infer<typeof Ctlog>): PromiseKey & { trusted: Period } {
  const spki = Buffer.from(publicKey.rawBytes, 'base64');
  const id = promiserId(spki);
  if (id.toString('base64') !== logId.keyId) throw unreadable('it calls a log of certificates by an id that is not that of its key');
  try {
    return { id, key: createPublicKey({ key: spki, format: 'der', type: 'spki' }), trusted: periodOf(publicKey.validFor) };
  } catch (cause) {
    throw unreadable('the key of a log of certificates is none', cause);
  }
}

/** How long a certificate is valid. */
export function validityOf(certificate: X509Certificate): Period {
  return { from: certificate.validFromDate.getTime(), to: certificate.validToDate.getTime() };
}

function unreadable(why: string, cause?: unknown): McError {
  return new McError('mc:cli:usage', `The trusted root cannot be read: ${why}.`, { cause });
}
