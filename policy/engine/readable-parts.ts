import { z } from 'zod';
import { PolicyInput } from '../../shared/port/policy-engine.ts';

/** Parts of a part can be told apart only where the part is always an object; `task`, `placement` and `write` may be null. */
function partsOf([name, schema]: [string, z.ZodType]): string[] {
  return schema instanceof z.ZodObject ? [name, ...Object.keys(schema.shape).map((field) => `${name}.${field}`)] : [name];
}

/** Every part of the policy input that a pack may ask to see, at most two names deep: `actor`, `tenant.quota`, `workflow.tasks`. */
export const readableParts: readonly string[] = Object.entries(PolicyInput.shape).flatMap(partsOf);

/** The parts that are the whole input. */
export const everyPart: readonly string[] = Object.keys(PolicyInput.shape);
