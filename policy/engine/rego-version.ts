/**
 * Tells Rego v0 from v1 without a parser of Rego. In v1 a rule with a body says `if` before it and a partial set says `contains`; in v0
 * neither does. So a file is v0 when some statement has `{` right after a value with no `if` before, or is nothing but `name[term]`.
 * Statements that are neither mean the same in both versions.
 */

interface Token {
  /** `name`, `value`, a keyword, an operator, or a whole group: `()`, `[]`, `{}`. */
  kind: string;
  line: number;
  /** A line ended before this token. */
  isFirst: boolean;
}

const keywords = new Set(['if', 'contains', 'else', 'every', 'in', 'not', 'some', 'with', 'as', 'default', 'import', 'package']);
const values = new Set(['name', 'value', '()', '[]', '{}']);
const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
/** A string without its end is one token too: one that had to be given back could be read again from every quote in it. */
const lexeme = /\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"?|`[^`]*`?|[A-Za-z_]\w*|\d[\w.]*|:=|[^\s]/gy;

function kindOf(text: string): string {
  if (keywords.has(text)) return text;
  if (/^[A-Za-z_]/.test(text)) return 'name';
  return /^["`\d]/.test(text) ? 'value' : text;
}

/** The tokens outside of all brackets; a bracket with all that is in it is one token. */
function outerTokens(source: string): Token[] {
  const tokens: Token[] = [];
  const open: string[] = [];
  let line = 1;
  let isFirst = true;
  for (const [text] of source.matchAll(lexeme)) {
    const isSpace = /^[\s#]/.test(text);
    const closer = closing[text];
    if (!isSpace && open.length === 0) tokens.push({ kind: closer === undefined ? kindOf(text) : text + closer, line, isFirst });
    if (closer !== undefined) open.push(closer);
    else if (text === open.at(-1)) open.pop();
    const lines = text.split('\n').length - 1;
    isFirst = isSpace ? isFirst || lines > 0 : false;
    line += lines;
  }
  return tokens;
}

/** A rule begins with a name (or a keyword that no rule goes on with) on a new line, after something complete. */
function statements(tokens: readonly Token[]): Token[][] {
  const found: Token[][] = [];
  for (const token of tokens) {
    const last = found.at(-1)?.at(-1);
    const begins = token.isFirst && ['name', 'default', 'import', 'package'].includes(token.kind) && values.has(last?.kind ?? 'value');
    if (begins || found.length === 0) found.push([token]);
    else found.at(-1)?.push(token);
  }
  return found;
}

function isV0(statement: readonly Token[]): boolean {
  const kinds = statement.map(({ kind }) => kind);
  if (['package', 'import'].includes(kinds[0] ?? '')) return false;
  const untilIf = kinds.includes('if') ? kinds.slice(0, kinds.indexOf('if')) : kinds;
  const hasBareBody = untilIf.some((kind, index) => kind === '{}' && values.has(untilIf[index - 1] ?? ''));
  return hasBareBody || /^name( \. name)*( \[\])+$/.test(kinds.join(' '));
}

/** The line of the first rule that only Rego v0 allows, or undefined when there is none. */
export function findV0Rule(source: string): number | undefined {
  return statements(outerTokens(source)).find(isV0)?.[0]?.line;
}
