import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { renderPlan } from '../../../cli/terminal/render-plan.ts';
import { digestBytes } from '../../../shared/core/digest.ts';
import { Plan, type TaskEstimate } from '../../../shared/plan/plan.ts';
import { TenantId } from '../../../shared/core/tenant-id.ts';
import { buildDecision } from '../../support/build-decision.ts';

const task = (id: string, estimate: Partial<TaskEstimate>): Plan['tasks'][number] => ({
  id,
  uses: 'pkg:demo/echo@1.0.0',
  packageDigest: digestBytes(id),
  packageOwner: TenantId.parse('mc-catalog'),
  needs: [],
  depth: 0,
  region: 'US',
  resourceClass: 'small',
  timeoutMs: 60_000,
  retries: 0,
  egress: [],
  compensateUses: null,
  compensateDigest: null,
  compensateOwner: null,
  estimatedMs: 1_500,
  estimatedCostUsdMicros: 120,
  estimate: { basis: 'declared', samples: 0, lowUsdMicros: 100, highUsdMicros: 150, why: 'the package says 1.5 s', ...estimate },
});

const plan = Plan.parse({
  workflow: { name: 'audit', version: '1.0.0', digest: digestBytes('audit') },
  region: 'US',
  sandbox: 'bubblewrap',
  timeoutMs: 3_600_000,
  tasks: [task('read', {}), task('report', { basis: 'learned', samples: 12, why: 'the median of your last 12 attempts' })],
  estimatedCostUsdMicros: 240,
  estimatedCostLowUsdMicros: 200,
  estimatedCostHighUsdMicros: 300,
  estimatedCostUSD: 0.00024,
  estimateBasis: 'estimated',
  warnings: ['the home does not declare where it stands'],
});

describe('a plan on the terminal', () => {
  const lines = stripVTControlCharacters(renderPlan({ plan, decision: buildDecision({ point: 'plan' }), estimatedCostUSD: 0.00024 })).split(
    '\n',
  );

  test('says what it would cost and between which bounds', () => {
    expect(lines).toContain('estimated cost $0.000240, between $0.000200 and $0.000300');
  });

  test('says for every task what its price is based on, and why', () => {
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}read .*\$0\.000120 .*\$0\.000100 and \$0\.000150 .*declared .*the package says 1\.5 s$/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}report .*learned from 12 attempts .*the median of your last 12 attempts$/));
  });

  test('ends with the warnings, the decision, and what it was made on', () => {
    expect(lines.slice(-6)).toEqual([
      'warning the home does not declare where it stands',
      'Allowed at plan by policy (2 packs, not recorded)',
      '  ✔ access  allow',
      '  ✔ budget  allow',
      expect.stringMatching(/^ {2}quota .*4 of 25 runs open with this one/),
      expect.stringMatching(/^ {2}budget .*this run = /),
    ]);
  });
});
