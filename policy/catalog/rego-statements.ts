/**
 * The statements of a Rego file with the comment block in front of each, read without a compiler: enough to find METADATA, and nothing else.
 * Strings, raw strings and brackets are followed, so that a line inside one of them is never taken for a statement.
 */

/** One statement: the text of its first line, and the YAML of the METADATA comment before it, when there is one. */
export interface RegoStatement {
  text: string;
  /** 1-based. */
  line: number;
  metadata: string | undefined;
}

interface Place {
  depth: number;
  isRaw: boolean;
}

/** Where a line ends: how many brackets are open, and whether a raw string is. */
function walk(line: string, start: Place): Place {
  let { depth, isRaw } = start;
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (isRaw) isRaw = character !== '`';
    else if (isQuoted) {
      if (character === '\\') at++;
      else isQuoted = character !== '"';
    } else if (character === '#') break;
    else if (character === '"') isQuoted = true;
    else if (character === '`') isRaw = true;
    else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
  }
  return { depth, isRaw };
}

/** The lines of a comment block after `# METADATA`, without their `#`; undefined for a block of ordinary comments. */
function metadataOf(block: readonly string[]): string | undefined {
  const start = block.findLastIndex((line) => /^#\s*METADATA\s*$/.test(line));
  return start === -1
    ? undefined
    : block
        .slice(start + 1)
        .map((line) => line.slice(1))
        .join('\n');
}

/** Every statement that begins at the left edge outside of all brackets, in the order of the file. */
export function regoStatements(source: string): RegoStatement[] {
  const found: RegoStatement[] = [];
  let block: string[] = [];
  let place: Place = { depth: 0, isRaw: false };
  for (const [index, line] of source.split(/\r?\n/).entries()) {
    const isTop = place.depth === 0 && !place.isRaw;
    place = walk(line, place);
    if (!isTop) continue;
    if (line.startsWith('#')) block.push(line);
    else if (/^[a-z_]/i.test(line)) {
      found.push({ text: line, line: index + 1, metadata: metadataOf(block) });
      block = [];
    } else if (line.trim() !== '') block = [];
  }
  return found;
}
