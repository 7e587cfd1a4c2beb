/** What a runner gets for one attempt: verified package bytes, resolved inputs, workspace files, limits. */
import type { Json, JsonObject } from '../../core/json/canonical-json.ts';
import { classLimits } from '../../core/class-limits.ts';
import { digestJson, type Digest } from '../../core/digest.ts';
import { InvariantError, McError } from '../../core/errors.ts';
import { JsonRecord } from '../../core/json/json-value.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import { resolveReferences } from '../../manifest/reference.ts';
import { checkAgainstSchema } from '../../package/check-schema.ts';
import type { PackageDescriptor } from '../../package/descriptor.ts';
import { loadPackage } from '../../package/load-package.ts';
import type { Deps } from '../../port/deps.ts';
import type { EgressMode } from '../../port/egress-trace.ts';
import type { TaskLimits, TaskSpec } from '../../port/runner.ts';
import type { ExecutionRecord, TaskRecord } from '../execution-record.ts';
import { getTasks } from '../execution-store.ts';
import { workspacePath } from '../admit/input-files.ts';
import { loadJson } from '../stored-json.ts';
import { inputTemplate, type InputTemplate } from './input-template.ts';
import { redact } from './redact.ts';

const mib = 1024 * 1024;
/** Outputs travel in one Lambda payload (6 MB) on the way back. */
const outputBytes = 4 * mib;
const logBytes = 4 * mib;

/** What of a run an attempt needs to know; compensations run the same way with another package and `with`. */
export interface AttemptRequest {
  head: ExecutionRecord;
  task: TaskRecord;
  purpose: 'task' | 'compensation';
  /** The one that the run was pinned to. */
  manifest: Manifest;
}

/** A spec, the digest of its inputs, and what its package says of itself. */
export type BuiltSpec = TaskSpec & { inputsDigest: Digest; descriptor: PackageDescriptor };

/** Builds the spec; throws McError for a package that does not verify and for inputs that do not fit it. */
export async function buildTaskSpec(deps: Deps, request: AttemptRequest, egressMode: EgressMode): Promise<BuiltSpec> {
  const { head, task, purpose, manifest } = request;
  const { tenant } = head;
  const template = inputTemplate(manifest, task.id, purpose);
  const work = workOf(task, purpose);
  const loaded = await loadPackage(deps, tenant, work.digest);
  const { inputs, digest: inputsDigest } = template.constant ?? (await resolveInputs(deps, head, template));
  const issues = checkAgainstSchema(work.digest, 'inputs', loaded.descriptor.inputs, inputs);
  if (issues.length > 0)
    throw new McError('mc:execution:inputs-invalid', `the inputs of task ${task.id} do not fit ${work.uses}`, { issues });
  return {
    tenant,
    executionId: head.id,
    taskId: task.id,
    attempt: purpose === 'task' ? task.attempt : task.compensationAttempt,
    idempotencyKey: `${head.id}/${task.id}${purpose === 'task' ? '' : '/compensation'}`,
    package: { uses: work.uses, digest: work.digest, entry: loaded.entry },
    inputs,
    inputsDigest,
    descriptor: loaded.descriptor,
    // What a file holds cannot be masked by a pointer, so a task that masks gets none.
    files: template.redact.length > 0 || isEmpty(head.files) ? [] : await workspaceFiles(deps, head),
    limits: limitsOf(deps, head, task, purpose),
    egress: task.egress,
    egressMode,
  };
}

interface Work {
  uses: string;
  digest: Digest;
}

function workOf(record: TaskRecord, purpose: AttemptRequest['purpose']): Work {
  if (purpose === 'task') return { uses: record.uses, digest: record.packageDigest };
  if (record.compensateUses === null || record.compensateDigest === null) throw new InvariantError(`task ${record.id} has no compensation`);
  return { uses: record.compensateUses, digest: record.compensateDigest };
}

/** Loads exactly what the references name, then resolves and masks them. */
async function resolveInputs(deps: Deps, head: ExecutionRecord, template: InputTemplate): Promise<{ inputs: JsonObject; digest: Digest }> {
  const outputs = new Map<string, JsonObject>();
  for (const task of await getTasks(deps, head, template.taskIds)) {
    if (task.outputs) outputs.set(task.id, JsonRecord.parse(await loadJson(deps, head.tenant, task.outputs)));
  }
  const given = template.namesInputs ? JsonRecord.parse(await loadJson(deps, head.tenant, head.inputs)) : {};
  const resolved: Json = resolveReferences(template.with, { inputs: given, outputsOf: (taskId) => outputs.get(taskId) });
  const inputs = redact(JsonRecord.parse(resolved), template.redact);
  return { inputs, digest: digestJson(inputs) };
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

async function workspaceFiles(deps: Deps, head: ExecutionRecord): Promise<TaskSpec['files']> {
  return Promise.all(
    Object.entries(head.files).map(async ([input, file]) => {
      const bytes = await deps.blobs.find(head.tenant, 'data', file.digest);
      if (!bytes) throw new McError('mc:file:not-found', `the bytes of input file ${input} are gone`);
      return { path: workspacePath(input, file), bytes };
    }),
  );
}

/** An attempt never outlives its run; a compensation has its own time, because it comes after. */
function limitsOf(deps: Deps, head: ExecutionRecord, task: TaskRecord, purpose: AttemptRequest['purpose']): TaskLimits {
  const untilDeadline = head.deadlineAt - deps.clock.now();
  const { memoryBytes, scratchBytes } = classLimits[task.resourceClass];
  return {
    resourceClass: task.resourceClass,
    timeoutMs: purpose === 'task' ? Math.min(task.timeoutMs, untilDeadline) : task.timeoutMs,
    memoryBytes,
    scratchBytes,
    outputBytes,
    logBytes,
  };
}
