/** Files that come with a run: uploaded once, addressed by digest, laid read-only into the workspace of its tasks. */
import { z } from 'zod';
import { auditOp } from '../../audit/audit-event.ts';
import type { JsonObject } from '../../core/json/canonical-json.ts';
import { Digest } from '../../core/digest.ts';
import { McError } from '../../core/errors.ts';
import type { Issue } from '../../core/issue.ts';
import { toPointer } from '../../core/json/json-pointer.ts';
import type { TenantId } from '../../core/tenant-id.ts';
import { fileKey } from '../../manifest/file-ref.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import { isoTime } from '../../port/clock.ts';
import type { Deps } from '../../port/deps.ts';
import type { Actor } from '../../tenant/actor.ts';
import { FileRef } from '../execution.ts';

/** Lambda takes 6 MB a request, base64 included; API Gateway hands bodies over as base64. */
export const maxFileBytes = 4 * 1024 * 1024;

/** An uploaded file as the API answers it. */
export const UploadedFile = z
  .strictObject({ digest: Digest, name: FileRef.shape.name, sizeBytes: z.int().nonnegative() })
  .meta({ id: 'UploadedFile' });
export type UploadedFile = z.infer<typeof UploadedFile>;

/** Stores a file of the tenant; the same bytes again change nothing. */
export async function uploadFile(deps: Deps, actor: Actor, file: { name: string; bytes: Uint8Array }): Promise<UploadedFile> {
  const sizeBytes = file.bytes.byteLength;
  if (sizeBytes > maxFileBytes)
    throw new McError('mc:request:too-large', `the file has ${sizeBytes} bytes; at most ${maxFileBytes} are allowed`);
  const digest = await deps.blobs.put(actor.tenant, 'data', file.bytes);
  const item = { ...fileKey(actor.tenant, digest), sizeBytes, uploadedBy: actor.sub, uploadedAt: isoTime(deps.clock.now()) };
  const audit = auditOp(deps, actor.tenant, actor, {
    type: 'mc.file.upload',
    subject: digest,
    reason: 'the file was uploaded',
    details: { name: file.name, sizeBytes },
  });
  // It fails on its condition for bytes that are there already; who brought them first stays as it is.
  await deps.table.write([{ kind: 'put', item, conditions: [{ kind: 'absent' }] }, audit]);
  return { digest, name: file.name, sizeBytes };
}

/** The files that the inputs name, by input; throws `mc:execution:inputs-invalid` for every one that this tenant did not upload. */
export async function requireFiles(
  deps: Pick<Deps, 'table'>,
  tenant: TenantId,
  manifest: Manifest,
  inputs: JsonObject,
): Promise<Record<string, FileRef>> {
  const names = Object.entries(manifest.inputs ?? {}).flatMap(([name, { type }]) =>
    type === 'file' && Object.hasOwn(inputs, name) && inputs[name] !== null ? [name] : [],
  );
  if (names.length === 0) return {};
  const files = Object.fromEntries(names.map((name) => [name, FileRef.parse(pick(inputs[name]))]));
  await requireUploads(deps, tenant, files);
  return files;
}

/** Throws `mc:execution:inputs-invalid` for every file, by input, that this tenant did not upload or that was purged since. */
export async function requireUploads(deps: Pick<Deps, 'table'>, tenant: TenantId, refs: Record<string, FileRef>): Promise<void> {
  const files = Object.entries(refs);
  if (files.length === 0) return;
  const items = await deps.table.getMany(files.map(([, ref]) => fileKey(tenant, ref.digest)));
  const issues = files.flatMap(([name, ref], index): Issue[] => (items[index] ? [] : [missing(name, ref)]));
  if (issues.length > 0) throw new McError('mc:execution:inputs-invalid', 'an input names a file that was not uploaded', { issues });
}

/** Inputs of type `file` also carry the path, which is ours. */
function pick(value: unknown): unknown {
  const { digest, name } = z.object({ digest: z.unknown(), name: z.unknown() }).parse(value);
  return { digest, name };
}

function missing(name: string, { digest }: FileRef): Issue {
  return {
    code: 'unknown-file',
    pointer: toPointer(['inputs', name, 'digest']),
    message: `there is no uploaded file ${digest}`,
    got: digest,
    allowed: 'the digest that POST /api/files answered',
    fix: 'upload the file first; `maestro run -i name=@FILE` does it for you',
  };
}

/** Path of an input file inside the workspace. */
export function workspacePath(input: string, { name }: FileRef): string {
  return `${input}/${name}`;
}
