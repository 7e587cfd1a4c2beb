/**
 * What one attempt asks of a container platform, and what every container of ours has in common (ADR-0018, "On container platforms"). The container is the
 * sandbox there: one attempt each, never used twice.
 */
import { z } from 'zod';
import { idSchema } from '../core/id.ts';
import { ResourceClass, TaskId } from '../manifest/manifest.ts';

/** An image by its digest: a tag can be moved to other code after it was looked at. */
export const ImageRef = z
  .string()
  .max(512)
  .regex(/^[a-z0-9][a-z0-9._:/-]*@sha256:[0-9a-f]{64}$/, 'an image with its digest: registry/name@sha256:<64 hex digits>')
  .brand<'ImageRef'>();
export type ImageRef = z.infer<typeof ImageRef>;

/** One attempt as a container driver gets it. Parsed before anything is built from it: names of it end in manifests and commands. */
export const AttemptContainer = z.strictObject({
  executionId: idSchema('exec'),
  taskId: TaskId,
  attempt: z.int().positive(),
  resourceClass: ResourceClass,
  /** The runner inside ends the task after this long; the platform ends the container a little later. */
  timeoutMs: z.int().positive().max(86_400_000),
  image: ImageRef,
  /** The only address that may be called, by IP because there is no DNS either; null for a task that declares no egress. */
  egressProxy: z.strictObject({ address: z.ipv4(), port: z.int().min(1).max(65_535) }).nullable(),
});
export type AttemptContainer = z.infer<typeof AttemptContainer>;
