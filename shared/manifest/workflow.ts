import { z } from 'zod';
import { Digest } from '../core/digest.ts';
import { idSchema } from '../core/id.ts';
import { Manifest } from './manifest.ts';

/** One version of a workflow: a draft that may still be replaced, or a published snapshot that never changes. */
export const Workflow = z
  .strictObject({
    id: idSchema('wf').describe('Id of this version'),
    name: z.string(),
    version: z.string(),
    state: z.enum(['draft', 'published']),
    digest: Digest.describe('SHA-256 over the canonical JSON (RFC 8785) of the manifest'),
    manifest: Manifest,
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    publishedAt: z.iso.datetime().nullable(),
    releaseId: idSchema('rel').nullable().describe('The signed release statement of a published version'),
  })
  .meta({ id: 'Workflow' });
export type Workflow = z.infer<typeof Workflow>;

/** How callers name a workflow: its id, `name` (newest published version) or `name@version`. */
export const WorkflowRef = z.string().min(3).max(160).describe('`wf_…`, `name` (newest published version) or `name@version`');
export type WorkflowRef = z.infer<typeof WorkflowRef>;
