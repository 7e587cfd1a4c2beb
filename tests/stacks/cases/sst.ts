/** `sst.config.ts` in a process of its own, with what SST gives it: what it deploys of the stacks that the CDK made. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { homeTemplate, type HomeTemplate } from '../home-template.ts';

const config = new URL('../../../sst.config.ts', import.meta.url).href;

/** Notes the stacks instead of deploying them. */
const sst = `
  const made = [];
  class Stack {
    outputs = { apply: () => '' };
    constructor(name, args, { dependsOn }) {
      this.name = name;
      made.push({ ...args, after: dependsOn.map((stack) => stack.name) });
    }
  }
  const account = { getCallerIdentity: async () => ({ accountId: '111122223333' }), getRegion: async () => ({ region: 'eu-central-1' }) };
  Object.assign(globalThis, { $config: (given) => given, $app: { stage: 'dev' }, aws: { ...account, cloudformation: { Stack } } });
  const { default: config } = await import(${JSON.stringify(config)});
  await config.run();
  console.log(JSON.stringify(made));
`;

const Deployed = z.array(z.object({ name: z.string(), region: z.string(), templateUrl: z.url(), after: z.array(z.string()) }));

function deploy({ manifest }: HomeTemplate): z.infer<typeof Deployed> {
  const cwd = mkdtempSync(join(tmpdir(), 'mc-sst-'));
  try {
    mkdirSync(join(cwd, '.sst', 'cdk.out'), { recursive: true });
    writeFileSync(join(cwd, '.sst', 'cdk.out', 'manifest.json'), manifest);
    // In place of the CDK, which has made the stacks already.
    writeFileSync(join(cwd, 'npx'), '#!/bin/sh\n', { mode: 0o755 });
    const env = { PATH: `${cwd}:/usr/bin:/bin`, MC_ISSUER: 'https://id.example.com' };
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', sst], { cwd, env, encoding: 'utf8' });
    return Deployed.parse(JSON.parse(output));
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

export function describeSst(): void {
  const deployed = deploy(homeTemplate({ replicaRegion: 'eu-west-1' }));

  test('every stack goes into its region, from the bucket of templates of that region', () => {
    expect(deployed.map(({ name }) => name)).toEqual(expect.arrayContaining(['mc-dev-data', 'mc-dev-replica', 'mc-dev-observability']));
    for (const { name, region, templateUrl } of deployed) {
      const own = name === 'mc-dev-replica' ? 'eu-west-1' : 'eu-central-1';
      expect([name, region]).toEqual([name, own]);
      expect(new URL(templateUrl).host).toBe(`cdk-hnb659fds-assets-111122223333-${own}.s3.${own}.amazonaws.com`);
    }
  });

  test('a stack is deployed after those that it needs', () => {
    const names = deployed.map(({ name }) => name);
    expect(deployed.find(({ name }) => name === 'mc-dev-data')?.after).toContain('mc-dev-replica');
    for (const [place, { after }] of deployed.entries()) for (const needed of after) expect(names.slice(0, place)).toContain(needed);
  });
}
