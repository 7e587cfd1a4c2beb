import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BatchAnswer } from '../../cli/client/answers.ts';
import { openCliHome, type CliHome } from '../support/cli/open-cli-home.ts';
import { type CliResult } from '../support/cli/run-cli.ts';

const manifest = `name: shard
version: 1.0.0
region: EU
inputs: { n: { type: integer } }
tasks: [{ id: only, uses: "pkg:demo/echo@1.0.0", with: { n: "\${{ inputs.n }}" } }]
`;

const slowMs = 120_000;

describe('maestro run --batch', () => {
  let home: CliHome;

  const maestro = (args: readonly string[], stdin?: string): Promise<CliResult> =>
    home.run(args, { ...(stdin !== undefined && { stdin }) });
  const start = (n: number, more: object = {}): string => `${JSON.stringify({ workflow: 'shard', inputs: { n }, ...more })}\n`;
  const answersOf = ({ stdout }: CliResult): BatchAnswer[] =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => BatchAnswer.parse(JSON.parse(line)));

  beforeAll(async () => {
    home = await openCliHome();
    writeFileSync(home.file('shard.yaml'), manifest);
    writeFileSync(home.file('two.ndjson'), start(1) + start(2));
    expect(await maestro(['publish', 'shard.yaml'])).toMatchObject({ code: 0 });
  }, slowMs);
  afterAll(() => home.close(), slowMs);

  test(
    'starts the lines of a file, prints one line each, and exits 0; again with its key it starts nothing',
    async () => {
      const args = ['run', '--batch', 'two.ndjson', '--idempotency-key', 'nightly'];
      const first = await maestro(args);
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(first.stdout).toMatch(/^1 +exec_\w{26} .*\n2 +exec_\w{26} .*\n\n2 started, 0 denied, 0 refused\n$/);
      const again = await maestro(args);
      expect(again).toMatchObject({ code: 0 });
      expect(again.stdout.match(/exec_\w{26}/g)).toEqual(first.stdout.match(/exec_\w{26}/g));
      expect(again.stdout.match(/started before/g)).toHaveLength(2);
    },
    slowMs,
  );

  test(
    'reads standard input, says which rule denied a line, and exits 3; --json is the answer of the home, line by line',
    async () => {
      const lines = start(1) + start(2, { region: 'RU' }) + 'no JSON\n';
      const result = await maestro(['run', '--batch', '-'], lines);
      expect(result).toMatchObject({ code: 3, stderr: '' });
      expect(result.stdout).toMatch(/^2 +denied .*residency\.\w+.*\n {5}\S.*; got: RU; allowed: .*; fix: \S/m);
      expect(result.stdout).toMatch(/^3 +mc:request:invalid .*\n {5}it is not JSON; allowed: /m);
      expect(result.stdout).toContain('1 started, 1 denied, 1 refused');
      const json = await maestro(['run', '--batch', '-', '--json'], lines);
      expect(json).toMatchObject({ code: 3, stderr: '' });
      expect(answersOf(json).map(({ status }) => status)).toEqual([202, 403, 400]);
    },
    slowMs,
  );

  test(
    'exits 1 when a line was refused and none denied, and as any command when the batch itself is refused',
    async () => {
      const misfit = start(3, { inputs: { n: 'x', b: 1, c: 2, d: 3 } });
      const result = await maestro(['run', '--batch', '-'], `${start(1)}{"workflow":"none"}\n${misfit}`);
      expect(result).toMatchObject({ code: 1 });
      expect(result.stdout).toMatch(/^2 +mc:workflow:not-found .*\n {5}fix: Publish /m);
      expect(result.stdout).toMatch(
        /^3 +mc:execution:inputs-invalid .*\n {5}n is .* \(\/inputs\/n\); got: x; .*\n.*\n.*\n {5}… and 1 more; --json shows all$/m,
      );
      const empty = await maestro(['run', '--batch', '-'], '');
      expect(empty).toMatchObject({ stdout: '' });
      expect(empty.code).not.toBe(0);
      expect(empty.stderr).toContain('mc:request:invalid');
      const missing = await maestro(['run', '--batch', 'none.ndjson']);
      expect(missing.stderr).toContain('mc:cli:file-unreadable');
      expect(missing.code).not.toBe(0);
    },
    slowMs,
  );

  test(
    'sends more lines than a request takes in several, numbers them through, and starts none of them twice',
    async () => {
      const lines = Array.from({ length: 501 }, (_, n) => start(n, n === 500 ? { workflow: 'none' } : {})).join('\n');
      const first = await maestro(['run', '--batch', '-', '--json', '--idempotency-key', 'many'], lines);
      const answers = answersOf(first);
      expect(answers.map(({ index }) => index)).toEqual(Array.from({ length: 501 }, (_, index) => index));
      expect(answers.at(-1)).toMatchObject({ status: 404 });
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(500);
      const again = answersOf(await maestro(['run', '--batch', '-', '--json', '--idempotency-key', 'many'], lines + start(501)));
      const idsOf = (answered: BatchAnswer[]): string[] =>
        answered.flatMap((answer) => ('execution' in answer ? [answer.execution.id] : []));
      expect(idsOf(again).slice(0, 500)).toEqual(idsOf(answers));
      expect(idsOf(again)).toHaveLength(501);
    },
    slowMs,
  );

  test(
    'is a usage error beside what a line says itself, and so is neither a workflow nor a batch',
    async () => {
      for (const args of [['shard'], ['--wait'], ['-i', 'n=1'], ['--region', 'EU'], ['--dry-run']]) {
        const result = await maestro(['run', '--batch', 'two.ndjson', ...args]);
        expect(result).toMatchObject({ code: 2, stdout: '' });
        expect(result.stderr).toContain('--batch');
      }
      expect(await maestro(['run'])).toMatchObject({ code: 2, stdout: '' });
    },
    slowMs,
  );
});
