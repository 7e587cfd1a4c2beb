import { z } from 'zod';
import type { TestedSubject } from '../e2e/tested-home.ts';

/** What scripts/test-cloud.ts tells the suites about the home it deployed. */
export const cloud = z
  .object({
    MC_URL: z.url(),
    /** Of an admin of the tenant that owns the home. */
    MC_TOKEN: z.string(),
    MC_ISSUER_URL: z.url(),
    MC_TABLE: z.string(),
    MC_BLOB_BUCKET: z.string(),
    MC_STORAGE_KEY_ARN: z.string(),
    MC_ENVELOPE_KEY_ALIAS: z.string(),
    MC_SIGNING_KEY_ALIAS: z.string(),
    MC_LOG_KEY_ARN: z.string(),
    MC_STATE_MACHINE_ARN: z.string(),
  })
  .parse(process.env);

/** A token of the issuer on loopback, whose key lives in the process of scripts/test-cloud.ts. */
export async function tokenFor(subject: TestedSubject): Promise<string> {
  const response = await fetch(`${cloud.MC_ISSUER_URL}/token`, { method: 'POST', body: JSON.stringify(subject) });
  if (!response.ok) throw new Error(`the issuer answers ${response.status}`);
  return response.text();
}
