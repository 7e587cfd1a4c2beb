/** Reads a request body as its operation declares it: media type first, then at most so many bytes, then syntax, then the schema. */
import { McError } from '../../../shared/core/errors.ts';
import type { Issue } from '../../../shared/core/issue.ts';
import { issuesOfZod } from '../../../shared/core/zod-issues.ts';
import { decodeText, parseJson } from './json-text.ts';
import type { BodySpec } from '../operation.ts';
import type { RawRequest } from '../raw-request.ts';
import { ndjsonMediaType, readLines } from './read-lines.ts';

export interface ReadBody {
  body: unknown;
  mediaType: string;
}

const noBody: ReadBody = { body: undefined, mediaType: '' };
const jsonTypes: readonly string[] = ['application/json'];
const lineTypes: readonly string[] = [ndjsonMediaType];

export function acceptedTypes(spec: BodySpec): readonly string[] {
  if (spec.kind === 'json') return jsonTypes;
  return spec.kind === 'lines' ? lineTypes : spec.mediaTypes;
}

function header(raw: RawRequest, name: string): string {
  const value = raw.headers[name];
  return (typeof value === 'string' ? value : (value?.[0] ?? '')).trim().toLowerCase();
}

function unsupported(got: string, spec: BodySpec): McError {
  return new McError('mc:request:media-type', `The body has the type ${got}; this operation takes ${acceptedTypes(spec).join(' or ')}.`);
}

/** The media type without parameters. UTF-8 is the only charset (RFC 8259 §8.1), so another one is refused rather than misread. */
function mediaTypeOf(raw: RawRequest, spec: BodySpec): string {
  const encoding = header(raw, 'content-encoding');
  if (encoding !== '' && encoding !== 'identity') {
    throw new McError('mc:request:media-type', 'The body has a content-encoding; send it without one.');
  }
  const contentType = header(raw, 'content-type');
  if (contentType === 'application/json' && spec.kind === 'json') return contentType;
  const [essence = '', ...parameters] = contentType.split(';').map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-8"?$/.test(charset)) throw unsupported('with another charset than UTF-8', spec);
  if (essence !== '' && !acceptedTypes(spec).includes(essence)) throw unsupported('that its content-type names', spec);
  return essence;
}

function parseWith(schema: Extract<BodySpec, { kind: 'json' }>['schema'], value: unknown, issues: Issue[]): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  issues.push(...issuesOfZod(parsed.error, value));
  return undefined;
}

export async function readBody(raw: RawRequest, spec: BodySpec | undefined, issues: Issue[]): Promise<ReadBody> {
  if (spec === undefined) return noBody;
  const mediaType = mediaTypeOf(raw, spec);
  const bytes = await raw.readBody(spec.maxBytes);
  // An empty file is a file, and the reader of a text says better what is missing.
  if (bytes.length === 0 && spec.kind === 'json') {
    if (spec.required) issues.push({ code: 'required', pointer: '', message: 'the body is missing', allowed: jsonTypes.join() });
    return noBody;
  }
  if (mediaType === '') throw unsupported('(none given)', spec);
  if (spec.kind === 'bytes') return { body: bytes, mediaType };
  if (spec.kind === 'text') return { body: decodeText(bytes, issues), mediaType };
  if (spec.kind === 'lines') {
    const lines = readLines(bytes, spec, issues);
    if (lines) raw.standsFor?.(lines.count);
    return { body: lines, mediaType };
  }
  const value = parseJson(bytes, issues);
  return { body: value === undefined ? undefined : parseWith(spec.schema, value, issues), mediaType };
}
