import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openCliHome, type CliHome } from '../support/cli/open-cli-home.ts';
import { jsonOf, type CliResult } from '../support/cli/run-cli.ts';

const patient = `name: patient
version: 1.0.0
tasks:
  - { id: read, uses: "pkg:demo/echo@1.0.0" }
  - { id: wait, uses: "pkg:demo/sleep@1.0.0", needs: [read], with: { ms: 8000 } }
`;

const Started = z.object({ id: z.string() });

/** A run needs a sandbox and a process for each command, on a machine that may be busy. */
const slowMs = 120_000;

describe('actions, by the command line', () => {
  let home: CliHome;
  let cancelled: string;
  let retried: string;

  const maestro = (...args: string[]): Promise<CliResult> => home.maestro(...args);

  beforeAll(async () => {
    home = await openCliHome();
    writeFileSync(home.file('patient.yaml'), patient);
    await maestro('publish', 'patient.yaml');
  }, slowMs);
  afterAll(() => home.close(), slowMs);

  test(
    'cancel --wait stays until the run is sealed, says by whom and why, and exits 0',
    async () => {
      cancelled = Started.parse(jsonOf(await maestro('run', 'patient', '--json'))).id;
      const result = await maestro('cancel', cancelled, '--reason', 'wrong lockfile', '--wait');
      expect(result.code).toBe(0);
      expect(result.stdout).toContain('■ cancelled');
      expect(result.stdout).toMatch(/cancelled by admin@local at .*: wrong lockfile/);
      expect(await maestro('cancel', cancelled, '--reason', 'once more')).toMatchObject({ code: 0 });
      expect(await maestro('status', cancelled, '--watch')).toMatchObject({ code: 1 });
    },
    slowMs,
  );

  test(
    'an action without a reason is a usage error, and does nothing',
    async () => {
      const { id } = Started.parse(jsonOf(await maestro('run', 'patient', '--json')));
      for (const action of ['cancel', 'retry', 'replay']) {
        const result = await maestro(action, id);
        expect(result).toMatchObject({ code: 2, stdout: '' });
        expect(result.stderr).toContain('--reason');
      }
      expect(jsonOf(await maestro('status', id, '--json'))).toMatchObject({ cancellation: null });
    },
    slowMs,
  );

  test(
    'retry --wait runs what is missing and shows what was reused; a second retry is a conflict that names the first',
    async () => {
      const result = await maestro('retry', cancelled, '--reason', 'the lockfile was right', '--wait');
      expect(result.code).toBe(0);
      expect(result.stdout).toContain(`retry of ${cancelled}`);
      expect(result.stdout).toMatch(/read +✔ succeeded .* reused/);
      retried = /exec_[0-9A-Z]{26}/.exec(result.stdout)?.[0] ?? '';
      const second = await maestro('retry', cancelled, '--reason', 'again');
      expect(second.code).toBe(6);
      expect(second.stderr).toContain(retried);
      expect(await maestro('cancel', retried, '--reason', 'late')).toMatchObject({ code: 6 });
      expect(await maestro('replay', 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV', '--reason', 'none')).toMatchObject({ code: 5 });
    },
    slowMs,
  );

  test(
    'diff exits 0 for two runs that are the same, and 1 with the first step in which they are not',
    async () => {
      const replay = Started.parse(jsonOf(await maestro('replay', retried, '--reason', 'does it come out the same?', '--wait', '--json')));
      const same = await maestro('diff', retried, replay.id);
      expect(same).toMatchObject({ code: 0, stderr: '' });
      expect(same.stdout).toContain('the same, step by step');
      const parted = await maestro('diff', cancelled, replay.id);
      expect(parted.code).toBe(1);
      expect(parted.stdout).toContain('first difference: start, state');
      expect(parted.stdout).toMatch(/wait +state +cancelled +succeeded/);
      const json = jsonOf(await maestro('diff', cancelled, replay.id, '--json'));
      expect(json).toMatchObject({ a: cancelled, b: replay.id, isSame: false, first: { step: 'start' } });
    },
    slowMs,
  );
});
