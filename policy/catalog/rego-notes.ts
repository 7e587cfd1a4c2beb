/** What the rules of a bundle say about themselves: the METADATA of its package and of the rules that deny and warn. */
import { parse, YAMLParseError } from 'yaml';
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

function parseYaml(metadata: string): unknown {
  try {
    return parse(metadata);
  } catch (error) {
    if (error instanceof YAMLParseError) return undefined;
    throw error;
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
  const value = parseYaml(statement.metadata);
  // Rules that only help the others may be described however their author likes.
  if (set === undefined) return { gaps: [] };
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
