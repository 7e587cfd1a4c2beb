/**
 * What the estimator is judged on: workflows of real catalog packages, each with inputs of several sizes. Every run gets inputs of its own, from a seed:
 * other content, and a size that varies by a third around that of its case.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MaestroClient } from '../../../cli/client/maestro-client.ts';
import type { Json } from '../../../shared/core/json/canonical-json.ts';

export interface SuiteCase {
  title: string;
  /** `name@version` of one of the workflows. */
  workflow: string;
  inputsOf: (client: MaestroClient, random: () => number) => Promise<Record<string, Json>> | Record<string, Json>;
}

/** One task, in a class in which its time is a good part of its price. */
const oneTask = (name: string, resourceClass: string, uses: string, lines: string): string => `name: ${name}
version: 1.0.0
resourceClass: ${resourceClass}
inputs:
  data: { type: ${name === 'suite-digest' ? 'string' : 'array'} }
tasks:
  - id: work
    uses: 'pkg:${uses}@1.0.0'
    with:
${lines}
`;

const audit = readFileSync(fileURLToPath(new URL('../../../catalog/workflows/supply-chain-audit.yaml', import.meta.url)), 'utf8');

/** Manifests of every workflow of the suite; the audit is the shipped one. */
export const suiteWorkflows: readonly string[] = [
  oneTask('suite-digest', 'small', 'crypto/digest', "      text: '${{ inputs.data }}'"),
  oneTask(
    'suite-transform',
    'medium',
    'data/transform',
    '      data: \'${{ inputs.data }}\'\n      expression: \'{ "count": $count($), "total": $sum($.amount), "names": $distinct($.name) }\'',
  ),
  oneTask(
    'suite-validate',
    'large',
    'data/validate',
    "      value: '${{ inputs.data }}'\n      schema: { type: array, items: { type: object, required: [name, amount], properties: { amount: { type: integer } } } }",
  ),
  oneTask(
    'suite-report',
    'large',
    'report/markdown',
    "      title: Suite\n      sections:\n        - heading: Rows\n          table: { rows: '${{ inputs.data }}' }",
  ),
  `name: suite-wait
version: 1.0.0
resourceClass: large
tasks:
  - { id: short, uses: 'pkg:demo/sleep@1.0.0', with: { ms: 150 } }
  - { id: long, uses: 'pkg:demo/sleep@1.0.0', needs: [short], with: { ms: 600 } }
`,
  audit,
];

const around = (size: number, random: () => number): number => Math.max(1, Math.round(size * (0.67 + random() * 0.66)));
const word = (random: () => number): string => Math.floor(random() * 36 ** 6).toString(36);

function text(size: number, random: () => number): string {
  let made = '';
  for (const end = around(size, random); made.length < end;) made += `${word(random)} `;
  return made;
}

const rows = (count: number, random: () => number): Json[] =>
  Array.from({ length: around(count, random) }, () => ({ name: word(random), amount: Math.floor(random() * 1_000) }));

/** A lockfile of packages that nobody published. */
function lockfile(count: number, random: () => number): string {
  const entries = Array.from({ length: around(count, random) }, (): [string, Json] => {
    const name = `${word(random)}-x`;
    const version = `${Math.floor(random() * 9)}.0.0`;
    const resolved = `https://registry.example.com/${name}/-/${name}-${version}.tgz`;
    return [`node_modules/${name}`, { version, resolved, license: random() < 0.8 ? 'MIT' : 'Apache-2.0' }];
  });
  const packages = { '': { name: 'suite', version: '1.0.0' }, ...Object.fromEntries(entries) };
  return JSON.stringify({ name: 'suite', version: '1.0.0', lockfileVersion: 3, packages });
}

const withData =
  (make: (size: number, random: () => number) => Json, size: number): SuiteCase['inputsOf'] =>
  (_client, random) => ({ data: make(size, random) });

const auditOf =
  (packages: number): SuiteCase['inputsOf'] =>
  async (client, random) => {
    const { digest, name } = await client.uploadFile('package-lock.json', Buffer.from(lockfile(packages, random)));
    return { lockfile: { digest, name } };
  };

/** Each kind of work in several sizes, up to nearly the 256 KiB that the inputs of a start may have; the audit reads a file. */
export const suiteCases: readonly SuiteCase[] = [
  ...[200, 10_000, 150_000].map((size) => ({
    title: `digest of ${size} characters`,
    workflow: 'suite-digest@1.0.0',
    inputsOf: withData(text, size),
  })),
  ...[10, 500, 4_000].map((count) => ({
    title: `transform of ${count} rows`,
    workflow: 'suite-transform@1.0.0',
    inputsOf: withData(rows, count),
  })),
  ...[10, 4_000].map((count) => ({
    title: `validation of ${count} rows`,
    workflow: 'suite-validate@1.0.0',
    inputsOf: withData(rows, count),
  })),
  ...[10, 4_000].map((count) => ({ title: `report of ${count} rows`, workflow: 'suite-report@1.0.0', inputsOf: withData(rows, count) })),
  { title: 'two waits', workflow: 'suite-wait@1.0.0', inputsOf: () => ({}) },
  ...[30, 800].map((count) => ({ title: `audit of ${count} packages`, workflow: 'supply-chain-audit@1.0.0', inputsOf: auditOf(count) })),
];
