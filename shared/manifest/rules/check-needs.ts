/** Cross rules about the graph of tasks: unique ids, known needs, no cycle. */
import { cyclesOf, needsGraph } from '../../core/dag.ts';
import type { Issue } from '../../core/issue.ts';
import { toPointer } from '../../core/json/json-pointer.ts';
import { nearestOfFew } from '../../core/nearest-of-few.ts';
import { shownValue } from '../../core/text/shown-value.ts';
import { manifestLimits } from '../manifest.ts';
import type { ManifestOutline, TaskOutline } from './manifest-outline.ts';

/** More do not fit into what is shown of a value. */
const shownIds = 30;

/** Tasks by id; of several with one id the first. */
function tasksById(tasks: readonly TaskOutline[]): Map<string, TaskOutline> {
  const byId = new Map<string, TaskOutline>();
  for (const task of tasks) if (task.id !== undefined && !byId.has(task.id)) byId.set(task.id, task);
  return byId;
}

function checkId(task: TaskOutline, byId: ReadonlyMap<string, TaskOutline>): Issue[] {
  const first = task.id === undefined ? undefined : byId.get(task.id);
  if (task.id === undefined || !first || first === task) return [];
  const message = `the id ${shownValue(task.id)} is already taken by ${toPointer(first.path)}`;
  return [
    {
      code: 'duplicate-id',
      pointer: toPointer([...task.path, 'id']),
      message,
      got: shownValue(task.id),
      allowed: 'an id of its own',
      fix: 'Rename one of the tasks.',
    },
  ];
}

/** What a task may need: its own id, near as it may be to what is written, would be the next mistake. */
function* othersOf(task: TaskOutline, byId: ReadonlyMap<string, TaskOutline>): Generator<string> {
  for (const id of byId.keys()) if (id !== task.id) yield id;
}

/** A hostile manifest has many ids and many needs of none of them, so no list of all is made for each. */
function first(count: number, ids: Iterable<string>): string[] {
  const found: string[] = [];
  for (const id of ids) if (found.push(id) === count) break;
  return found;
}

function checkTaskNeeds(task: TaskOutline, byId: ReadonlyMap<string, TaskOutline>, nearest: ReturnType<typeof nearestOfFew>): Issue[] {
  const seen = new Set<string>();
  return task.needs.flatMap(({ path, id }) => {
    const place = { pointer: toPointer(path), got: shownValue(id) };
    if (seen.has(id))
      return [
        {
          code: 'duplicate-need',
          ...place,
          message: `${shownValue(id)} is needed twice`,
          allowed: 'each task once',
          fix: 'Remove the repetition.',
        },
      ];
    seen.add(id);
    if (id === task.id)
      return [
        { code: 'self-need', ...place, message: `task ${shownValue(id)} needs itself`, allowed: 'ids of other tasks', fix: 'Remove it.' },
      ];
    if (byId.has(id)) return [];
    const suggestion = nearest(id, othersOf(task, byId));
    const shown = shownValue(first(shownIds, othersOf(task, byId)).join(', '));
    const fix = suggestion === undefined ? 'Add the task or remove the need.' : `Did you mean ${suggestion}?`;
    return [
      {
        code: 'unknown-need',
        ...place,
        message: `there is no task ${shownValue(id)}`,
        allowed: shown === '' ? 'no need, for want of another task' : `ids of other tasks: ${shown}`,
        fix,
      },
    ];
  });
}

/** Points at the first need beyond the limit, because that is the one to take away. */
function checkFanOut(tasks: readonly TaskOutline[]): Issue[] {
  const counts = new Map<string, number>();
  return tasks.flatMap((task) =>
    task.needs.flatMap(({ path, id }) => {
      const count = (counts.get(id) ?? 0) + 1;
      counts.set(id, count);
      if (count !== manifestLimits.dependents + 1) return [];
      return [
        {
          code: 'too-many-dependents',
          pointer: toPointer(path),
          message: `more than ${manifestLimits.dependents} tasks need ${shownValue(id)}`,
          got: shownValue(id),
          allowed: `at most ${manifestLimits.dependents} tasks that need the same one`,
          fix: 'Put a task between them that some of them need instead.',
        },
      ];
    }),
  );
}

function checkCycles(byId: ReadonlyMap<string, TaskOutline>): Issue[] {
  const graph = needsGraph(Array.from(byId, ([id, task]) => ({ id, needs: task.needs.map((need) => need.id) })));
  return cyclesOf(graph).flatMap((cycle) => {
    const [first, second] = cycle;
    const need = byId.get(first ?? '')?.needs.find(({ id }) => id === second);
    if (!need) return [];
    const way = cycle.map(shownValue).join(' → ');
    const allowed = 'needs without a cycle';
    return [
      {
        code: 'cycle',
        pointer: toPointer(need.path),
        message: `these tasks wait for each other: ${way}`,
        got: way,
        allowed,
        fix: 'Remove one of these needs.',
      },
    ];
  });
}

/** Problems of task ids and needs: duplicates, unknown ids, self-needs, too many dependents, and one issue for each group of tasks that wait for each other. */
export function checkNeeds({ tasks }: ManifestOutline): Issue[] {
  const byId = tasksById(tasks);
  const nearest = nearestOfFew();
  const ofTasks = tasks.flatMap((task) => [...checkId(task, byId), ...checkTaskNeeds(task, byId, nearest)]);
  return [...ofTasks, ...checkCycles(byId), ...checkFanOut(tasks)];
}
