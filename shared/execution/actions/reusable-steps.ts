import type { PlannedTask } from '../../plan/plan.ts';
import type { TaskRecord } from '../execution-record.ts';

/**
 * The steps of an ended run whose outputs a retry may use: they succeeded, were not undone, and everything they need is such a step too. Whatever runs
 * again may give other outputs, so what is built on it runs again as well.
 */
export function reusableSteps(tasks: readonly TaskRecord[], mayUse: (task: TaskRecord) => boolean = () => true): TaskRecord[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const known = new Map<string, boolean>();
  const isReusable = (task: TaskRecord): boolean => {
    const earlier = known.get(task.id);
    if (earlier !== undefined) return earlier;
    const stands = task.state === 'succeeded' && task.outputs !== null && task.compensation === 'none' && mayUse(task);
    const answer =
      stands &&
      task.needs.every((id) => {
        const need = byId.get(id);
        return need !== undefined && isReusable(need);
      });
    known.set(task.id, answer);
    return answer;
  };
  return tasks.filter(isReusable);
}

/** Of these, the steps that would run the same bytes again: a tenant may have pushed a package of its own since, under the name and version of one of the catalog. */
export function stepsOfSamePackages(tasks: readonly TaskRecord[], planned: readonly PlannedTask[]): TaskRecord[] {
  const digests = new Map(planned.map(({ id, packageDigest }) => [id, packageDigest]));
  return reusableSteps(tasks, ({ id, packageDigest }) => digests.get(id) === packageDigest);
}
