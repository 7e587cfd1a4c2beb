import { z } from 'zod';

/** What scripts/test-cloud.ts tells the suites about the home it deployed. */
export const cloud = z
  .object({
    MC_URL: z.url(),
    MC_TOKEN: z.string(),
    MC_TABLE: z.string(),
    MC_BLOB_BUCKET: z.string(),
    MC_SIGNING_KEY_ARN: z.string(),
    MC_STATE_MACHINE_ARN: z.string(),
  })
  .parse(process.env);
