/** Cross rules about the manifest as a whole: its name, version, run timeout and declared inputs. */
import { z } from 'zod';
import { idSchema } from '../../core/id.ts';
import type { Issue } from '../../core/issue.ts';
import { toPointer } from '../../core/json/json-pointer.ts';
import { shownValue } from '../../core/text/shown-value.ts';
import { checkVersion } from '../../package/check-version.ts';
import { checkTimeout } from './check-timeout.ts';
import { fitsInputType, inputTypeWords, isInputType } from '../input-type.ts';
import type { ManifestOutline } from './manifest-outline.ts';
import { manifestLimits } from '../manifest.ts';

const WorkflowId = idSchema('wf');

/** `wf_…` in a reference always is an id, so a name spelt like one could never be found. */
function checkName(name: unknown): Issue[] {
  if (typeof name !== 'string' || !WorkflowId.safeParse(name).success) return [];
  const allowed = 'a name that is not spelt like the id of a workflow';
  return [
    {
      code: 'reserved-name',
      pointer: '/name',
      message: `${name} is spelt like a workflow id`,
      got: name,
      allowed,
      fix: 'Choose a name that does not begin with wf_.',
    },
  ];
}

const JsonValue = z.json();

function checkDefault(name: string, { type, default: value }: Readonly<Record<string, unknown>>): Issue[] {
  const json = JsonValue.safeParse(value);
  if (value === undefined || !isInputType(type) || !json.success || fitsInputType(type, json.data)) return [];
  return [
    {
      code: 'default-type',
      pointer: toPointer(['inputs', name, 'default']),
      message: `the default of ${name} is not ${inputTypeWords[type]}`,
      got: shownValue(value),
      allowed: inputTypeWords[type],
      fix: 'Change the default or the type.',
    },
  ];
}

function checkRequired(name: string, declaration: Readonly<Record<string, unknown>>): Issue[] {
  if (declaration['required'] !== true || declaration['default'] === undefined) return [];
  const pointer = toPointer(['inputs', name, 'required']);
  const message = `${name} is required and has a default, which would never be used`;
  return [{ code: 'required-default', pointer, message, got: 'true', allowed: 'required, or a default', fix: 'Remove one of them.' }];
}

function checkInputCount(count: number): Issue[] {
  if (count <= manifestLimits.inputs) return [];
  const allowed = `at most ${manifestLimits.inputs} inputs`;
  return [
    {
      code: 'too-big',
      pointer: '/inputs',
      message: `${count} inputs are declared`,
      got: String(count),
      allowed,
      fix: 'Gather some of them into one object.',
    },
  ];
}

/** Problems of name, version, run timeout and declared inputs that the schema alone can not see. */
export function checkDeclarations({ fields, inputs }: ManifestOutline): Issue[] {
  return [
    ...checkName(fields['name']),
    ...(typeof fields['version'] === 'string' ? checkVersion(fields['version']) : []),
    ...checkTimeout(fields['timeout'], ['timeout'], { limit: manifestLimits.runTimeout, of: 'a run' }),
    ...checkInputCount(inputs.size),
    ...[...inputs].flatMap(([name, declaration]) => [...checkDefault(name, declaration), ...checkRequired(name, declaration)]),
  ];
}
