/**
 * Reads manifest text (YAML 1.2, or JSON, which is a part of it) into a plain JSON value and remembers where every value stands.
 * Text is hostile: nesting is cut while lexing, aliases are expanded on a budget, and keys are compared through a set, because the
 * library's own check is quadratic.
 */
import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, Parser, type Node, type Pair, type Scalar } from 'yaml';
import type { Issue } from '../core/issue.ts';
import { toPointer } from '../core/json/json-pointer.ts';
import { shownValue } from '../core/text/shown-value.ts';
import { manifestLimits } from './manifest.ts';
import { longPathIssue } from './rules/check-shape.ts';
import { TextProblems } from './text-problems.ts';

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
  /** Adds line and column where there is a place: of the key for unknown fields, else of the value, else of the nearest enclosing value that exists. */
  locate(issue: Issue): Issue;
}

/** Where a value and its key stand, and the places of what is in it. No pointers: a text of short values below one long key would have as many copies of that. */
interface Place {
  value: number;
  key?: number;
  below?: Map<string, Place>;
}

/** Feeds lexical tokens to the parser, and stops early: at a second document, at nesting that no recursive reader may see, and where no more mistakes are listed. */
function* tokensOf(text: string, lines: LineCounter, problems: TextProblems): ReturnType<Parser['parse']> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let isWhole = false;
  function* wellFormed(tokens: ReturnType<Parser['parse']>): ReturnType<Parser['parse']> {
    for (const token of tokens) {
      isWhole ||= token.type === 'document';
      if (token.type !== 'error') yield token;
      else problems.addSyntax({ code: 'UNEXPECTED_TOKEN', message: `${token.message}${shownSource(token.source)}`, offset: token.offset });
    }
  }
  for (const lexeme of new Lexer().lex(text)) {
    yield* wellFormed(parser.next(lexeme));
    const [bottom] = parser.stack;
    if (isWhole && bottom?.type === 'document') return problems.add(secondDocument, bottom.offset);
    if (parser.stack.length > maxTextDepth) return problems.add(tooDeep, parser.offset);
    if (problems.isFull) return;
  }
  yield* wellFormed(parser.end());
}

const shownSource = (source: string): string => (source === '' ? '' : `: ${JSON.stringify(source)}`);

const secondDocument: Issue = {
  code: 'multiple-documents',
  pointer: '',
  message: 'the text holds more than one document',
  allowed: 'one document',
  fix: 'Keep one; publish the others apart.',
};

const tooDeep: Issue = {
  code: 'depth',
  pointer: '',
  message: 'the text nests too deeply to be read',
  allowed: `at most ${maxTextDepth} levels`,
  fix: 'Flatten it.',
};

/** Ends the composer amid a document. */
class EnoughFound extends Error {}

/**
 * The value of these tokens; null of a text with more mistakes than are listed. Left alone, the library goes through all of it, and makes an Error with its stack for
 * each of them.
 */
function compose(tokens: ReturnType<Parser['parse']>, length: number, problems: TextProblems): Node | null {
  const composer = new Composer({ schema: 'core', uniqueKeys: false, resolveKnownTags: false });
  const onError = (source: number | readonly number[] | { offset: number }, code: string, message: string): void => {
    const offset = typeof source === 'number' ? source : 'offset' in source ? source.offset : (source[0] ?? 0);
    problems.addSyntax({ code, message, offset });
    if (problems.isFull) throw new EnoughFound();
  };
  // Its own handler is no part of its types.
  Object.assign(composer, { onError });
  try {
    const [document] = composer.compose(tokens, true, length);
    return document?.contents ?? null;
  } catch (error) {
    if (error instanceof EnoughFound) return null;
    throw error;
  }
}

/** Turns the document's nodes into plain values; collects positions and every problem on the way. */
class Reader {
  private readonly problems: TextProblems;
  private readonly anchors = new Map<string, Node>();
  private readonly open = new Set<Node>();
  private aliasCount = 0;
  private aliasDepth = 0;
  private valueCount = 0;

  constructor(problems: TextProblems) {
    this.problems = problems;
  }

  /** Where a node begins; all of an expanded alias is at the alias, and nodes for which nothing is written have no range. */
  private offsetOf(node: Node | null, around: number): number {
    return this.aliasDepth > 0 ? around : (node?.range?.[0] ?? around);
  }

  read(node: Node | null | undefined, pointer: string, place: Place): unknown {
    if (this.problems.isFull) return null;
    if (pointer.length > manifestLimits.pathCharacters) {
      this.problems.add(longPathIssue(pointer), place.value);
      return null;
    }
    this.valueCount += 1;
    if (this.valueCount === maxValues + 1) {
      this.problems.add(
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
    if (isSeq(node)) return node.items.map((item, index) => this.readItem(item, pointer, { index, around: place }));
    return isScalar(node) ? this.readScalar(node, pointer, place) : null;
  }

  private readScalar({ value, source }: Scalar, pointer: string, place: Place): unknown {
    const digits = /^[-+]?(\d+)$/.exec(source ?? '')?.[1];
    if (typeof value === 'number' && digits !== undefined && !Number.isSafeInteger(value) && String(Math.abs(value)) !== digits) {
      const message = `${shownValue(source)} is too large to be kept exactly`;
      this.problems.add({ code: 'number', message, fix: 'Write it as text, in quotes.', pointer }, place.value);
    }
    return value;
  }

  private readItem(item: unknown, pointer: string, { index, around }: { index: number; around: Place }): unknown {
    const node = item as Node | null; // The composer puts only nodes into sequences and pairs.
    const part = String(index);
    return this.read(node, `${pointer}/${part}`, this.placed(around, part, { value: this.offsetOf(node, around.value) }));
  }

  /** What stands inside an expanded alias is found at the alias. */
  private placed(around: Place, part: string, place: Place): Place {
    if (this.aliasDepth === 0) (around.below ??= new Map()).set(part, place);
    return place;
  }

  private readAlias(name: string, pointer: string, place: Place): unknown {
    const node = this.anchors.get(name);
    if (!node) {
      this.problems.add(
        { code: 'alias', message: `*${name} has no anchor before it`, fix: `Set &${name} earlier, or quote the text.`, pointer },
        place.value,
      );
      return null;
    }
    if (this.open.has(node)) {
      this.problems.add(
        { code: 'alias-cycle', message: `*${name} stands inside &${name}`, fix: 'Write the value out.', pointer },
        place.value,
      );
      return null;
    }
    this.aliasCount += 1;
    if (this.aliasCount === maxAliasCount + 1) {
      const message = `aliases expand to more than ${maxAliasCount} values`;
      this.problems.add({ code: 'alias-count', message, fix: 'Write the values out.', pointer }, place.value);
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
      if (this.problems.isFull) break;
      const keyNode = key as Node; // See readItem.
      const keyOffset = this.offsetOf(keyNode, around.value);
      if (!isScalar(keyNode)) {
        this.problems.add({ code: 'key', message: 'a key must be plain text', fix: 'Use a name as the key.', pointer }, keyOffset);
        continue;
      }
      const name = typeof keyNode.value === 'string' ? keyNode.value : (keyNode.source ?? '');
      const part = toPointer([name]);
      const below = pointer + part;
      if (name === '__proto__') {
        this.problems.add({ code: 'key', message: '__proto__ can not be a key', fix: 'Use another name.', pointer: below }, keyOffset);
        continue;
      }
      if (Object.hasOwn(result, name)) {
        this.problems.add(
          { code: 'duplicate-key', message: `${shownValue(name)} is given twice`, fix: 'Keep one of them.', pointer: below },
          keyOffset,
        );
      }
      const node = value as Node | null; // See readItem.
      const place = this.placed(around, part.slice(1), { key: keyOffset, value: this.offsetOf(node, keyOffset) });
      result[name] = this.read(node, below, place);
    }
    return result;
  }
}

/** The nearest place at or above a pointer. */
function placeOf(root: Place, pointer: string): Place {
  let place = root;
  for (const part of pointer.split('/').slice(1)) {
    const below = place.below?.get(part);
    if (!below) break;
    place = below;
  }
  return place;
}

const withPlace = (issue: Issue, lines: LineCounter, offset: number): Issue => {
  const { line, col } = lines.linePos(offset);
  return { ...issue, line: Math.max(line, 1), column: Math.max(col, 1) };
};

/** Reads YAML or JSON text; every problem of the text itself is in `issues`, of which 500 are listed, and then `value` must not be used. */
export function readManifestSource(text: string): ManifestSource {
  const lines = new LineCounter();
  const problems = new TextProblems();
  const root = compose(tokensOf(text, lines, problems), text.length, problems);
  const place: Place = { value: root?.range?.[0] ?? 0 };
  const value = new Reader(problems).read(root, '', place);
  return {
    value,
    issues: problems.issues((issue, offset) => withPlace(issue, lines, offset)),
    locate: (issue) => {
      if (issue.code === 'more') return issue; // Of all that is not listed.
      const { key, value: at } = placeOf(place, issue.pointer);
      return withPlace(issue, lines, issue.code === 'unknown-field' ? (key ?? at) : at);
    },
  };
}
