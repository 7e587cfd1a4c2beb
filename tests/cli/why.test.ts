import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { openCliHome, type CliHome } from '../support/cli/open-cli-home.ts';
import { earlierDecisionRow } from '../support/earlier-versions/decision-row.ts';
import { jsonOf, runCli, type CliResult } from '../support/cli/run-cli.ts';

const manifest = `name: greeting
version: 1.0.0
region: US
tasks:
  - { id: greet, uses: "pkg:demo/echo@1.0.0", with: { text: Hello } }
`;

const Started = z.object({ id: z.string(), decisionId: z.string() });
const Explained = z.object({
  attemptDecisions: z.array(z.object({ point: z.string(), input: z.object({ task: z.object({ id: z.string() }) }) })),
});
const Denied = z.object({ error: z.object({ decisionId: z.string() }) });

/** A run needs a sandbox and a process for each command, on a machine that may be busy. */
const slowMs = 120_000;

describe('why a run may run, told by the command line', () => {
  let home: CliHome;
  let execution: z.infer<typeof Started>;
  let denial: string;

  const maestro = (...args: string[]): Promise<CliResult> => home.maestro(...args);

  beforeAll(async () => {
    home = await openCliHome();
    writeFileSync(home.file('workflow.yaml'), manifest);
    await maestro('publish', 'workflow.yaml');
    execution = Started.parse(jsonOf(await maestro('run', 'greeting', '--wait', '--json')));
    denial = Denied.parse(jsonOf(await maestro('run', 'greeting', '--region', 'EU', '--json'))).error.decisionId;
  }, slowMs);
  afterAll(() => home.close(), slowMs);

  test(
    'whoami answers subject, tenant, roles, quotas and budget first, and for people how much is left',
    async () => {
      const json = jsonOf(await maestro('whoami', '--json')) as object; // Its fields are asserted.
      expect(Object.keys(json)).toEqual([...['subject', 'tenant', 'roles', 'quotas', 'budget'], ...Object.keys(json).slice(5)]);
      expect(json).toMatchObject({
        subject: 'admin@local',
        tenant: 'local',
        roles: ['admin'],
        quotas: { maxConcurrent: expect.any(Number), inUse: 0 },
        budget: { dailyMaxUSD: 100, spentUSD: expect.any(Number) },
        url: home.host.url,
      });
      const { stdout } = await maestro('whoami');
      expect(stdout).toMatch(/quota .*% +0 of \d+ runs open/);
      expect(stdout).toMatch(/budget .*spent \+ \$0\.00 reserved = .* of \$100\.00 on \d{4}-\d\d-\d\d \(Etc\/UTC\)/);
    },
    slowMs,
  );

  test(
    'a plan shows every pack, the price with its interval and basis, and what quota and budget are left',
    async () => {
      const { stdout } = await maestro('plan', 'greeting');
      expect(stdout).toMatch(/estimated cost \$[\d.]+, between \$[\d.]+ and \$[\d.]+/);
      expect(stdout).toMatch(/greet .*(declared|learned from)/);
      for (const pack of ['access', 'budget', 'egress', 'encryption', 'pii', 'quotas', 'residency'])
        expect(stdout).toMatch(new RegExp(`[✔!✘] ${pack} +(allow|warn)`));
      expect(stdout).toMatch(/1 of \d+ runs open with this one/);
      expect(stdout).toMatch(/this run = \$[\d.]+ of \$100\.00/);
    },
    slowMs,
  );

  test(
    'a started run says which decision let it, and on which budget',
    async () => {
      const { stdout } = await maestro('run', 'greeting', '--wait');
      expect(stdout).toMatch(/Allowed.* at start by policy \(\d packs, decision dec_/);
      expect(stdout).toMatch(/this run = \$[\d.]+ of \$100\.00/);
    },
    slowMs,
  );

  test(
    'status --explain shows the decision as it was made and what is left now, for people and for scripts',
    async () => {
      const { stdout } = await maestro('status', execution.id, '--explain');
      expect(stdout).toContain(`decision ${execution.decisionId}`);
      expect(stdout).toMatch(/now\n +quota [^]*\n +budget /);
      expect(jsonOf(await maestro('status', execution.id, '--explain', '--json'))).toMatchObject({
        id: execution.id,
        decision: { id: execution.decisionId, point: 'start', executionId: execution.id },
        now: { quotas: { inUse: 0 }, budget: { dailyMaxUSD: 100 } },
      });
    },
    slowMs,
  );

  test(
    'status --explain tells of every attempt, also of more than the home tells at once',
    async () => {
      const tasks = Array.from({ length: 50 }, (_, at) => ({ id: `t${at}`, uses: 'pkg:demo/echo@1.0.0' }));
      writeFileSync(home.file('wide.json'), JSON.stringify({ name: 'wide', version: '1.0.0', region: 'US', tasks }));
      await maestro('publish', 'wide.json');
      const { id } = Started.parse(jsonOf(await maestro('run', 'wide', '--wait', '--json')));
      const { attemptDecisions } = Explained.parse(jsonOf(await maestro('status', id, '--explain', '--json')));
      const asked = tasks.flatMap((task) => ['place', 'task', 'write'].map((point) => `${task.id} ${point}`));
      expect(attemptDecisions.map(({ point, input }) => `${input.task.id} ${point}`).sort()).toEqual(asked.sort());
      expect((await maestro('status', id, '--explain')).stdout).toContain('150 decisions about attempts (place, task, write) allowed');
    },
    slowMs,
  );

  test(
    'a run of version 0.1.0 is shown as far as it is known, and told where the rest stands',
    async () => {
      const { id, decisionId } = Started.parse(jsonOf(await maestro('run', 'greeting', '--wait', '--json')));
      const { table } = home.host.home.deps;
      await table.write([{ kind: 'put', item: earlierDecisionRow({ tenant: 'local', executionId: id, decisionId }) }]);
      const { code, stdout, stderr } = await maestro('status', id, '--explain');
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/version 0\.1\.0; .* stands in its receipt/) });
      expect(stdout).toContain('succeeded');
      expect(jsonOf(await maestro('status', id, '--explain', '--json'))).toMatchObject({ id, decision: null, attemptDecisions: [] });
    },
    slowMs,
  );

  test(
    'a denied run tells the fix at once, and names the commands that show and prove the denial',
    async () => {
      const { code, stdout, stderr } = await maestro('run', 'greeting', '--region', 'EU');
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toMatch(/residency\.region_mismatch[^]*got +EU[^]*allowed +US[^]*fix +\S+/);
      expect(stderr).toMatch(/maestro status dec_\w{26} --explain/);
      expect(stderr).toMatch(/maestro receipt dec_\w{26} -o denial\.sigstore\.json/);
    },
    slowMs,
  );

  test(
    'the decision that denied can be looked up by its id',
    async () => {
      const { code, stdout } = await maestro('status', denial, '--explain');
      expect(code).toBe(0);
      for (const part of ['Denied at start', 'residency.region_mismatch', 'admin@local', 'greeting@1.0.0', `maestro receipt ${denial}`])
        expect(stdout).toContain(part);
      expect(jsonOf(await maestro('status', denial, '--json'))).toMatchObject({ id: denial, verdict: 'deny', executionId: null });
      expect(await maestro('status', denial, '--watch')).toMatchObject({ code: 2 });
      for (const option of ['--watch', '--explain'])
        expect(await maestro('status', option)).toMatchObject({
          code: 2,
          stdout: '',
          stderr: expect.stringContaining(`${option} is about one`),
        });
      expect(await maestro('status', 'dec_01ARZ3NDEKTSV4RRFFQ69G5FAV')).toMatchObject({ code: 5, stdout: '' });
    },
    slowMs,
  );

  test(
    'the receipt of a denial verifies without the home, and a changed one does not',
    async () => {
      expect(await maestro('receipt', denial, '-o', 'denial.sigstore.json')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/cosign verify-blob-attestation .* --bundle denial\.sigstore\.json .*--check-claims=false/),
      });
      expect(await maestro('keys', 'export', '-o', 'mc.pub')).toMatchObject({ code: 0 });
      const verify = (file: string): Promise<CliResult> =>
        runCli(['verify', file, '--json'], { cwd: home.folder, env: { MC_URL: 'http://127.0.0.1:9' } });
      expect(jsonOf(await verify('denial.sigstore.json'))).toMatchObject({
        verified: true,
        predicateType: expect.stringMatching(/^https:/),
      });

      const bundle = JSON.parse(readFileSync(home.file('denial.sigstore.json'), 'utf8')) as { dsseEnvelope: { payload: string } }; // A sigstore bundle.
      const statement = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8');
      bundle.dsseEnvelope.payload = Buffer.from(statement.replaceAll('deny', 'warn')).toString('base64');
      writeFileSync(home.file('changed.sigstore.json'), JSON.stringify(bundle));
      expect(statement).toContain('deny');
      expect(await verify('changed.sigstore.json')).toMatchObject({ code: 4 });
    },
    slowMs,
  );
});
