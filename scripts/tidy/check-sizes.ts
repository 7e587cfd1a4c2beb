/**
 * Sizes beyond which code is no longer read: files, functions, folders, nesting of folders.
 * The limits are where reading breaks down, not goals; aim for half of them.
 */
import ts from 'typescript';
import { modulesOf, type Module } from './module.ts';
import type { Check, Finding, Tree, TreeFile } from './tree.ts';

const limits = {
  fileLines: 400,
  testFileLines: 600,
  stateMachineLines: 200,
  functionLines: 60,
  filesPerFolder: 20,
  filesPerTestFolder: 40,
  folderDepth: 3,
} as const;

const isTest = (path: string): boolean => path.startsWith('tests/');
const isCode = (path: string): boolean => /\.(ts|js|mjs|rego|sh)$|\.asl\.json$/.test(path) && !path.startsWith('docs/');

export const checkSizes: Check = (tree) => [
  ...tree.files.filter(({ path }) => isCode(path)).flatMap(checkFile),
  ...modulesOf(tree).flatMap(checkFunctions),
  ...checkFolders(tree),
];

function checkFile({ path, text }: TreeFile): Finding[] {
  const lines = text.trimEnd().split('\n').length;
  const limit = isTest(path) ? limits.testFileLines : path.endsWith('.asl.json') ? limits.stateMachineLines : limits.fileLines;
  return lines > limit
    ? [{ rule: 'file-size', path, message: `${lines} lines, the limit is ${limit}: a second concept lives here, give it a file` }]
    : [];
}

function checkFunctions({ path, source }: Module): Finding[] {
  const found: Finding[] = [];
  const lineOf = (offset: number): number => source.getLineAndCharacterOfPosition(offset).line + 1;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body && !(isTest(path) && isSuite(node.body))) {
      const line = lineOf(node.getStart(source));
      const lines = lineOf(node.end) - line + 1;
      if (lines > limits.functionLines)
        found.push({ rule: 'function-size', path, line, message: `a function of ${lines} lines, the limit is ${limits.functionLines}` });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** A function that declares tests is a chapter of them, not a function that anybody has to hold in mind; each test in it is measured. */
function isSuite(body: ts.Node): boolean {
  return ts.isBlock(body) && body.statements.some(declaresTest);
}

/** A call such as `test('what holds', () => …)`, whatever the function is called that decides whether it runs. */
function declaresTest(statement: ts.Statement): boolean {
  if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) return false;
  const [title, body] = statement.expression.arguments;
  return (
    !!title &&
    !!body &&
    (ts.isStringLiteralLike(title) || ts.isTemplateExpression(title)) &&
    (ts.isArrowFunction(body) || ts.isFunctionExpression(body))
  );
}

function checkFolders(tree: Tree): Finding[] {
  const counts = new Map<string, number>();
  for (const { path } of tree.files.filter((file) => isCode(file.path))) {
    const folder = path.split('/').slice(0, -1).join('/');
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].flatMap(([path, count]) => {
    const limit = isTest(path) ? limits.filesPerTestFolder : limits.filesPerFolder;
    const depth = path.split('/').length - (isTest(path) ? 1 : 0);
    return [
      ...(count > limit ? [{ rule: 'folder-size', path, message: `${count} files, the limit is ${limit}: split by sub-concept` }] : []),
      ...(depth > limits.folderDepth
        ? [{ rule: 'folder-depth', path, message: `${depth} levels deep, the limit is ${limits.folderDepth}` }]
        : []),
    ];
  });
}
