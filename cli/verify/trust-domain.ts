import { McError } from '../../shared/core/errors.ts';
import { TrustDomain } from '../../shared/tenant/spiffe-id.ts';

/** A trust domain as an option names it; throws `mc:cli:usage` for what is none. */
export function readTrustDomain(text: string): string {
  if (TrustDomain.safeParse(text).success) return text;
  throw new McError(
    'mc:cli:usage',
    `--trust-domain got ${JSON.stringify(text.slice(0, 80))}; allowed are up to 64 lower-case letters, digits, dots, dashes and underscores.`,
  );
}
