import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import type { TenantId } from '../core/tenant-id.ts';
import type { Key } from '../port/table.ts';

/** Value of an input of type `file`: an uploaded file and the name it has in the task's workspace. */
export const FileRef = z.strictObject({ digest: Digest, name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/) });
export type FileRef = z.infer<typeof FileRef>;

/** The partition of what a tenant uploaded. */
export function filePk(tenant: TenantId): string {
  return `T#${tenant}#FILE`;
}

/** Where it is kept that a tenant uploaded a file, and how large it is. */
export function fileKey(tenant: TenantId, digest: Digest): Key {
  return { pk: filePk(tenant), sk: digest };
}
