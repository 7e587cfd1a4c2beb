/** A rotation of keys as a row: how far it came, and what each step found. The row is the truth; the state machine only says what to do next. */
import { z } from 'zod';
import { McError } from '../core/errors.ts';
import { idSchema, type Id } from '../core/id.ts';
import type { Deps } from '../port/deps.ts';
import type { Key, WriteOp } from '../port/table.ts';

/** `signer` signs receipts and all else; `data` wraps the data keys that the store encrypts with. */
export const RotationKind = z.enum(['signer', 'data']);
export type RotationKind = z.infer<typeof RotationKind>;

/** In their order; each is reached once, by one conditional write. `abandoned` ends a rotation before the switch, so that whoever is late with a step finds nothing to do. */
const rotationSteps = ['requested', 'created', 'proven', 'attested', 'switched', 'rewrapped', 'verified', 'finished', 'abandoned'] as const;
export const RotationStep = z.enum(rotationSteps);
export type RotationStep = z.infer<typeof RotationStep>;

/** A key in a rotation: a wrapping key has no public half. */
export const RotatedKey = z.object({ keyId: z.string(), handle: z.string(), pem: z.string().nullable() });
export type RotatedKey = z.infer<typeof RotatedKey>;

/** What was verified before the old key was given up. */
export const RotationChecks = z.object({
  logSize: z.int().nonnegative().describe('Entries of the transparency log when it was looked at'),
  sampled: z.int().nonnegative().describe('Statements that were taken from it, evenly, and verified with the published keys'),
  notKept: z.int().nonnegative().describe('Of those, statements that are not kept any more'),
  byKey: z.record(z.string(), z.int().positive()).describe('How many of them each key signed'),
  rewrapped: z.int().nonnegative().describe('Data keys that the new wrapping key wraps; 0 for a signer'),
});
export type RotationChecks = z.infer<typeof RotationChecks>;

export const Rotation = z.object({
  id: idSchema('rot'),
  kind: RotationKind,
  step: RotationStep,
  reason: z.string(),
  startedAt: z.number(),
  /** How long the old key could still be used after the switch. */
  windowMs: z.number(),
  windowEndsAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  oldKey: RotatedKey,
  newKey: RotatedKey.nullable(),
  /** Data keys that the new wrapping key wraps, and where to go on. */
  rewrapped: z.int().nonnegative(),
  cursor: z.string().nullable(),
  checks: RotationChecks.nullable(),
  /** Why the last attempt of a step failed; null since one succeeded. */
  problem: z.string().nullable(),
  /** How often the state machine was started. */
  attempts: z.int().positive(),
});
export type Rotation = z.infer<typeof Rotation>;

/** All rotations of a home, by id and so by time. */
export const rotationsIndex = 'SYS#ROTATIONS';

export function rotationKey(id: Id<'rot'>): Key {
  return { pk: `SYS#ROTATION#${id}`, sk: 'ROTATION' };
}

/** The row that lets one rotation of a kind run at a time. */
export function pendingKey(kind: RotationKind): Key {
  return { pk: 'SYS#ROTATION#PENDING', sk: kind };
}

/** Throws `mc:key:rotation-not-found`. */
export async function getRotation({ table }: Pick<Deps, 'table'>, id: Id<'rot'>): Promise<Rotation> {
  const item = await table.get(rotationKey(id));
  if (!item) throw new McError('mc:key:rotation-not-found', `There is no rotation ${id}.`);
  return Rotation.parse(item);
}

/** The rotation of this kind that is under way. */
export async function findPending({ table }: Pick<Deps, 'table'>, kind: RotationKind): Promise<Rotation | undefined> {
  const item = await table.get(pendingKey(kind));
  return item && getRotation({ table }, idSchema('rot').parse(item['rotationId']));
}

/** Whether the rotation has come to this step, or further. */
export function hasReached({ step }: Rotation, wanted: RotationStep): boolean {
  return rotationSteps.indexOf(step) >= rotationSteps.indexOf(wanted);
}

/**
 * Takes the rotation one step on, together with the other ops, on the condition that it still stands where it was read. Whoever repeats a step that another process
 * took meanwhile gets the rotation as that one left it; throws `mc:store:conflict` when it did not get there.
 */
export async function advance(
  { table }: Pick<Deps, 'table'>,
  rotation: Rotation,
  set: Partial<Rotation> & { step: RotationStep },
  ops: readonly WriteOp[] = [],
): Promise<Rotation> {
  const change = { ...set, problem: null };
  const conditions = [{ kind: 'compare', field: 'step', op: '=', value: rotation.step }] as const;
  const { ok } = await table.write([{ kind: 'update', key: rotationKey(rotation.id), set: change, conditions }, ...ops]);
  if (ok) return { ...rotation, ...change };
  const now = await getRotation({ table }, rotation.id);
  if (hasReached(now, set.step)) return now;
  throw new McError('mc:store:conflict', `The rotation ${rotation.id} is ${now.step} and could not become ${set.step}.`);
}
