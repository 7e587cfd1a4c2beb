import { z } from 'zod';
import { McError } from '../core/errors.ts';
import type { Period } from '../core/time/period.ts';
import { logIdentity, type LogIdentity } from '../log/log-identity.ts';
import { periodOf, ValidFor } from './valid-for.ts';

const Tlog = z.looseObject({
  baseUrl: z.url(),
  publicKey: z.looseObject({ rawBytes: z.base64(), keyDetails: z.string(), validFor: ValidFor.optional() }),
  logId: z.looseObject({ keyId: z.base64() }),
});

const TrustedRoot = z.looseObject({
  mediaType: z.string().startsWith('application/vnd.dev.sigstore.trustedroot'),
  tlogs: z.array(Tlog).max(64).default([]),
});

/** A log, and when its checkpoints count. */
export interface TrustedLog extends LogIdentity {
  trusted: Period;
}

/**
 * The logs that a sigstore trusted root names, as far as they can be ours: those with an Ed25519 key. Throws `mc:cli:usage` for a document that is no trusted
 * root, or that calls a log by an id which is not that of its key.
 */
export function trustedLogs(value: unknown): TrustedLog[] {
  const parsed = TrustedRoot.safeParse(value);
  if (!parsed.success) throw new McError('mc:cli:usage', 'That is not a sigstore trusted root.');
  const ours = parsed.data.tlogs.filter(({ publicKey }) => publicKey.keyDetails === 'PKIX_ED25519');
  return ours.map(({ baseUrl, publicKey, logId }) => {
    const log = readKey(Buffer.from(publicKey.rawBytes, 'base64'), new URL(baseUrl).host);
    if (log.id.toString('base64') !== logId.keyId)
      throw new McError('mc:cli:usage', `The trusted root calls ${log.origin} by an id that is not that of its key.`);
    return { ...log, trusted: periodOf(publicKey.validFor) };
  });
}

function readKey(der: Buffer, origin: string): LogIdentity {
  try {
    return logIdentity(der, origin);
  } catch (cause) {
    throw new McError('mc:cli:usage', `The trusted root holds no Ed25519 key for the log ${origin}.`, { cause });
  }
}
