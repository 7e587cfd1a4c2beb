/**
 * What of a question a pack sees: `request.point`, `tenant.id`, the parts it asked for, and of the rule data of a tenant its own section only.
 * A pack is shown the least it needs, and equal views of different questions have equal verdicts.
 */

/** What one pack sees: the fields of each part, `true` for all of them. Made once a pack. */
export interface PackView {
  name: string;
  parts: ReadonlyMap<string, ReadonlySet<string> | true>;
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The view of a pack of this name that declares these reads. */
export function packView({ name, reads }: { name: string; reads: readonly string[] }): PackView {
  const parts = new Map<string, Set<string> | true>([
    ['request', new Set(['point'])],
    ['tenant', new Set(['id'])],
  ]);
  for (const path of reads) {
    const [part = '', field] = path.split('.');
    const seen = parts.get(part);
    if (field === undefined) parts.set(part, true);
    else if (seen === undefined) parts.set(part, new Set([field]));
    else if (seen !== true) seen.add(field);
  }
  return { name, parts };
}

/** The section of the pack is always there, so that a rule may lay it over its own data without asking. */
function ownSection(data: unknown, name: string): unknown {
  return isObject(data) ? { [name]: data[name] ?? {} } : data;
}

/**
 * Makes the texts of views of one question. A part that several packs see is written once; what is no object where one is due (a recorded
 * or handmade question) is shown as it is, for the rules to refuse.
 */
export class InputView {
  readonly #input: Fields;
  readonly #written = new Map<string, string>();

  constructor(input: Fields) {
    this.#input = input;
  }

  /** The JSON that the pack sees. */
  of({ name, parts }: PackView): string {
    const texts: string[] = [];
    for (const [part, fields] of parts) {
      const value = this.#input[part];
      if (value === undefined) continue;
      texts.push(`${JSON.stringify(part)}:${isObject(value) ? this.#fieldsOf(part, value, { fields, name }) : this.#write(part, value)}`);
    }
    return `{${texts.join(',')}}`;
  }

  #fieldsOf(part: string, value: Fields, { fields, name }: { fields: ReadonlySet<string> | true; name: string }): string {
    if (fields === true && part !== 'tenant') return this.#write(part, value);
    const seen = Object.keys(value).filter((field) => value[field] !== undefined && (fields === true || fields.has(field)));
    const texts = seen.map((field) => {
      const isData = part === 'tenant' && field === 'data';
      return `${JSON.stringify(field)}:${isData ? JSON.stringify(ownSection(value[field], name)) : this.#write(`${part}.${field}`, value[field])}`;
    });
    return `{${texts.join(',')}}`;
  }

  #write(path: string, value: unknown): string {
    const known = this.#written.get(path);
    if (known !== undefined) return known;
    const text = JSON.stringify(value);
    this.#written.set(path, text);
    return text;
  }
}
