/**
 * Workflow manifest v1: what a team writes and publishes. The schema here is the only definition;
 * the published JSON Schema is generated from it. Rules that need more than one value live in validate-manifest.ts.
 */
import { z } from 'zod';
import { Duration } from '../core/time/duration.ts';
import { Egress, EgressRule } from '../package/egress.ts';
import { PackageRef } from '../package/package-ref.ts';
import { ResourceClass } from '../core/resource-class.ts';

// Words of packages that a manifest speaks too.
export { Egress, EgressRule, PackageRef, ResourceClass };

/** Limits of a manifest, each with its reason. */
export const manifestLimits = {
  /** A manifest is read by people; data belongs into input files. Also keeps the snapshot under DynamoDB's 400 KB item. */
  bytes: 256 * 1024,
  /** Every task may become one subject of the receipt, and cosign accepts 1,024 subjects. */
  tasks: 500,
  /** Fan-in of one task. */
  needs: 50,
  /** Fan-out of one task: its completion releases all of them in one transaction, which DynamoDB limits to 100 writes. */
  dependents: 90,
  /** Levels, of which the manifest is the first; it stands in an item of the table, which has no more. Deeper input is an attack on recursive readers, not data. */
  depth: 32,
  /** Characters of the JSON Pointer to a value: what looks at all values, or tells what is wrong with them, names each of them by its pointer. */
  pathCharacters: 1_024,
  /** Declared inputs. */
  inputs: 100,
  /** Masked values of one task. */
  redactions: 50,
  /** Longest attempt of a task: under the 12 h of an SQS message in flight, with room for a restart. */
  taskTimeout: '1h',
  /** Longest run; packages, keys and policies of its start still hold when it is sealed. */
  runTimeout: '24h',
} as const;

export const Region = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{1,31}$/, 'a letter, then 1 to 31 letters, digits or -, such as EU or us-east-1')
  .describe('Where the data may be processed: a legal region such as US or EU, or a cloud region such as us-east-1');

export const TaskId = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/, 'a letter, then up to 63 letters, digits, _ or -');

const With = z
  .record(z.string(), z.json())
  .describe('Inputs of the package; strings may hold ${{ inputs.x }} and ${{ tasks.id.outputs.y }}');

export const Compensation = z
  .strictObject({ uses: PackageRef, with: With.optional() })
  .describe('What undoes the task when the run fails later on');

export const InputDeclaration = z.strictObject({
  type: z
    .enum(['string', 'number', 'integer', 'boolean', 'object', 'array', 'file'])
    .describe('`file` takes the digest of an uploaded file'),
  description: z.string().max(1_000).optional(),
  required: z.boolean().optional().describe('Default true, unless there is a default'),
  default: z.json().optional(),
});
export type InputDeclaration = z.infer<typeof InputDeclaration>;

export const Task = z.strictObject({
  id: TaskId,
  uses: PackageRef,
  with: With.optional(),
  needs: z.array(TaskId).max(manifestLimits.needs).optional().describe('Tasks that must succeed first'),
  retries: z.int().min(0).max(10).optional().describe('Further attempts after a failed one; default 0'),
  timeout: Duration.optional().describe('Wall-clock limit of one attempt; default is the package’s, at most 1h'),
  resourceClass: ResourceClass.optional(),
  region: Region.optional(),
  egress: Egress.optional(),
  redact: z
    .array(z.string().regex(/^(\/[^/~]*(~[01][^/~]*)*)+$/, 'a JSON Pointer into `with`'))
    .min(1)
    .max(manifestLimits.redactions)
    .optional()
    .describe('JSON Pointers into `with`: values the package gets masked; such a task gets no input files either'),
  compensate: Compensation.optional(),
});
export type Task = z.infer<typeof Task>;

export const Manifest = z
  .strictObject({
    name: z.string().regex(/^[a-zA-Z0-9_-]{3,64}$/, '3 to 64 letters, digits, - or _'),
    version: z.string().regex(/^\d+\.\d+\.\d+(-[a-z0-9.]+)?$/, 'MAJOR.MINOR.PATCH, with an optional -prerelease'),
    description: z.string().max(2_000).optional(),
    inputs: z.record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/), InputDeclaration).optional(),
    region: Region.optional().describe('Default: the region of the home that runs it'),
    resourceClass: ResourceClass.optional().describe('Default for every task; small when absent'),
    timeout: Duration.optional().describe('Wall-clock limit of the whole run; default 1h, at most 24h'),
    dataClass: z
      .enum(['public', 'internal', 'confidential', 'pii'])
      .optional()
      .describe('Most sensitive data the run touches; default internal'),
    exportTag: z
      .string()
      .regex(/^[A-Z0-9-]{1,16}$/)
      .optional()
      .describe('Export control tag, such as EAR99 or ITAR'),
    tasks: z.array(Task).min(1).max(manifestLimits.tasks),
    outputs: z
      .record(z.string().regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/), z.json())
      .optional()
      .describe('Results of the run, from task outputs'),
  })
  .meta({ id: 'Manifest', title: 'Maestro Conductor workflow manifest v1' });
export type Manifest = z.infer<typeof Manifest>;
