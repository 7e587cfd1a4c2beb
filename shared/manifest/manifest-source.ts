/**
 * Reads manifest text (YAML 1.2, or JSON, which is a part of it) into a plain JSON value and remembers where every value stands.
 * Text is hostile: nesting is cut while lexing, aliases are expanded on a budget, and keys are compared through a set, because the
 * library's own check is quadratic.
 */
import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLError,
} from 'yaml';
import type { Issue } from '../core/issue.ts';
import { toPointer } from '../core/json/json-pointer.ts';
import { shownValue } from '../core/text/shown-value.ts';
import { manifestLimits } from './manifest.ts';

/** Deeper text is refused before it is read; manifestLimits.depth, which is lower, gives the readable message for less deep values. */
const maxTextDepth = 100;
/** Anchors save a manifest some repetition; more expansions than this are an attack ("billion laughs"). */
const maxAliasCount = 100;
/** A value takes two characters of JSON or more, so more values than this are over the size limit anyway, whatever the aliases say. */
const maxValues = manifestLimits.bytes / 2 + 1;

/** The value of a text and its positions, or everything that keeps the text from being read. */
export interface ManifestSource {
  value: unknown;
  issues: Issue[];
  /** Adds line and column: of the key for unknown fields, else of the value, else of the nearest enclosing value that exists. */
  locate(issue: Issue): Issue;
}

interface Place {
  value: number;
  key?: number;
}

/** Feeds lexical tokens to the parser and stops early when the text nests too deeply, before any recursive reader sees it. */
function* tokensOf(text: string, lines: LineCounter, onTooDeep: (offset: number) => void): ReturnType<Parser['parse']> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > maxTextDepth) return onTooDeep(parser.offset);
  }
  yield* parser.end();
}

/** Turns the document's nodes into plain values; collects positions and every problem on the way. */
class Reader {
  readonly places = new Map<string, Place>();
  readonly problems: { code: string; offset: number; message: string; fix: string; pointer: string }[] = [];
  private readonly anchors = new Map<string, Node>();
  private readonly open = new Set<Node>();
  private aliasCount = 0;
  private aliasDepth = 0;
  private valueCount = 0;

  private report(problem: { code: string; message: string; fix: string; pointer: string }, offset: number): void {
    this.problems.push({ ...problem, offset });
  }

  /** Where a node begins; all of an expanded alias is at the alias, and nodes for which nothing is written have no range. */
  private offsetOf(node: Node | null, around: number): number {
    return this.aliasDepth > 0 ? around : (node?.range?.[0] ?? around);
  }

  read(node: Node | null | undefined, pointer: string, place: Place): unknown {
    // What stands inside an expanded alias is found at the alias.
    if (this.aliasDepth === 0) this.places.set(pointer, place);
    this.valueCount += 1;
    if (this.valueCount === maxValues + 1) {
      this.report(
        { code: 'alias-count', message: 'aliases expand to more than a manifest can hold', fix: 'Write less.', pointer },
        place.value,
      );
    }
    if (this.valueCount > maxValues) return null;
    if (isAlias(node)) return this.readAlias(node.source, pointer, place);
    if (!node) return null;
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    this.open.add(node);
    const value = this.readOpen(node, pointer, place);
    this.open.delete(node);
    return value;
  }

  private readOpen(node: Node, pointer: string, place: Place): unknown {
    if (isMap(node)) return this.readMap(node.items, pointer, place);
    if (isSeq(node)) return node.items.map((item, index) => this.readItem(item, `${pointer}/${index}`, place));
    return isScalar(node) ? this.readScalar(node, pointer, place) : null;
  }

  private readScalar({ value, source }: Scalar, pointer: string, place: Place): unknown {
    const digits = /^[-+]?(\d+)$/.exec(source ?? '')?.[1];
    if (typeof value === 'number' && digits !== undefined && !Number.isSafeInteger(value) && String(Math.abs(value)) !== digits) {
      const message = `${shownValue(source)} is too large to be kept exactly`;
      this.report({ code: 'number', message, fix: 'Write it as text, in quotes.', pointer }, place.value);
    }
    return value;
  }

  private readItem(item: unknown, pointer: string, around: Place): unknown {
    const node = item as Node | null; // The composer puts only nodes into sequences and pairs.
    return this.read(node, pointer, { value: this.offsetOf(node, around.value) });
  }

  private readAlias(name: string, pointer: string, place: Place): unknown {
    const node = this.anchors.get(name);
    if (!node) {
      this.report(
        { code: 'alias', message: `*${name} has no anchor before it`, fix: `Set &${name} earlier, or quote the text.`, pointer },
        place.value,
      );
      return null;
    }
    if (this.open.has(node)) {
      this.report({ code: 'alias-cycle', message: `*${name} stands inside &${name}`, fix: 'Write the value out.', pointer }, place.value);
      return null;
    }
    this.aliasCount += 1;
    if (this.aliasCount === maxAliasCount + 1) {
      const message = `aliases expand to more than ${maxAliasCount} values`;
      this.report({ code: 'alias-count', message, fix: 'Write the values out.', pointer }, place.value);
    }
    if (this.aliasCount > maxAliasCount) return null;
    this.aliasDepth += 1;
    const value = this.read(node, pointer, place);
    this.aliasDepth -= 1;
    return value;
  }

  private readMap(pairs: readonly Pair[], pointer: string, around: Place): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const { key, value } of pairs) {
      const keyNode = key as Node; // See readItem.
      const keyOffset = this.offsetOf(keyNode, around.value);
      if (!isScalar(keyNode)) {
        this.report({ code: 'key', message: 'a key must be plain text', fix: 'Use a name as the key.', pointer }, keyOffset);
        continue;
      }
      const name = typeof keyNode.value === 'string' ? keyNode.value : (keyNode.source ?? '');
      const below = pointer + toPointer([name]);
      if (name === '__proto__') {
        this.report({ code: 'key', message: '__proto__ can not be a key', fix: 'Use another name.', pointer: below }, keyOffset);
        continue;
      }
      if (Object.hasOwn(result, name)) {
        this.report(
          { code: 'duplicate-key', message: `${shownValue(name)} is given twice`, fix: 'Keep one of them.', pointer: below },
          keyOffset,
        );
      }
      const node = value as Node | null; // See readItem.
      result[name] = this.read(node, below, { key: keyOffset, value: this.offsetOf(node, keyOffset) });
    }
    return result;
  }
}

/** The nearest place at or above a pointer. */
function placeOf(places: ReadonlyMap<string, Place>, pointer: string): Place | undefined {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const place = places.get(at);
    if (place !== undefined || at === '') return place;
  }
}

const withPlace = (issue: Issue, lines: LineCounter, offset: number): Issue => {
  const { line, col } = lines.linePos(offset);
  return { ...issue, line: Math.max(line, 1), column: Math.max(col, 1) };
};

/** What the library finds wrong with the text, in our words where its own leave a newcomer alone. */
function explainSyntax({ code, message }: Pick<YAMLError, 'code' | 'message'>): Pick<Issue, 'code' | 'message' | 'allowed' | 'fix'> {
  if (code === 'TAG_RESOLVE_FAILED') return { code: 'tag', message, fix: 'Remove the tag; JSON has no such type.' };
  if (code === 'TAB_AS_INDENT')
    return {
      code: 'syntax',
      message: 'a tab stands where YAML takes only spaces',
      allowed: 'spaces before the first character of a line',
      fix: 'Put spaces in place of the tab; editors call this "convert indentation to spaces".',
    };
  return { code: 'syntax', message, fix: 'Correct the YAML at this place.' };
}

function syntaxIssues(documents: readonly Document.Parsed[], lines: LineCounter): Issue[] {
  const [first, second] = documents;
  const problems = [...(first?.errors ?? []), ...(first?.warnings ?? [])].map((problem) =>
    withPlace({ pointer: '', ...explainSyntax(problem) }, lines, problem.pos[0]),
  );
  if (!second) return problems;
  const issue = {
    code: 'multiple-documents',
    pointer: '',
    message: 'the text holds more than one document',
    allowed: 'one document',
    fix: 'Keep one; publish the others apart.',
  };
  return [...problems, withPlace(issue, lines, second.range[0])];
}

/** Reads YAML or JSON text; every problem of the text itself is in `issues`, and then `value` must not be used. */
export function readManifestSource(text: string): ManifestSource {
  const lines = new LineCounter();
  const deep: Issue[] = [];
  const tokens = tokensOf(text, lines, (offset) => {
    const issue = {
      code: 'depth',
      pointer: '',
      message: 'the text nests too deeply to be read',
      allowed: `at most ${maxTextDepth} levels`,
      fix: 'Flatten it.',
    };
    deep.push(withPlace(issue, lines, offset));
  });
  const composer = new Composer({ schema: 'core', uniqueKeys: false, resolveKnownTags: false });
  const documents = [...composer.compose(tokens, true, text.length)];
  const reader = new Reader();
  const root = documents[0]?.contents;
  const value = deep.length > 0 ? null : reader.read(root, '', { value: root?.range?.[0] ?? 0 });
  const problems = reader.problems.map(({ offset, ...issue }) => withPlace(issue, lines, offset));
  return {
    value,
    issues: deep.length > 0 ? deep : [...syntaxIssues(documents, lines), ...problems],
    locate: (issue) => {
      const place = placeOf(reader.places, issue.pointer);
      return place ? withPlace(issue, lines, issue.code === 'unknown-field' ? (place.key ?? place.value) : place.value) : issue;
    },
  };
}
