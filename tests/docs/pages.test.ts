import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { z } from 'zod';
import { buildProgram } from '../../cli/program.ts';
import { readTree, type TreeFile } from '../../scripts/tidy/tree.ts';

const tree = readTree('.');
const pages = tree.files.filter(({ path }) => path.endsWith('.md') && (!path.includes('/') || path.startsWith('docs/')));
const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(readFileSync('package.json', 'utf8')));

const prose = (text: string): string => text.replaceAll(/^(```+)[^\n]*\n[\s\S]*?^\1$/gm, '');
const fences = (text: string): string[] =>
  [...text.matchAll(/^```(?:sh|bash|console|shell)\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

/** The anchor a code host gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (text: string): string[] =>
  [...prose(text).matchAll(/^#+ (.*)$/gm)].map((match) => anchorOf((match[1] ?? '').replaceAll(/[`*]|\]\([^)]*\)/g, '')));

/** Links within the repository that lead nowhere. */
function brokenLinks({ path, text }: TreeFile): string[] {
  const links = [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : posix.join(posix.dirname(path), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
  });
}

/** npm scripts a page tells people to run that are not there. */
function unknownScripts({ text }: TreeFile): string[] {
  const named = [...text.matchAll(/\bnpm (?:run ([a-z][a-z:-]*)|(test|start)\b)/g)].map((match) => match[1] ?? match[2] ?? '');
  return named.filter((name) => scripts[name] === undefined);
}

/** Lines of shell examples that call `maestro` with a command or an option it does not have. */
function unknownCommands({ text }: TreeFile): string[] {
  const lines = fences(text).flatMap((fence) => fence.replaceAll('\\\n', ' ').split('\n'));
  return lines.filter((line) => {
    const words = /^\s*(?:\$ )?(?:npx )?maestro\b(.*?)(?:[|#>;]|&&|$)/.exec(line)?.[1]?.trim().split(/\s+/);
    return words !== undefined && !isKnownCommand(words);
  });
}

function isKnownCommand(words: readonly string[]): boolean {
  let command = buildProgram();
  for (const word of words) {
    const next = command.commands.find((child) => child.name() === word);
    if (!next) break;
    command = next;
  }
  const options = words.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0]);
  const isKnown = (option: string | undefined): boolean =>
    option === '--help' || option === '-h' || command.options.some(({ long, short }) => option === long || option === short);
  return (command.parent !== null || words.every((word) => word.startsWith('-') || word === 'help')) && options.every(isKnown);
}

/** Paths of the repository, in backquotes, that do not exist. Placeholders in angle brackets are not paths. */
function missingPaths({ text }: TreeFile): string[] {
  const roots = /^(shared|functions|statemachines|runner|policy|stacks|cli|catalog|scripts|tests|docs)\//;
  const quoted = [...prose(text).matchAll(/`([\w./-]+)`/g)].map((match) => match[1] ?? '');
  return quoted.filter((path) => roots.test(path) && !existsSync(path));
}

describe.each(pages)('$path', (page) => {
  test('has no link that leads nowhere', () => {
    expect(brokenLinks(page)).toEqual([]);
  });

  test('names npm scripts that exist', () => {
    expect(unknownScripts(page)).toEqual([]);
  });

  test('shows commands and options that exist', () => {
    expect(unknownCommands(page)).toEqual([]);
  });

  test('names paths that exist', () => {
    expect(missingPaths(page)).toEqual([]);
  });
});

describe('the checks of the pages', () => {
  const page = (text: string): TreeFile => ({ path: 'docs/page.md', text });

  test('see a broken link and a broken anchor, and leave good ones and other hosts alone', () => {
    expect(brokenLinks(page('[a](gone.md) [b](glossary.md#gone) [c](glossary.md#words) [d](https://example.com/x)'))).toEqual([
      'gone.md',
      'glossary.md#gone',
    ]);
  });

  test('see an npm script that is not there', () => {
    expect(unknownScripts(page('`npm run gone`, `npm test`, `npm run demo`'))).toEqual(['gone']);
  });

  test('see a command and an option that are not there', () => {
    const text =
      '```sh\nmaestro gone\nmaestro status --gone\nnpx maestro status --watch\nmaestro run x --wait | jq .\nmaestro --version\n```\n';
    expect(unknownCommands(page(text))).toEqual(['maestro gone', 'maestro status --gone']);
  });

  test('see a path that is not there', () => {
    expect(missingPaths(page('`shared/gone.ts` `shared/core/errors.ts` `shared/<domain>/x.ts`'))).toEqual(['shared/gone.ts']);
  });
});
