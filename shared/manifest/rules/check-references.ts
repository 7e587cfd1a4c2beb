/** Cross rules about references: well formed, to declared inputs, and only to tasks that are sure to have succeeded by then. */
import { ancestorsOf, needsGraph } from '../../core/dag.ts';
import type { Issue } from '../../core/issue.ts';
import { nearestOfFew } from '../../core/nearest-of-few.ts';
import { shownValue } from '../../core/text/shown-value.ts';
import type { ManifestOutline, TaskOutline } from './manifest-outline.ts';
import { collectReferences, type FoundReference } from '../reference.ts';

/** From where a value may take outputs. */
interface Place {
  found: readonly FoundReference[];
  /** Why outputs of this task, which exists, can not be had here; undefined when it has succeeded before the value is resolved. */
  objection(taskId: string): { message: string; fix: string } | undefined;
}

/** What references can name, and who suggests what was meant. */
interface Named {
  inputs: ManifestOutline['inputs'];
  taskIds: ReadonlySet<string>;
  nearest: ReturnType<typeof nearestOfFew>;
}

function inputIssue(found: FoundReference, name: string, part: string | undefined, { inputs, nearest }: Named): Issue[] {
  const place = { pointer: found.pointer, got: shownValue(found.text) };
  const declaration = inputs.get(name);
  if (!declaration) {
    const suggestion = nearest(name, inputs.keys());
    const fix = suggestion === undefined ? `Declare it under inputs.` : `Did you mean ${suggestion}?`;
    return [{ code: 'unknown-input', ...place, message: `the input ${name} is not declared`, allowed: 'declared inputs', fix }];
  }
  if (part === undefined || declaration['type'] === 'file') return [];
  const message = `the input ${name} is no file, so it has no ${part}`;
  return [
    {
      code: 'reference',
      ...place,
      message,
      allowed: `\${{ inputs.${name} }}`,
      fix: `Use \${{ inputs.${name} }}, or declare the input as a file.`,
    },
  ];
}

function outputIssue(found: FoundReference, taskId: string, place: Place, { taskIds, nearest }: Named): Issue[] {
  const where = { pointer: found.pointer, got: shownValue(found.text) };
  if (!taskIds.has(taskId)) {
    const suggestion = nearest(taskId, taskIds);
    const fix = suggestion === undefined ? 'Correct the id.' : `Did you mean ${suggestion}?`;
    return [{ code: 'unknown-task', ...where, message: `there is no task ${taskId}`, allowed: 'the id of a task of this manifest', fix }];
  }
  const objection = place.objection(taskId);
  if (!objection) return [];
  return [{ code: 'not-needed', ...where, ...objection, allowed: 'outputs of tasks that this one needs, directly or through others' }];
}

function placeIssues(place: Place, named: Named): Issue[] {
  return place.found.flatMap((found) => {
    const { reference } = found;
    if (reference?.kind === 'input') return inputIssue(found, reference.name, reference.part, named);
    if (reference?.kind === 'output') return outputIssue(found, reference.taskId, place, named);
    return [
      {
        code: 'reference',
        pointer: found.pointer,
        message: `${shownValue(found.text)} is not a reference`,
        got: shownValue(found.text),
        allowed: '${{ inputs.<name> }}, ${{ inputs.<file>.name|path|digest }} or ${{ tasks.<id>.outputs.<field> }}',
        fix: found.text.endsWith('}}') ? 'Correct what stands between the braces.' : 'Close it with }}.',
      },
    ];
  });
}

function placesOfTask(task: TaskOutline, needed: () => ReadonlySet<string>): Place[] {
  const notNeeded = (id: string): { message: string; fix: string } | undefined =>
    needed().has(id)
      ? undefined
      : { message: `task ${shownValue(task.id)} does not need ${id}, which may not have run by then`, fix: `Add ${id} to its needs.` };
  const own = { message: 'a task can not use its own outputs as inputs', fix: 'Move the reference to another task.' };
  return [
    { found: collectReferences(task.fields['with'], [...task.path, 'with']), objection: (id) => (id === task.id ? own : notNeeded(id)) },
    // A compensation undoes what its own task did, so it may also use that task's outputs.
    {
      found: collectReferences(task.compensate?.['with'], [...task.path, 'compensate', 'with']),
      objection: (id) => (id === task.id ? undefined : notNeeded(id)),
    },
  ];
}

/** Problems of every reference in `with`, `compensate.with` and the outputs of the run. */
export function checkReferences({ fields, inputs, tasks }: ManifestOutline): Issue[] {
  const withId = tasks.flatMap(({ id, needs }) => (id === undefined ? [] : [{ id, needs: needs.map((need) => need.id) }]));
  const graph = needsGraph(withId);
  const taskIds = new Set(graph.keys());
  const places = tasks.flatMap((task) => {
    let needed: ReadonlySet<string> | undefined;
    return placesOfTask(task, () => (needed ??= ancestorsOf(graph, task.id ?? '')));
  });
  // Outputs of the run are resolved when every task has succeeded.
  places.push({ found: collectReferences(fields['outputs'], ['outputs']), objection: () => undefined });
  const named = { inputs, taskIds, nearest: nearestOfFew() };
  return places.flatMap((place) => placeIssues(place, named));
}
