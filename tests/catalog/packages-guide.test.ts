import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openPackage, outputsOf } from '../support/run-catalog-package.ts';

const guide = readFileSync(new URL('../../docs/guides/packages.md', import.meta.url), 'utf8');
const example = (language: string): string => new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(guide)?.[1] ?? '';

const packages = new URL('../../catalog/packages/', import.meta.url);

const folder = mkdtempSync(join(tmpdir(), 'mc-guide-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('docs/guides/packages.md', () => {
  test('its example builds and runs as the guide says', async () => {
    writeFileSync(join(folder, 'mc-package.json'), example('json'));
    writeFileSync(join(folder, 'index.ts'), example('ts'));
    const run = await openPackage(folder);
    const greeted = await run({ name: 'Ada' });
    expect(outputsOf(greeted)).toEqual({ greeting: 'Hello Ada' });
    expect(greeted.logs.map(({ text }) => text)).toEqual(['greeting Ada']);
    expect((await run({})).issues).toMatchObject([{ pointer: '/name', code: 'required' }]);
  });

  test('it lists every package of the catalog', () => {
    for (const name of readdirSync(packages)) {
      const descriptor = JSON.parse(readFileSync(new URL(`${name}/mc-package.json`, packages), 'utf8')) as { name: string }; // Checked by the builder.
      expect(guide).toContain(`\`pkg:${descriptor.name}\``);
    }
  });
});
