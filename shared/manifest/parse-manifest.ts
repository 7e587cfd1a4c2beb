import { canonicalJson } from '../core/json/canonical-json.ts';
import { digestBytes, type Digest } from '../core/digest.ts';
import { McError } from '../core/errors.ts';
import type { Issue } from '../core/issue.ts';
import { findJsonSyntaxError } from '../core/json/json-syntax.ts';
import { shownValue } from '../core/text/shown-value.ts';
import { readManifestSource } from './manifest-source.ts';
import { Manifest, manifestLimits } from './manifest.ts';
import { validateManifest } from './validate-manifest.ts';

/** A valid manifest and its content address: SHA-256 over its canonical JSON. */
export interface ParsedManifest {
  manifest: Manifest;
  digest: Digest;
}

function assertSize(bytes: number, what: string): void {
  if (bytes <= manifestLimits.bytes) return;
  throw new McError('mc:manifest:too-large', `${what} has ${bytes} bytes, allowed are ${manifestLimits.bytes}`);
}

const isJson = (mediaType: string): boolean => /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(mediaType);

function jsonIssues(text: string): Issue[] {
  const error = findJsonSyntaxError(text);
  if (!error) return [];
  const before = text.slice(0, error.offset);
  const [line, column] = [before.split('\n').length, error.offset - before.lastIndexOf('\n')];
  return [
    {
      code: 'syntax',
      pointer: '',
      message: error.message,
      allowed: 'JSON (RFC 8259)',
      fix: 'Correct the JSON at this place, or send it as YAML.',
      line,
      column,
    },
  ];
}

/** An empty file, or one of something else, such as a list or prose. */
function noMapping(value: unknown): Issue {
  return {
    code: 'invalid-type',
    pointer: '',
    message: value === null ? 'the manifest is empty' : 'the manifest is no mapping of fields to values',
    got: shownValue(value),
    allowed: 'a mapping with name, version and tasks',
    fix: 'Begin with one that works: `maestro init` writes it.',
  };
}

/** Order of the text, and what has no place in it last; no line is longer than the limit. */
const rank = ({ line, column = 0 }: Issue): number =>
  line === undefined ? Number.MAX_SAFE_INTEGER : line * (manifestLimits.bytes + 2) + column;

function invalid(issues: readonly Issue[]): McError {
  const problems = issues.length === 1 ? 'one problem' : `${issues.length} problems`;
  return new McError('mc:manifest:invalid', `the manifest has ${problems}`, {
    issues: [...issues].sort((left, right) => rank(left) - rank(right)),
  });
}

/**
 * Reads a manifest from YAML, or from JSON when the media type says so. Throws `mc:manifest:invalid` with every problem and its line and
 * column, or `mc:manifest:too-large`. Equal content has an equal digest, whatever the syntax and the order of keys.
 */
export function parseManifest(text: string, mediaType: string): ParsedManifest {
  assertSize(Buffer.byteLength(text), 'the manifest');
  const source = readManifestSource(text);
  // JSON's own parser comes second: the first one is the one that stops at deep nesting.
  const jsonProblems = isJson(mediaType) && source.issues.every(({ code }) => code !== 'depth') ? jsonIssues(text) : [];
  if (jsonProblems.length > 0) throw invalid(jsonProblems);
  if (source.issues.length > 0) throw invalid(source.issues);
  if (typeof source.value !== 'object' || source.value === null || Array.isArray(source.value))
    throw invalid([source.locate(noMapping(source.value))]);
  const issues = validateManifest(source.value);
  if (issues.length > 0) throw invalid(issues.map((issue) => source.locate(issue)));
  const manifest = Manifest.parse(source.value);
  const canonical = canonicalJson(manifest);
  assertSize(Buffer.byteLength(canonical), 'the manifest with its aliases written out');
  return { manifest, digest: digestBytes(canonical) };
}
