/**
 * References of a manifest: `${{ inputs.<name> }}`, `${{ inputs.<file>.name|path|digest }}` and `${{ tasks.<id>.outputs.<field>… }}`.
 * A string that is exactly one reference takes the value with its type; inside longer text the value is inserted as text.
 * What was inserted is never read again, so data can not smuggle in references.
 */
import type { Json, JsonObject } from '../core/json/canonical-json.ts';
import { McError } from '../core/errors.ts';
import { toPointer } from '../core/json/json-pointer.ts';

/** What a reference names: an input of the run (or a part of a file input), or a value inside a task's outputs. */
export type Reference =
  | { kind: 'input'; name: string; part?: 'name' | 'path' | 'digest' }
  | { kind: 'output'; taskId: string; path: readonly [string, ...string[]] };

/** A reference as it stands in a value; `reference` is undefined when the text between the braces is none. */
export interface FoundReference {
  pointer: string;
  /** As written, with its braces, or from `${{` on when the end is missing. */
  text: string;
  reference: Reference | undefined;
  /** The string is this reference and nothing else. */
  isWhole: boolean;
}

/** Where resolved values come from. */
export interface ReferenceScope {
  inputs: JsonObject;
  /** Outputs of a task that has succeeded. */
  outputsOf(taskId: string): JsonObject | undefined;
}

/** All inserted values together; more than a task is ever given, and a few references must not multiply one large output into gigabytes. */
const insertedCharacters = 8 * 1024 * 1024;

const name = '[a-zA-Z][a-zA-Z0-9_-]{0,63}';
const inputPattern = new RegExp(`^inputs\\.(${name})(?:\\.(name|path|digest))?$`);
const outputPattern = new RegExp(`^tasks\\.(${name})\\.outputs\\.([a-zA-Z0-9_-]{1,64}(?:\\.[a-zA-Z0-9_-]{1,64}){0,15})$`);

function parseReference(expression: string): Reference | undefined {
  const [, input, part] = inputPattern.exec(expression) ?? [];
  if (input !== undefined) {
    return part === 'name' || part === 'path' || part === 'digest' ? { kind: 'input', name: input, part } : { kind: 'input', name: input };
  }
  const [, taskId, fields] = outputPattern.exec(expression) ?? [];
  const [first, ...rest] = fields?.split('.') ?? [];
  return taskId !== undefined && first !== undefined ? { kind: 'output', taskId, path: [first, ...rest] } : undefined;
}

type Segment = string | { text: string; reference: Reference | undefined };

/** Cuts a string into plain text and references. */
function segmentsOf(value: string): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  for (let open = value.indexOf('${{'); open !== -1; open = value.indexOf('${{', at)) {
    const close = value.indexOf('}}', open);
    const end = close === -1 ? value.length : close + 2;
    if (open > at) segments.push(value.slice(at, open));
    const reference = close === -1 ? undefined : parseReference(value.slice(open + 3, close).trim());
    segments.push({ text: value.slice(open, end), reference });
    at = end;
  }
  if (at < value.length) segments.push(value.slice(at));
  return segments;
}

/** Every reference in a value, malformed ones included, with pointers below `base`. */
export function collectReferences(value: unknown, base: readonly PropertyKey[] = []): FoundReference[] {
  if (typeof value === 'string') {
    if (!value.includes('${{')) return [];
    const segments = segmentsOf(value);
    const pointer = toPointer(base);
    return segments.flatMap((segment) => (typeof segment === 'string' ? [] : [{ pointer, ...segment, isWhole: segments.length === 1 }]));
  }
  if (Array.isArray(value)) return value.flatMap((entry: unknown, index) => collectReferences(entry, [...base, index]));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, entry]) => collectReferences(entry, [...base, key]));
  return [];
}

function fieldOf(value: Json | undefined, field: string): Json | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined;
  if (!Array.isArray(value)) return value[field];
  return /^\d+$/.test(field) ? value[Number(field)] : undefined;
}

function inputValue(reference: Reference & { kind: 'input' }, inputs: JsonObject): Json | undefined {
  const value = fieldOf(inputs, reference.name);
  if (reference.part === undefined) return value;
  if (reference.part !== 'path') return fieldOf(value, reference.part);
  const fileName = fieldOf(value, 'name');
  // Where the runner lays the file inside the task's workspace.
  return typeof fileName === 'string' ? `${reference.name}/${fileName}` : undefined;
}

function outputValue(reference: Reference & { kind: 'output' }, scope: ReferenceScope): Json {
  const { taskId, path } = reference;
  const value = path.reduce<Json | undefined>(fieldOf, scope.outputsOf(taskId));
  if (value !== undefined) return value;
  throw new McError('mc:execution:output-missing', `task ${taskId} gave no output ${path.join('.')}`);
}

/** The value of a reference; undefined only for an optional input that the caller left out. */
function valueOf(segment: { text: string; reference: Reference | undefined }, scope: ReferenceScope): Json | undefined {
  const { text, reference } = segment;
  if (!reference) throw new McError('mc:manifest:invalid', `${text} is not a reference`);
  return reference.kind === 'input' ? inputValue(reference, scope.inputs) : outputValue(reference, scope);
}

const asText = (value: Json | undefined): string => (typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value));

class Resolver {
  private readonly scope: ReferenceScope;
  private readonly sizes = new Map<string, number>();
  private inserted = 0;

  constructor(scope: ReferenceScope) {
    this.scope = scope;
  }

  private read(segment: { text: string; reference: Reference | undefined }): Json | undefined {
    const value = valueOf(segment, this.scope);
    const size = this.sizes.get(segment.text) ?? asText(value).length;
    this.sizes.set(segment.text, size);
    this.inserted += size;
    if (this.inserted > insertedCharacters) {
      throw new McError('mc:execution:inputs-invalid', `the references of this task insert more than ${insertedCharacters} characters`);
    }
    return value;
  }

  private resolveText(value: string): Json | undefined {
    if (!value.includes('${{')) return value;
    const segments = segmentsOf(value);
    const [only] = segments;
    if (segments.length === 1 && typeof only === 'object') return this.read(only);
    return segments.map((segment) => (typeof segment === 'string' ? segment : asText(this.read(segment)))).join('');
  }

  resolve(value: Json): Json | undefined {
    if (typeof value === 'string') return this.resolveText(value);
    if (Array.isArray(value)) return value.map((entry) => this.resolve(entry) ?? null);
    if (typeof value === 'object' && value !== null) return this.resolveObject(value);
    return value;
  }

  resolveObject(value: JsonObject): JsonObject {
    const resolved: JsonObject = {};
    for (const [key, entry] of Object.entries(value)) {
      const result = this.resolve(entry);
      if (result !== undefined) resolved[key] = result;
    }
    return resolved;
  }
}

/**
 * The object with every reference replaced by its value. A field that is exactly an optional input nobody gave is left out; in a list it is
 * null, in text empty. Throws `mc:execution:output-missing` when a task did not give what is referred to.
 */
export function resolveReferences(value: JsonObject, scope: ReferenceScope): JsonObject {
  return new Resolver(scope).resolveObject(value);
}
