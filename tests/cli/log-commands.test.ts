/** The commands around the transparency log, as processes on a running home. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SimulatedRunner } from '../../runner/simulated/simulated-runner.ts';
import { openCliHome, type CliHome } from '../support/cli/open-cli-home.ts';
import { jsonOf, type CliResult } from '../support/cli/run-cli.ts';

const manifest =
  'name: logged\nversion: 1.0.0\ntasks: [{ id: a, uses: "pkg:demo/echo@1.0.0", with: { n: 1 } }]\noutputs: { n: "${{ tasks.a.outputs.n }}" }\n';
const golden = fileURLToPath(new URL('../golden/receipts/v0.2.0/', import.meta.url));

/** A process for each command, on a machine that may be busy. */
const slowMs = 120_000;

describe('the transparency log on the command line', () => {
  let home: CliHome;
  let id: string;

  const maestro = (...args: string[]): Promise<CliResult> => home.maestro(...args);
  const done = (...args: string[]): Promise<CliResult> => home.done(...args);

  beforeAll(async () => {
    home = await openCliHome({ runner: new SimulatedRunner() });
    writeFileSync(home.file('workflow.yaml'), manifest);
    await done('publish', 'workflow.yaml');
    ({ id } = jsonOf(await done('run', 'logged', '--wait', '--json')) as { id: string }); // Its shape is asserted elsewhere.
    await done('receipt', id, '-o', 'r.sigstore.json');
    await done('receipt', id, '-o', 'old.sigstore.json', '--without-log');
    await done('keys', 'export', '-o', 'mc.pub');
    await done('keys', 'export', '--trusted-root', '-o', 'trusted_root.json');
  }, slowMs);
  afterAll(() => home.close(), slowMs);

  test(
    'verify tells whether a receipt stands in a log that is trusted, in one that is not known, or in none',
    async () => {
      const trust = ['--trusted-root', 'trusted_root.json'];
      const trusted = await done('verify', 'r.sigstore.json', 'r.outputs.json', ...trust, '--require-log', '--json');
      expect(jsonOf(trusted)).toMatchObject({ verified: true, log: { isTrusted: true, origin: expect.stringMatching(/^mc-/) } });
      expect((await done('verify', 'r.sigstore.json')).stdout).toContain('signature of the log not checked');
      expect((await done('verify', 'old.sigstore.json', ...trust)).stdout).toContain('not logged');
      expect(await maestro('verify', 'old.sigstore.json', ...trust, '--require-log')).toMatchObject({ code: 4 });
    },
    slowMs,
  );

  test(
    'verify refuses an entry of a log that the trusted root does not name, and a trusted root that is none',
    async () => {
      const root = JSON.parse(readFileSync(home.file('trusted_root.json'), 'utf8')) as object;
      writeFileSync(home.file('empty_root.json'), JSON.stringify({ ...root, tlogs: [] }));
      expect(await maestro('verify', 'r.sigstore.json', '--trusted-root', 'empty_root.json')).toMatchObject({ code: 4 });
      for (const file of ['workflow.yaml', 'r.sigstore.json', 'absent.json'])
        expect(await maestro('verify', 'r.sigstore.json', '--trusted-root', file)).toMatchObject({ code: 2 });
    },
    slowMs,
  );

  test(
    'receipts of before there was a log verify as not logged',
    async () => {
      const args = ['verify', `${golden}succeeded.sigstore.json`, `${golden}succeeded.outputs.json`, '--key', `${golden}mc.pub`];
      expect(jsonOf(await done(...args, '--trusted-root', 'trusted_root.json', '--json'))).toMatchObject({ verified: true, log: null });
      expect(await maestro(...args, '--require-log')).toMatchObject({ code: 4 });
    },
    slowMs,
  );

  test(
    'checkpoint, prove and audit answer, and the audit keeps the checkpoint for the next one',
    async () => {
      const trust = ['--trusted-root', 'trusted_root.json'];
      const { size, verifierKey } = jsonOf(await done('log', 'checkpoint', '--json', '-o', 'log.checkpoint')) as {
        size: number;
        verifierKey: string;
      };
      expect(verifierKey).toMatch(/^mc-[0-9a-f]{32}\.log\.maestro-conductor\.dev\+[0-9a-f]{8}\+A/);
      expect(jsonOf(await done('log', 'prove', 'r.sigstore.json', '--key', 'mc.pub', ...trust, '--json'))).toMatchObject({ proven: true });
      expect(await maestro('log', 'prove', 'old.sigstore.json', ...trust)).toMatchObject({ code: 4 });
      expect(jsonOf(await done('log', 'audit', '--state', 'log.checkpoint', ...trust, '--json'))).toMatchObject({
        whole: true,
        since: size,
      });
      expect(readFileSync(home.file('log.checkpoint'), 'utf8')).toMatch(/^mc-/);
    },
    slowMs,
  );

  test(
    'an audit that finds a log which is not the one of before ends with 4 and leaves the checkpoint of before alone',
    async () => {
      const kept = readFileSync(home.file('log.checkpoint'), 'utf8');
      writeFileSync(home.file('forged.checkpoint'), kept.replace(/\n(\d+)\n/, '\n1$1\n'));
      expect(await maestro('log', 'audit', '--state', 'forged.checkpoint')).toMatchObject({ code: 4 });
      expect(readFileSync(home.file('forged.checkpoint'), 'utf8')).not.toBe(kept);
    },
    slowMs,
  );

  test(
    'a receipt of before a rotation is proven with the keys that the home publishes, and with those of a file',
    async () => {
      await done('keys', 'rotate', '--window', '0', '--wait');
      await done('keys', 'export', '-o', 'all.pub');
      expect(readFileSync(home.file('all.pub'), 'utf8').match(/BEGIN PUBLIC KEY/g)).toHaveLength(2);
      expect(jsonOf(await done('log', 'prove', 'r.sigstore.json', '--json'))).toMatchObject({ proven: true });
      expect(jsonOf(await done('log', 'prove', 'r.sigstore.json', '--key', 'all.pub', '--json'))).toMatchObject({ proven: true });
      writeFileSync(home.file('new.pub'), readFileSync(home.file('all.pub'), 'utf8').split('# ')[1]?.replace(/^.*\n/, '') ?? '');
      const refused = await maestro('log', 'prove', 'r.sigstore.json', '--key', 'new.pub');
      expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('but the trusted key is') });
    },
    slowMs,
  );

  test(
    'what a receipt prints gets the key that signed it, also after a rotation',
    async () => {
      const { stdout } = await done('receipt', id, '-o', 'early.sigstore.json');
      const [, args = ''] = /^ {2}maestro (keys export .*mc\.pub)$/m.exec(stdout) ?? [];
      const signedBy = readFileSync(home.file('mc.pub'), 'utf8');
      await done(...args.split(' '));
      expect(readFileSync(home.file('mc.pub'), 'utf8')).toBe(signedBy);
    },
    slowMs,
  );

  test(
    'prove refuses a file that says two things, or is no bundle',
    async () => {
      writeFileSync(home.file('twice.json'), readFileSync(home.file('r.sigstore.json'), 'utf8').replace('{', '{"mediaType":"x",'));
      expect(await maestro('log', 'prove', 'twice.json')).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('names a member twice'),
      });
      expect(await maestro('log', 'prove', 'trusted_root.json')).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('not a bundle'),
      });
    },
    slowMs,
  );
});
