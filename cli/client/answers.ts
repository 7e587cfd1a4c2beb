/** Shapes of answers that only exist on the wire; everything else is parsed with the schemas of shared/**. */
import { z } from 'zod';
import { AuditEvent } from '../../shared/audit/audit-event.ts';
import { Digest } from '../../shared/core/digest.ts';
import { Issue } from '../../shared/core/issue.ts';
import { DenyReason } from '../../shared/decision/decision.ts';
import { Execution } from '../../shared/execution/execution.ts';
import { AttemptEgress } from '../../shared/execution/read/get-run-egress.ts';
import { LogRecord } from '../../shared/execution/read/read-logs.ts';
import { Workflow } from '../../shared/manifest/workflow.ts';
import { PublishedKey } from '../../shared/keys/published-keys.ts';
import { PackageRecord } from '../../shared/package/package-record.ts';
import { PackSummary } from '../../shared/policy-catalog/policy-pack.ts';
import { KeyRotation } from '../../shared/rotation/rotation-view.ts';
import { TenantSummary } from '../../shared/tenant-admin/tenant-view.ts';
import { Member } from '../../shared/tenant/tenant.ts';

const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), cursor: z.string().optional() });

export const WorkflowPage = page(Workflow);
export type WorkflowPage = z.infer<typeof WorkflowPage>;

export const ExecutionPage = page(Execution);
export type ExecutionPage = z.infer<typeof ExecutionPage>;

export const PolicyPackPage = page(PackSummary);
export type PolicyPackPage = z.infer<typeof PolicyPackPage>;

export const EgressPage = page(AttemptEgress);
export type EgressPage = z.infer<typeof EgressPage>;

export const PackagePage = page(PackageRecord);
export type PackagePage = z.infer<typeof PackagePage>;

export const LogPage = z.object({ lines: z.array(LogRecord), cursor: z.string().optional(), done: z.boolean() });
export type LogPage = z.infer<typeof LogPage>;

export const UploadedFile = z.object({ digest: Digest, name: z.string(), sizeBytes: z.int().nonnegative() });
export type UploadedFile = z.infer<typeof UploadedFile>;

/** Homes of before 0.3 name neither states nor times. */
export const KeysAnswer = z.object({
  keys: z.array(z.object({ ...PublishedKey.partial().shape, keyId: z.string(), pem: z.string() })),
});
export type KeysAnswer = z.infer<typeof KeysAnswer>;

export const KeyRotationPage = page(KeyRotation);
export type KeyRotationPage = z.infer<typeof KeyRotationPage>;

export const TenantPage = page(TenantSummary);
export type TenantPage = z.infer<typeof TenantPage>;

export const MemberPage = page(Member);
export type MemberPage = z.infer<typeof MemberPage>;

export const AuditEventPage = page(AuditEvent);
export type AuditEventPage = z.infer<typeof AuditEventPage>;

/** One part of a disclosure pack. */
export interface DisclosurePart {
  bytes: Uint8Array<ArrayBuffer>;
  /** How many parts the pack has. */
  parts: number;
}

/** RFC 9457 with our members; loose, because a proxy in between may answer with less. */
export const Problem = z.object({
  type: z.string().optional(),
  title: z.string().optional(),
  status: z.int().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  fix: z.string().optional(),
  instance: z.string().optional(),
  issues: z.array(Issue).optional(),
  deny: z.array(DenyReason).optional(),
  decisionId: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

/** What became of one line of a batch. */
export const BatchAnswer = z.union([
  z.object({ index: z.int(), status: z.int(), execution: Execution, replayed: z.boolean().optional() }),
  z.object({ index: z.int(), status: z.int(), problem: Problem }),
]);
export type BatchAnswer = z.infer<typeof BatchAnswer>;
