import type { Json, JsonObject } from '../core/json/canonical-json.ts';
import type { Issue } from '../core/issue.ts';
import { toPointer } from '../core/json/json-pointer.ts';
import { nearestOfFew } from '../core/nearest-of-few.ts';
import { shownValue } from '../core/text/shown-value.ts';
import { boundedIssues } from '../manifest/bounded-issues.ts';
import { fitsInputType, inputTypeWords } from '../manifest/input-type.ts';
import type { InputDeclaration, Manifest } from '../manifest/manifest.ts';
import { checkShape } from '../manifest/rules/check-shape.ts';

/** The inputs a run starts with, defaults filled in, and everything that keeps them from fitting. */
export interface CheckedInputs {
  inputs: JsonObject;
  issues: Issue[];
}

function checkType(name: string, { type }: InputDeclaration, value: Json): Issue[] {
  if (fitsInputType(type, value)) return [];
  const allowed = inputTypeWords[type];
  return [
    {
      code: 'input-type',
      pointer: toPointer(['inputs', name]),
      message: `${name} is not ${allowed}`,
      got: shownValue(value),
      allowed,
      fix: 'Give a value of the allowed type.',
    },
  ];
}

function missing(name: string, { type, description }: InputDeclaration): Issue {
  const message = `the input ${name} is missing${description === undefined ? '' : ` (${shownValue(description)})`}`;
  return {
    code: 'missing-input',
    pointer: toPointer(['inputs', name]),
    message,
    allowed: inputTypeWords[type],
    fix: `Give it in \`inputs\`; for a single start on the command line: --input ${name}=…`,
  };
}

function unknown(name: string, known: readonly string[], nearest: ReturnType<typeof nearestOfFew>): Issue {
  const suggestion = nearest(name, known);
  const fix = suggestion === undefined ? 'Leave it out.' : `Did you mean ${suggestion}?`;
  return {
    code: 'unknown-input',
    pointer: toPointer(['inputs', name]),
    message: `the workflow has no input ${shownValue(name)}`,
    got: shownValue(name),
    allowed: known.join(', '),
    fix,
  };
}

/** Judges the inputs of a run against the manifest's declarations and fills in defaults; an optional input that was not given stays absent. */
export function checkInputs(manifest: Manifest, given: JsonObject): CheckedInputs {
  const declared = Object.entries(manifest.inputs ?? {});
  const names = declared.map(([name]) => name);
  const inputs: JsonObject = {};
  const issues: Issue[] = checkShape(given, ['inputs']);
  for (const [name, declaration] of declared) {
    const value = Object.hasOwn(given, name) ? given[name] : declaration.default;
    if (value !== undefined) {
      inputs[name] = value;
      issues.push(...checkType(name, declaration, value));
    } else if (declaration.required !== false) issues.push(missing(name, declaration));
  }
  const nearest = nearestOfFew();
  for (const name of Object.keys(given)) if (!names.includes(name)) issues.push(unknown(name, names, nearest));
  return { inputs, issues: boundedIssues(issues) };
}
