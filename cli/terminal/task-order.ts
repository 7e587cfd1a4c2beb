import type { TaskView } from '../../shared/execution/execution.ts';

/** Tasks after everything they need, otherwise in the order they came; the home answers them by id. */
export function inTaskOrder(tasks: readonly TaskView[]): TaskView[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const depths = new Map<string, number>();
  const depthOf = (task: TaskView): number => {
    const known = depths.get(task.id);
    if (known !== undefined) return known;
    depths.set(task.id, 0); // Published manifests have no cycles; should an answer have one, this ends it.
    const needs = task.needs.map((need) => byId.get(need)).filter((need) => need !== undefined);
    const depth = Math.max(-1, ...needs.map(depthOf)) + 1;
    depths.set(task.id, depth);
    return depth;
  };
  return tasks.toSorted((a, b) => depthOf(a) - depthOf(b));
}
