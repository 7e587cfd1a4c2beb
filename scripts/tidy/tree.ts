/**
 * The files of a checkout as the checks see them: text files only, build output left out, paths relative with forward slashes.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface TreeFile {
  path: string;
  text: string;
}

export interface Tree {
  files: readonly TreeFile[];
  find(path: string): TreeFile | undefined;
}

export interface Finding {
  rule: string;
  path: string;
  line?: number;
  message: string;
}

/** Looks at the whole tree and reports everything it finds, never only the first. */
export type Check = (tree: Tree) => Finding[];

const skippedFolders = new Set(['.git', 'node_modules', 'dist', 'cdk.out', 'coverage', '.oracles', '.peers', '.cloud', '.sst', '.venv']);
const textFile =
  /(^|\/)(\.[a-z]+|LICENSE|NOTICE|run)$|\.(ts|js|mjs|cjs|json|md|yml|yaml|rego|sh|html|css|svg|pem|pub|txt|env|npmrc|ndjson)$/;
/** A larger file is data, not something that people read. */
const maxBytes = 2 * 1024 * 1024;

function walk(root: string, folder: string, found: TreeFile[]): void {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name)) walk(root, path, found);
    } else if (entry.isFile() && textFile.test(path) && statSync(join(root, path)).size <= maxBytes) {
      found.push({ path, text: readFileSync(join(root, path), 'utf8') });
    }
  }
}

export function readTree(root: string): Tree {
  const files: TreeFile[] = [];
  walk(root, '', files);
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const byPath = new Map(files.map((file) => [file.path, file]));
  return { files, find: (path) => byPath.get(path) };
}

/** 1-based line of an offset in a text. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
