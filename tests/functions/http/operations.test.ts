import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { operations } from '../../../functions/http/index.ts';

const root = new URL('../../../functions/http/', import.meta.url);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.includes('/') && path.endsWith('.ts'));

const fileNameOf = (id: string): string => `${id.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`;

describe('the registry', () => {
  test('has one file for every operation, named after it, and no file is left out', () => {
    expect(operations.map(({ id }) => fileNameOf(id)).sort()).toEqual(files.map((path) => path.split('/').at(-1)).sort());
  });

  test.each(files)('%s exports its operation and a Lambda handler', async (path) => {
    const module: unknown = await import(new URL(path, root).href);
    expect(module).toMatchObject({ operation: { id: expect.any(String) }, handler: expect.any(Function) });
    expect(operations).toContain((module as { operation: unknown }).operation);
  });

  test('asks for a role everywhere but at health, documentation, public keys and signed addresses', () => {
    const open = operations.filter(({ roles }) => roles === 'public').map(({ path }) => path);
    expect(open.sort()).toEqual([
      '/api/evidence-files/{id}',
      '/api/keys',
      '/api/keys/trusted-root',
      '/api/log/checkpoint',
      '/api/log/tile/{tilePath+}',
      '/docs',
      '/healthz',
      '/openapi.json',
      '/schemas/manifest.v1.json',
    ]);
  });

  test('an input file that nobody uploaded is an input that does not fit, never a missing resource', () => {
    for (const { problems = [] } of operations) expect(problems).not.toContain('mc:file:not-found');
  });

  test('limits every body', () => {
    for (const { body } of operations) expect(body?.maxBytes ?? 1).toBeLessThanOrEqual(4 * 1024 * 1024);
  });

  test('takes no reason of white space for one', () => {
    const reasons = operations.flatMap(({ id, body }) => {
      const reason: unknown = body?.kind === 'json' && body.schema instanceof z.ZodObject ? body.schema.shape['reason'] : undefined;
      return reason instanceof z.ZodType ? [{ id, isTaken: reason.safeParse(' \t\n ').success }] : [];
    });
    expect(reasons.length).toBeGreaterThan(9);
    expect(reasons.filter(({ isTaken }) => isTaken)).toEqual([]);
  });

  test('is loaded by the embedded host without anything of AWS', () => {
    const program = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ resolve: (specifier, context, next) => (seen.push(specifier), next(specifier, context)) });
      await import(${JSON.stringify(new URL('index.ts', root).href)});
      console.log(JSON.stringify(seen));`;
    const seen = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
    expect(seen).toContain('lambda.ts');
    // The libraries of certificates take 40 ms to load, and only who certifies needs them.
    expect(seen).not.toMatch(/@aws|@middy|@smithy|@peculiar/);
  });
});
