import { readBundleText } from '../../../cli/verify/read-bundle-file.ts';
import { verifyBy } from '../../../cli/verify/signer-trust.ts';
import { hasCode } from '../../../shared/core/errors.ts';
import type { Digest } from '../../../shared/core/digest.ts';
import { trustedAuthorities } from '../../../shared/identity/trusted-authorities.ts';
import { trustedLogs } from '../../../shared/receipt/trusted-logs.ts';
import type { Case } from './scene.ts';

export interface Question {
  bundle: string;
  by: Case['by'];
  root: unknown;
  artifact: Digest;
}

/** What `maestro verify-bundle` says, `ok` or its reason, without the start of a process. */
export async function askMaestro({ bundle, by, root, artifact }: Question): Promise<string> {
  const logs = trustedLogs(root);
  const trust = 'pem' in by ? { keyFile: 'mc.pub', pems: [by.pem], logs } : { identity: by, authorities: trustedAuthorities(root), logs };
  try {
    await verifyBy(trust, readBundleText(bundle, 'the bundle'), { artifact, requireLog: true });
    return 'ok';
  } catch (error) {
    if (hasCode(error, 'mc:receipt:invalid') && error instanceof Error) return error.message;
    throw error;
  }
}
