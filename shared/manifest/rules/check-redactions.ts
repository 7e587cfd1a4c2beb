/** Masks that their author believes in and that mask nothing: a pointer that leads nowhere, and a masked value that is handed over in the open beside it. */
import type { Issue } from '../../core/issue.ts';
import { toPointer } from '../../core/json/json-pointer.ts';
import { shownValue } from '../../core/text/shown-value.ts';
import { manifestLimits } from '../manifest.ts';
import { collectReferences, type FoundReference, type Reference } from '../reference.ts';
import type { ManifestOutline, TaskOutline } from './manifest-outline.ts';

/** One of the two is the other, or lies in it. */
function isOnOneWay(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

function startsAlike(one: readonly string[], other: readonly string[]): boolean {
  return one.every((part, at) => at >= other.length || part === other[at]);
}

/** Whether two references give the same value, or one gives a part of the other's. */
function share(one: Reference, other: Reference): boolean {
  if (one.kind === 'input') return other.kind === 'input' && one.name === other.name && startsAlike(partsOf(one.part), partsOf(other.part));
  return other.kind === 'output' && one.taskId === other.taskId && startsAlike(one.path, other.path);
}

const partsOf = (part: string | undefined): string[] => (part === undefined ? [] : [part]);

function pointersOf({ fields }: TaskOutline): { at: number; pointer: string }[] {
  const given: readonly unknown[] = Array.isArray(fields['redact']) ? fields['redact'] : [];
  // Each is held against all references of the task; the schema reports that there are more.
  return given.slice(0, manifestLimits.redactions).flatMap((pointer, at) => (typeof pointer === 'string' ? [{ at, pointer }] : []));
}

function nothingMasked({ fields, path }: TaskOutline, { at, pointer }: { at: number; pointer: string }): Issue[] {
  const given = typeof fields['with'] === 'object' && fields['with'] !== null ? Object.keys(fields['with']) : [];
  const name = pointer.split('/')[1]?.replaceAll('~1', '/').replaceAll('~0', '~');
  if (name === undefined || given.includes(name)) return [];
  return [
    {
      code: 'redact-nothing',
      pointer: toPointer([...path, 'redact', at]),
      message: `the task has no input ${shownValue(name)} to mask`,
      got: shownValue(pointer),
      allowed: given.map((field) => toPointer([field])).join(', ') || 'nothing, the task has no `with`',
      fix: 'Point into `with`, or remove the entry.',
    },
  ];
}

/** A pack that is told that a task masks its inputs lets it call hosts outside; so what is masked once is masked wherever it stands. */
function alsoInTheOpen(task: TaskOutline, pointers: readonly string[]): Issue[] {
  const references = collectReferences(task.fields['with']);
  const isMasked = ({ pointer }: FoundReference): boolean => pointers.some((masked) => isOnOneWay(masked, pointer));
  const masked = references.filter(isMasked).flatMap(({ reference }) => reference ?? []);
  const open = references.filter((found) => !isMasked(found));
  const leaks = open.filter(({ reference }) => reference && masked.some((other) => share(reference, other)));
  return leaks.map(({ pointer, text }) => ({
    code: 'redact-leak',
    pointer: `${toPointer([...task.path, 'with'])}${pointer}`,
    message: `${text} is masked in another input of the task, and stands here in the open`,
    got: text,
    allowed: 'a value that is masked nowhere in the task, or everywhere',
    fix: `Add ${pointer} to \`redact\`, or remove the value here.`,
  }));
}

/** Problems of the masks of every task. */
export function checkRedactions({ tasks }: ManifestOutline): Issue[] {
  return tasks.flatMap((task) => {
    const pointers = pointersOf(task);
    if (pointers.length === 0) return [];
    const texts = pointers.map(({ pointer }) => pointer);
    return [...pointers.flatMap((one) => nothingMasked(task, one)), ...alsoInTheOpen(task, texts)];
  });
}
