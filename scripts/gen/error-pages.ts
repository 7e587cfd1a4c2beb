/**
 * One page for every error code, at the address that `type` of a problem document names, and an index of them.
 */
import { posix } from 'node:path';
import { errorCatalog } from '../../shared/core/error-catalog/error-catalog.ts';
import type { GeneratedFile } from './generated-file.ts';

const folder = 'docs/errors';
const exitWords = { 1: 'failed', 2: 'usage', 3: 'denied', 4: 'does not verify', 5: 'not found', 6: 'conflict' } as const;
const codes = Object.entries(errorCatalog);

const fileOf = (code: string): string => `${code.split(':').slice(1).join('-')}.md`;

export function errorPages(): GeneratedFile[] {
  const pages = codes.map(([code, row]) => ({ path: `${folder}/${fileOf(code)}`, text: page(code, row) }));
  return [...pages, { path: `${folder}/README.md`, text: index() }];
}

function page(code: string, { status, exit, retry, title, fix }: (typeof errorCatalog)[keyof typeof errorCatalog]): string {
  return `# ${title}

| | |
| --- | --- |
| Code | \`${code}\` |
| HTTP status | ${status} |
| Exit code of \`maestro\` | ${exit} (${exitWords[exit]}) |
| Trying the same again | ${retry === 'backoff' ? 'may help; wait longer each time' : 'does not help'} |

## What to do

${linkPages(fix)}

[All error codes](README.md)
`;
}

function index(): string {
  const rows = codes.map(([code, { status, exit, title }]) => `| [\`${code}\`](${fileOf(code)}) | ${status} | ${exit} | ${title} |`);
  return `# Error codes

Every error of the API and the command line carries one of these codes; \`detail\` and \`issues\` say what was got and what is allowed, \`fix\` what to do.
The pages are generated from \`shared/core/error-catalog/\` by \`npm run gen\`.

| Code | HTTP | Exit | Title |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

const linkPages = (text: string): string =>
  text.replaceAll(/\bdocs\/[a-z0-9/-]+\.md\b/g, (target) => `[${posix.basename(target, '.md')}](${posix.relative(folder, target)})`);
