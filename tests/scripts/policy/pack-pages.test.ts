/** What is generated from a pack for its readers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { findOpa } from '../../../scripts/policy/find-opa.ts';
import { packDocs } from '../../../scripts/policy/pack-docs.ts';
import { packPages } from '../../../scripts/policy/pack-pages.ts';
import { renderReadme } from '../../../scripts/policy/pack-readme.ts';
import { readPackSources } from '../../../scripts/policy/pack-sources.ts';
import { PackEntry } from '../../../shared/policy-catalog/pack-entry.ts';
import { copyCalmPack } from '../../support/copy-calm-pack.ts';

const opa = findOpa();
const withOpa = opa === undefined ? test.skip : test;
const without = opa === undefined ? ' (skipped: no OPA in MC_OPA, .oracles or PATH)' : '';
const shipped = readPackSources(fileURLToPath(new URL('../../../policy/packs/', import.meta.url)));

test.each(shipped)(
  'the catalog entry of $name is in the shape of its schema, and its README shows every rule and example',
  ({ folder }) => {
    const entry = PackEntry.parse(JSON.parse(readFileSync(join(folder, 'catalog.json'), 'utf8')));
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    for (const { rule } of entry.rules) expect(readme).toContain(`\`${rule}\``);
    for (const { title } of entry.examples) expect(readme).toContain(`### ${title}`);
    for (const point of entry.points) expect(readme).toContain(`\`${point}\``);
    expect(entry.rules.length).toBeGreaterThan(0);
    expect(entry.examples.length).toBeGreaterThan(0);
  },
);

withOpa(`a catalog entry is made of annotations, manifest, data and goldens, and of nothing else${without}`, () => {
  const pack = copyCalmPack();
  const entry = packDocs(opa ?? '', pack.sources());
  expect(PackEntry.parse(entry)).toMatchObject({
    name: 'calm',
    title: 'Calm',
    version: '1.0.0',
    points: ['plan', 'start'],
    reads: ['tenant.data', 'request'],
    data: { closed_regions: ['XX'] },
  });
  expect(entry.rules[0]).toEqual({
    rule: 'calm.region_closed',
    severity: 'failure',
    title: 'Closed region',
    description: 'Nothing is asked for in a region that is closed.',
    message: 'Region {got} is closed.',
    solution: 'Ask for another region.',
    effectiveOn: '2026-01-01T00:00:00Z',
  });
  expect(entry.examples).toHaveLength(5);
  pack.remove();
});

withOpa(`the README says how a tenant replaces the data, and a pack without data says so${without}`, () => {
  const pack = copyCalmPack();
  const entry = packDocs(opa ?? '', pack.sources());
  const readme = renderReadme(entry);
  expect(readme).toContain('"closed_regions"');
  expect(readme).toContain('what stands under `calm` there takes the place');
  expect(readme).toContain('| `calm.class_large` | warning | 2026-01-01 | Large machines |');
  expect(renderReadme({ ...entry, data: {} })).toContain('This pack has no rule data.');
  pack.remove();
});

withOpa(`no page is made of a pack whose rules do not say what they are about${without}`, async () => {
  const pack = copyCalmPack();
  pack.change('calm.rego', '#   solution: Try a smaller one.\n', '');
  await expect(packPages(opa ?? '', pack.sources())).rejects.toThrow('solution');
  pack.change('goldens.json', '"kind": "allow"', '"kind": "maybe"');
  await expect(packPages(opa ?? '', pack.sources())).rejects.toThrow('goldens.json');
  pack.remove();
});
