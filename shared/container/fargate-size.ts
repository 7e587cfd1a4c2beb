import type { ResourceClass } from '../core/resource-class.ts';
import { containerSize } from './container-walls.ts';

const gibibyte = 1024 ** 3;

/**
 * Sizes of a task that Fargate sells, by processors: from, to and in steps of so many GiB (Amazon ECS Developer Guide, "Task definition parameters for Fargate",
 * task size; only rows that our classes can reach).
 */
const sold: readonly { processors: number; fromGib: number; toGib: number; stepGib: number }[] = [
  { processors: 1, fromGib: 2, toGib: 8, stepGib: 1 },
  { processors: 2, fromGib: 4, toGib: 16, stepGib: 1 },
  { processors: 4, fromGib: 8, toGib: 30, stepGib: 1 },
];

/** A task size in ECS' own units: 1,024 to a processor, and MiB. */
export interface FargateSize {
  cpu: number;
  memoryMib: number;
}

/** The smallest size on sale that holds a container of this class. Its processors are those of the class; its memory is more, so the container has a limit of its own. */
export function fargateSize(resourceClass: ResourceClass): FargateSize {
  const { processors, memoryBytes } = containerSize(resourceClass);
  const wantedGib = memoryBytes / gibibyte;
  const row = sold.find((size) => size.processors >= processors && size.toGib >= wantedGib);
  if (!row) throw new RangeError(`Fargate sells no task with ${processors} processors and ${wantedGib} GiB`);
  const steps = Math.max(0, Math.ceil((wantedGib - row.fromGib) / row.stepGib));
  return { cpu: row.processors * 1_024, memoryMib: (row.fromGib + steps * row.stepGib) * 1_024 };
}
