import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SimulatedRunner } from '../../../runner/simulated/simulated-runner.ts';
import { openCliHome, type CliHome } from '../../support/cli/open-cli-home.ts';
import { jsonOf, type CliResult } from '../../support/cli/run-cli.ts';

/** Every command is a process of its own, on a machine that may be busy. */
const slowMs = 60_000;

describe('maestro tenants', () => {
  let home: CliHome;
  const maestro = (args: string[], env: Record<string, string> = {}): Promise<CliResult> => home.run(args, { env });

  beforeAll(async () => {
    home = await openCliHome({ runner: new SimulatedRunner(), log: () => undefined });
    const created = await maestro(['tenants', 'create', 'acme', '--admin', 'admin@example.com']);
    expect(created).toMatchObject({ code: 0, stdout: expect.stringContaining('maestro tenants token acme --subject admin@example.com') });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(home.file('secret.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  }, slowMs);
  afterAll(() => home.close());

  test(
    'creates with the limits that were given, shows them, and says when the name is taken',
    async () => {
      const limits = ['--max-concurrent', '5', '--classes', 'large,small', '--daily-usd', '12.5', '--time-zone', 'Europe/Berlin'];
      const created = await maestro(['tenants', 'create', 'beta', '--name', 'Beta', ...limits, '--json']);
      expect(jsonOf(created)).toMatchObject({
        id: 'beta',
        quota: { maxConcurrent: 5, resourceClasses: ['small', 'large'] },
        budget: { dailyMaxUSD: 12.5 },
      });
      const shown = (await maestro(['tenants', 'show', 'beta'])).stdout;
      expect(shown).toMatch(
        /quota +░+ +0 % +0 of 5 runs open\n +budget +░+ +0 % .* = \$0\.00 of \$12\.50 on \d{4}-\d\d-\d\d \(Europe\/Berlin\)/,
      );
      expect(shown).toMatch(/classes small, large$/m);
      const list = await maestro(['tenants', 'ls']);
      expect(list.stdout).toMatch(/TENANT +NAME +OPEN RUNS +USD A DAY +TIME ZONE/);
      expect(list.stdout).toMatch(/beta +Beta +at most 5 +12\.5 +Europe\/Berlin/);
      expect(await maestro(['tenants', 'create', 'beta'])).toMatchObject({
        code: 6,
        stderr: expect.stringContaining('mc:tenant:conflict'),
      });
    },
    slowMs,
  );

  test(
    'makes a token that the home knows, with the role of the stored member',
    async () => {
      const made = await maestro(['tenants', 'token', 'acme', '--subject', 'admin@example.com']);
      expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('admin@example.com of acme: admin') });
      const me = await maestro(['whoami', '--json'], { MC_TOKEN: made.stdout.trim() });
      expect(jsonOf(me)).toMatchObject({ subject: 'admin@example.com', tenant: 'acme', roles: ['admin'] });
      expect(await maestro(['tenants', 'token', 'gone', '--subject', 'a', '--role', 'admin'])).toMatchObject({
        ...{ code: 5, stdout: '' },
        stderr: expect.stringContaining('There is no tenant gone'),
      });
    },
    slowMs,
  );

  test(
    'makes no token that would be worth nothing, and says what to do instead',
    async () => {
      const stranger = await maestro(['tenants', 'token', 'acme', '--subject', 'new@example.com']);
      expect(stranger).toMatchObject({ code: 3, stdout: '' });
      expect(stranger.stderr).toContain('maestro tenants member acme new@example.com --role viewer');
      await maestro(['tenants', 'member', 'acme', 'eve@example.com', '--role', 'viewer', '--suspend']);
      const suspended = await maestro(['tenants', 'token', 'acme', '--subject', 'eve@example.com', '--role', 'admin']);
      expect(suspended).toMatchObject({ code: 3, stdout: '' });
      expect(suspended.stderr).toContain('maestro tenants member acme eve@example.com --role viewer --resume');
    },
    slowMs,
  );

  test(
    'lists who changed what, the newest first, and goes on where a page ended',
    async () => {
      const made = await maestro(['tenants', 'token', 'acme', '--subject', 'admin@example.com']);
      const asAdmin = { MC_TOKEN: made.stdout.trim() };
      await maestro(['tenants', 'set', 'acme', '--name', 'Acme', '--reason', 'a nicer name'], asAdmin);
      const first = await maestro(['tenants', 'audit', '--limit', '1'], asAdmin);
      expect(first.stdout).toMatch(/^WHEN +WHO +WHAT +OF +WHY\n\S+Z +admin@example\.com +mc\.tenant\.change +acme +a nicer name\n$/);
      const cursor = /more: maestro tenants audit --cursor (\S+)/.exec(first.stderr)?.[1] ?? '';
      expect((await maestro(['tenants', 'audit', '--cursor', cursor], asAdmin)).stdout).toMatch(/mc\.tenant\.create +acme/);
    },
    slowMs,
  );

  test(
    'changes members and settings, and lists them',
    async () => {
      const token = (await maestro(['tenants', 'token', 'acme', '--subject', 'admin@example.com'])).stdout.trim();
      const asAdmin = { MC_TOKEN: token };
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      writeFileSync(home.file('team.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
      writeFileSync(home.file('rules.json'), JSON.stringify({ residency: { banned_jurisdictions: ['XX'] } }));
      const set = await maestro(['tenants', 'set', 'acme', '--data', 'rules.json', '--policy-key', 'team.pub', '--json'], asAdmin);
      expect(jsonOf(set)).toMatchObject({
        data: { residency: { banned_jurisdictions: ['XX'] } },
        policyKeys: [{ keyId: expect.stringMatching(/^SHA256:/) }],
      });
      expect(await maestro(['tenants', 'set', 'acme', '--daily-usd', '500'], asAdmin)).toMatchObject({
        code: 3,
        stderr: expect.stringContaining('local'),
      });
      const put = await maestro(['tenants', 'member', 'acme', 'ci@example.com', '--role', 'operator', '--service', '--suspend'], asAdmin);
      expect(put.stdout).toContain('ci@example.com of acme: operator, suspended (service)');
      expect((await maestro(['tenants', 'members'], asAdmin)).stdout).toMatch(/ci@example\.com +operator +service +suspended/);
      expect((await maestro(['tenants', 'members'], asAdmin)).stdout).toMatch(
        /SUBJECT +ROLE +KIND +STATE\nadmin@example\.com +admin +person +active/,
      );
    },
    slowMs,
  );

  const refused: [string, string[], string][] = [
    ['--max-concurrent', ['set', 'acme', '--max-concurrent', 'many'], '"many"; allowed is a whole number'],
    ['--daily-usd', ['create', 'gamma', '--daily-usd', '1e3'], '12.50'],
    ['--classes', ['set', 'acme', '--classes', 'huge'], 'small, medium, large'],
    ['--data', ['set', 'acme', '--data', 'team.txt'], 'cannot be read'],
    ['--lifetime', ['token', 'acme', '--subject', 'a', '--lifetime', '31d'], '30d'],
    ['--role', ['token', 'acme', '--subject', 'a', '--role', 'root'], 'admin, operator, composer, viewer'],
    ['--suspend with --resume', ['member', 'acme', 'a', '--role', 'viewer', '--suspend', '--resume'], 'contradict'],
    ['nothing to change', ['set', 'acme', '--reason', 'none'], 'give one of --data'],
    ['a private key', ['set', 'acme', '--policy-key', 'secret.pem'], 'openssl ec -in secret.pem -pubout'],
    ['a budget of 0', ['set', 'acme', '--daily-usd', '0'], 'more than 0'],
  ];
  test.each(refused)(
    'refuses %s with what is allowed',
    async (_, args, said) => {
      expect(await maestro(['tenants', ...args])).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(said) });
    },
    slowMs,
  );

  test('needs a running home for a token', async () => {
    const result = await maestro(['tenants', 'token', 'acme', '--subject', 'a', '--data-dir', home.file('none')]);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('mc:host:unreachable') });
  });

  test(
    'sets shadow mode for the owner of the home, shouts it, and knows no other mode',
    async () => {
      const set = await maestro(['tenants', 'set', 'acme', '--egress', 'shadow', '--reason', 'trial week']);
      expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('SHADOW MODE') });
      const back = await maestro(['tenants', 'set', 'acme', '--egress', 'enforce']);
      expect(back).toMatchObject({ code: 0, stdout: expect.stringMatching(/egress +enforced/) });
      expect(await maestro(['tenants', 'set', 'acme', '--egress', 'off'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('enforce and shadow'),
      });
    },
    slowMs,
  );
});
