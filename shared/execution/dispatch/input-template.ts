/** What a manifest says of the inputs of a task, read once for all runs: it never changes, and what names nothing of a run is the same in every one. */
import type { JsonObject } from '../../core/json/canonical-json.ts';
import { digestJson, type Digest } from '../../core/digest.ts';
import { InvariantError } from '../../core/errors.ts';
import { frozenJson } from '../../core/json/frozen-json.ts';
import { JsonRecord } from '../../core/json/json-value.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import { collectReferences } from '../../manifest/reference.ts';
import { redact } from './redact.ts';

export interface InputTemplate {
  with: JsonObject;
  /** JSON Pointers into the inputs, whose values are masked. */
  redact: readonly string[];
  /** Tasks whose outputs it names. */
  taskIds: readonly string[];
  /** Whether it names inputs of the run. */
  namesInputs: boolean;
  /** The inputs of every attempt, masked, when it names nothing. */
  constant?: { inputs: JsonObject; digest: Digest };
}

const templates = new WeakMap<Manifest, Map<string, InputTemplate>>();

/** The template of a task, or of its compensation, which masks nothing. */
export function inputTemplate(manifest: Manifest, taskId: string, purpose: 'task' | 'compensation'): InputTemplate {
  const ofManifest = templates.get(manifest) ?? new Map<string, InputTemplate>();
  templates.set(manifest, ofManifest);
  const key = `${purpose} ${taskId}`;
  const known = ofManifest.get(key) ?? read(manifest, taskId, purpose);
  ofManifest.set(key, known);
  return known;
}

function read(manifest: Manifest, taskId: string, purpose: 'task' | 'compensation'): InputTemplate {
  const task = manifest.tasks.find(({ id }) => id === taskId);
  if (!task) throw new InvariantError(`the manifest has no task ${taskId}`);
  const isTask = purpose === 'task';
  const given = frozenJson(JsonRecord.parse((isTask ? task.with : task.compensate?.with) ?? {}));
  const masked = isTask ? (task.redact ?? []) : [];
  const references = collectReferences(given);
  const taskIds = new Set(references.flatMap(({ reference }) => (reference?.kind === 'output' ? [reference.taskId] : [])));
  const inputs = references.length === 0 ? frozenJson(redact(given, masked)) : undefined;
  return {
    with: given,
    redact: masked,
    taskIds: [...taskIds],
    namesInputs: references.some(({ reference }) => reference?.kind === 'input'),
    ...(inputs && { constant: { inputs, digest: digestJson(inputs) } }),
  };
}
