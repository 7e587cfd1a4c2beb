/**
 * Names: folders and files are kebab-case, none is a drawer for anything, and no name uses a word the glossary rules out.
 */
import { modulesOf } from './module.ts';
import type { Check, Finding, Tree } from './tree.ts';

const drawer = /^(utils?|helpers?|common|misc|lib)(\.|$)/;
/** Rego's own habit is a `lib` package that packs import. */
const libAllowed = 'policy/lib';
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

export const checkNames: Check = (tree) => [...checkPaths(tree), ...checkWords(tree)];

function checkPaths(tree: Tree): Finding[] {
  const paths = new Set<string>();
  // A pack is named by its folder, and Rego has no hyphens.
  const packs = new Set(tree.files.filter(({ path }) => path.endsWith('.rego')).map(({ path }) => path.slice(0, path.lastIndexOf('/'))));
  for (const { path } of tree.files.filter((file) => /\.(ts|js|mjs|rego)$/.test(file.path))) {
    const parts = path.split('/');
    for (let length = 1; length <= parts.length; length++) paths.add(parts.slice(0, length).join('/'));
  }
  return [...paths].flatMap((path): Finding[] => {
    const name = path.split('/').at(-1) ?? '';
    if (path !== libAllowed && drawer.test(name))
      return [{ rule: 'name-drawer', path, message: `"${name}" says nothing: name it after what it does` }];
    const isKebab = kebab.test(
      name
        .replace(/^\./, '')
        .replace(/_test\.rego$/, '.rego')
        .replaceAll('_', path.endsWith('.rego') || packs.has(path) ? '-' : '_'),
    );
    return isKebab ? [] : [{ rule: 'name-kebab', path, message: `"${name}" is not kebab-case` }];
  });
}

/** The line of the glossary that lists words never used in names: backquoted, under "Never". */
function bannedWords(tree: Tree): string[] {
  const section = /^## Never.*?\n(.*?)(?=\n## |$(?![\s\S]))/ms.exec(tree.find('docs/glossary.md')?.text ?? '')?.[1] ?? '';
  return [...section.matchAll(/^\| `([a-z]+)`/gm)].map((match) => match[1] ?? '');
}

function checkWords(tree: Tree): Finding[] {
  const banned = new Set(bannedWords(tree));
  return modulesOf(tree).flatMap(({ path, exports }) =>
    [{ name: path.split('/').at(-1) ?? '', line: 1 }, ...exports].flatMap(({ name, line }) =>
      wordsOf(name)
        .filter((word) => banned.has(word))
        .map((word) => ({ rule: 'name-word', path, line, message: `"${word}" in ${name}: docs/glossary.md names the word to use` })),
    ),
  );
}

const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
