/**
 * What can be read from a value that may not be a valid manifest yet, so that the cross rules can speak about a manifest that also has
 * schema problems. Whatever has the wrong type is left out here: the schema reports it.
 */
import { manifestLimits } from '../manifest.ts';

type Path = readonly PropertyKey[];
type Fields = Readonly<Record<string, unknown>>;

/** A task as far as it can be read. */
export interface TaskOutline {
  path: Path;
  id: string | undefined;
  needs: readonly { path: Path; id: string }[];
  fields: Fields;
  compensate: Fields | undefined;
}

/** A manifest as far as it can be read. */
export interface ManifestOutline {
  fields: Fields;
  inputs: ReadonlyMap<string, Fields>;
  tasks: readonly TaskOutline[];
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function taskOutline(value: unknown, index: number): TaskOutline[] {
  const fields = fieldsOf(value);
  if (!fields) return [];
  const path = ['tasks', index];
  const needs = listOf(fields['needs']).flatMap((id, at) => (typeof id === 'string' ? [{ path: [...path, 'needs', at], id }] : []));
  return [
    { path, id: typeof fields['id'] === 'string' ? fields['id'] : undefined, needs, fields, compensate: fieldsOf(fields['compensate']) },
  ];
}

/** The outline of any value; of a list of tasks over the limit only as many as are allowed, since the rules below cost their square. */
export function outlineManifest(value: unknown): ManifestOutline {
  const fields = fieldsOf(value) ?? {};
  const inputs = Object.entries(fieldsOf(fields['inputs']) ?? {}).flatMap(([name, declaration]) => {
    const declared = fieldsOf(declaration);
    return declared ? [[name, declared] as const] : [];
  });
  const tasks = listOf(fields['tasks']).slice(0, manifestLimits.tasks).flatMap(taskOutline);
  return { fields, inputs: new Map(inputs), tasks };
}
