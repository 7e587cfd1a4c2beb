import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { openPackage, outputsOf } from '../support/run-catalog-package.ts';

const [sbomOf, report] = await Promise.all([openPackage('sbom-npm'), openPackage('license-report')]);

const component = (name: string, ...licenses: object[]): object => ({
  type: 'library',
  name,
  version: '1.0.0',
  ...(licenses.length > 0 ? { licenses } : {}),
});
const id = (text: string): object => ({ license: { id: text } });
const sbom = (...components: object[]): { bomFormat: string; components: never[] } => ({
  bomFormat: 'CycloneDX',
  components: components as never[],
}); // Plain JSON.

describe('pkg:license/report', () => {
  test('the licences of this project are counted, most frequent first', async () => {
    const lockfile = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
    const { sbom: document, componentCount } = outputsOf(await sbomOf({ lockfile }));
    const outputs = outputsOf(await report({ sbom: document ?? null, deny: ['GPL-3.0-only', 'AGPL-3.0-only'] }));
    const licenses = outputs['licenses'] as { license: string; count: number }[]; // As its schema says; outputsOf has checked.
    expect(outputs).toMatchObject({ componentCount, compliant: true, violations: [] });
    expect(licenses[0]).toMatchObject({ license: 'MIT' });
    expect(licenses.reduce((sum, { count }) => sum + count, 0) + (outputs['withoutLicense'] as string[]).length).toBe(componentCount);
  });

  test('a denied licence is a violation, unless the expression leaves another choice', async () => {
    const outputs = outputsOf(
      await report({
        sbom: sbom(
          component('plain', id('GPL-3.0-only')),
          component('choice', { expression: '(MIT OR GPL-3.0-only)' }),
          component('both', { expression: 'MIT AND GPL-3.0-only' }),
          component('two', id('MIT'), id('GPL-3.0-only')),
        ),
        deny: ['GPL-3.0-only'],
      }),
    );
    expect(outputs['violations']).toEqual([
      { component: 'both@1.0.0', license: 'MIT AND GPL-3.0-only', reason: 'denied' },
      { component: 'plain@1.0.0', license: 'GPL-3.0-only', reason: 'denied' },
      { component: 'two@1.0.0', license: '(MIT) AND (GPL-3.0-only)', reason: 'denied' },
    ]);
  });

  test('with a list of allowed licences everything else, and no licence at all, is a violation', async () => {
    const document = sbom(
      component('a', id('MIT')),
      component('b', id('ISC')),
      component('c'),
      component('d', { expression: '(ISC OR (MIT AND Apache-2.0 WITH LLVM-exception))' }),
      component('e', { license: { name: 'Own licence (draft) OR else' } }),
    );
    const outputs = outputsOf(await report({ sbom: document, allow: ['MIT', 'Apache-2.0'] }));
    expect(outputs).toMatchObject({ compliant: false, withoutLicense: ['c@1.0.0'] });
    expect((outputs['violations'] as { component: string; reason: string }[]).map(({ component: name, reason }) => [name, reason])).toEqual(
      [
        ['b@1.0.0', 'not-allowed'],
        ['c@1.0.0', 'unknown'],
        ['e@1.0.0', 'not-allowed'],
      ],
    );
  });

  test('components inside components count', async () => {
    const nested = { ...component('outer', id('MIT')), components: [component('inner', id('ISC'))] };
    expect(outputsOf(await report({ sbom: sbom(nested) }))).toMatchObject({ componentCount: 2 });
  });

  test('violations can fail the task, for good and by name', async () => {
    const { result, logs } = await report({
      sbom: sbom(component('bad', id('GPL-3.0-only'))),
      deny: ['GPL-3.0-only'],
      failOnViolation: true,
    });
    expect(result).toMatchObject({
      failure: 'error',
      retryable: false,
      message: expect.stringContaining('bad@1.0.0 GPL-3.0-only (denied)'),
    });
    expect(logs[0]?.text).toContain('denied: bad@1.0.0');
  });

  test('what is no CycloneDX is refused', async () => {
    expect((await report({ sbom: { spdxVersion: 'SPDX-2.3' } })).result).toMatchObject({
      failure: 'error',
      retryable: false,
      message: expect.stringContaining('CycloneDX'),
    });
  });
});
