/** What the rules of a bundle say about themselves: the METADATA of its package and of the rules that deny and warn. */
import { parse, type ParseOptions, type DocumentOptions, type SchemaOptions, type ToJSOptions } from 'yaml';
import { z } from 'zod';
import type { Issue } from '../../shared/core/issue.ts';
import type { PackRule } from '../../shared/policy-catalog/pack-entry.ts';
import { regoStatements, type RegoStatement } from './rego-statements.ts';

const text = z.string().trim().min(1);
const Title = z.object({ title: text, description: text });

const RuleNotes = Title.extend({
  custom: z.object({
    short_name: z.string().regex(/^[a-z][a-z0-9_]*$/, 'lower case words joined by underscores'),
    failure_msg: text,
    solution: text,
    severity: z.enum(['failure', 'warning']),
    effective_on: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
  }),
});

interface Notes {
  /** Of the package. */
  title: string | undefined;
  description: string | undefined;
  rules: PackRule[];
  /** Everything that is missing, at its line. */
  gaps: Issue[];
}

interface Source {
  file: string;
  text: string;
}

/** YAML of OPA's schema: a day is the first moment of it. */
const moment = (day: string): string => (day.includes('T') ? day : `${day}T00:00:00Z`);

/** Characters. The home itself reads them, and hostile YAML takes 10 microseconds a character and more. */
const notesLimits = {
  /** The longest block of a shipped pack has a fifth. */
  block: 4 * 1024,
  /** All blocks of a pack; those of a shipped pack have a sixth. */
  all: 32 * 1024,
} as const;

/**
 * Strangers write it. The library's check for keys given twice compares every key with every other; an alias is nothing that notes need, and
 * warnings would be printed.
 */
const yamlOptions: ParseOptions & DocumentOptions & SchemaOptions & ToJSOptions = {
  uniqueKeys: false,
  maxAliasCount: 0,
  logLevel: 'error',
  prettyErrors: false,
};

/** The value of a block; undefined when it is too long or cannot be read, for whatever reason: deep YAML overflows the stack of the library. */
function parseYaml(metadata: string): unknown {
  if (metadata.length > notesLimits.block) return undefined;
  try {
    return parse(metadata, yamlOptions);
  } catch {
    return undefined;
  }
}

const fix = 'Put a METADATA comment with title, description and custom short_name, failure_msg, solution, severity in front of it.';

function gap(file: string, statement: RegoStatement, message: string, allowed?: string): Issue {
  const place = { code: 'metadata', pointer: `/${file}`, line: statement.line };
  return { ...place, message: `${file}: ${message}`, ...(allowed === undefined ? {} : { allowed }), fix };
}

function gapsOf(file: string, statement: RegoStatement, error: z.ZodError): Issue[] {
  return error.issues.map(({ path, message }) => gap(file, statement, `METADATA ${path.join('.') || 'block'}: ${message}`));
}

/** The set a statement adds to, in Rego v1 (`deny contains`) and v0 (`deny[`). */
function setOf({ text: line }: RegoStatement): 'deny' | 'warn' | undefined {
  const name = /^(deny|warn)(?:\s+contains\s|\s*\[)/.exec(line)?.[1];
  return name === 'deny' || name === 'warn' ? name : undefined;
}

const severities = { deny: 'failure', warn: 'warning' } as const;

function readRule(pack: string, file: string, statement: RegoStatement): { rule?: PackRule; gaps: Issue[] } {
  const set = setOf(statement);
  if (statement.metadata === undefined) return { gaps: set === undefined ? [] : [gap(file, statement, `the ${set} rule has no METADATA`)] };
  // Rules that only help the others may be described however their author likes.
  if (set === undefined) return { gaps: [] };
  const value = parseYaml(statement.metadata);
  if (value === undefined)
    return { gaps: [gap(file, statement, 'METADATA cannot be read', `YAML without aliases, at most ${notesLimits.block} characters`)] };
  const parsed = RuleNotes.safeParse(value);
  if (!parsed.success) return { gaps: gapsOf(file, statement, parsed.error) };
  const { title, description, custom } = parsed.data;
  const { severity, effective_on: effectiveOn } = custom;
  const wrong = severity !== severities[set] ? [gap(file, statement, `a ${set} rule has the severity ${severity}`, severities[set])] : [];
  const shown = { rule: `${pack}.${custom.short_name}`, severity, title, description, message: custom.failure_msg };
  const rule = { ...shown, solution: custom.solution, effectiveOn: effectiveOn === undefined ? null : moment(effectiveOn) };
  return { rule, gaps: wrong };
}

/** The METADATA of all Rego files of a pack, and what is missing of it. */
export function readRegoNotes(pack: string, sources: readonly Source[]): Notes {
  const statements = sources.flatMap(({ file, text: source }) => regoStatements(source).map((statement) => ({ file, statement })));
  const characters = statements.reduce((sum, { statement }) => sum + (statement.metadata?.length ?? 0), 0);
  const [any] = statements;
  if (any && characters > notesLimits.all) {
    const tooLong = gap(any.file, any.statement, `all METADATA has ${characters} characters`, `at most ${notesLimits.all} characters`);
    return { title: undefined, description: undefined, rules: [], gaps: [tooLong] };
  }
  const packages = statements.filter(({ statement }) => /^package\s/.test(statement.text));
  const about = packages
    .map(({ statement }) => Title.partial().safeParse(parseYaml(statement.metadata ?? '')).data)
    .find((data) => data?.title);
  const read = statements
    .filter(({ statement }) => !/^(package|import)\s/.test(statement.text))
    .map(({ file, statement }) => readRule(pack, file, statement));
  const first = packages[0];
  const unnamed = about === undefined && first ? [gap(first.file, first.statement, 'the package has no METADATA with a title')] : [];
  return {
    title: about?.title,
    description: about?.description,
    rules: read.flatMap(({ rule }) => rule ?? []),
    gaps: [...unnamed, ...read.flatMap(({ gaps }) => gaps)],
  };
}
