import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';

const script = fileURLToPath(new URL('../../../../scripts/bench/commands/disclosure.ts', import.meta.url));
const Report = z.looseObject({
  packs: z.array(
    z.looseObject({
      logBytes: z.number(),
      packBytes: z.number(),
      packMs: z.tuple([z.number(), z.number()]),
      isSameTwice: z.literal(true),
      withheld: z.number().positive(),
      restRssBytes: z.number().positive(),
      peakRssBytes: z.number().positive(),
      cpuMs: z.number().positive(),
      kind: z.string(),
      tar: z.array(z.looseObject({ command: z.string(), ms: z.number(), bytes: z.number() })),
    }),
  ),
  missing: z.array(z.string()),
});

describe('the bench of disclosure packs', () => {
  test('makes logs of the wanted size, measures their packs, and compares them with tar and gzip', () => {
    const bench = spawnSync(process.execPath, [script, '--json', '--megabytes', '5', '--sets', '2'], { encoding: 'utf8' });
    const { packs, missing } = Report.parse(JSON.parse(bench.stdout));
    expect(packs.map(({ logBytes }) => Math.round(logBytes / 1_000_000))).toEqual([5, 5]);
    for (const { packBytes, logBytes, packMs, tar } of packs) {
      expect(packBytes).toBeLessThan(logBytes / 2);
      expect(Math.min(...packMs)).toBeGreaterThan(0);
      expect(tar.map(({ command }) => command)).toEqual(expect.arrayContaining(['tar | gzip -4', 'tar | gzip']));
      expect(tar.some(({ command }) => command.includes('pigz'))).toBe(!missing.includes('pigz'));
    }
    expect(packs.map(({ kind }) => kind)).toEqual(['records', 'text']);
  }, 120_000);

  test('refuses sizes that are none', () => {
    expect(spawnSync(process.execPath, [script, '--megabytes', '0'], { encoding: 'utf8' })).toMatchObject({ status: 2 });
    expect(spawnSync(process.execPath, [script, '--sets', 'many'], { encoding: 'utf8' })).toMatchObject({ status: 2 });
  });
});
