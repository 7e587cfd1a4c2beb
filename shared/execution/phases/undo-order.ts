import { depthsOf, needsGraph } from '../../core/dag.ts';
import type { TaskRecord } from '../task-record.ts';

/**
 * The order in which tasks are undone: none before what needed it, and then the newest first. The times are of the clocks of several machines, so of two
 * tasks of which one needed the other they say nothing.
 */
export function inUndoOrder<Task extends Pick<TaskRecord, 'id' | 'needs' | 'completedAt'>>(tasks: readonly Task[]): Task[] {
  const depths = depthsOf(needsGraph(tasks));
  const depthOf = ({ id }: Task): number => depths.get(id) ?? 0;
  return tasks.toSorted((a, b) => depthOf(b) - depthOf(a) || (b.completedAt ?? 0) - (a.completedAt ?? 0));
}
