import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { allowanceOfCaller, allowanceOfDecision, renderAllowance } from '../../../cli/terminal/render-allowance.ts';
import { renderDecision, renderDecisionInContext } from '../../../cli/terminal/render-decision.ts';
import type { Identity } from '../../../shared/tenant/describe-caller.ts';
import { buildDecision, overBudget } from '../../support/build-decision.ts';

const plain = (text: string): string[] => stripVTControlCharacters(text).split('\n');

const caller: Identity = {
  subject: 'admin@example.com',
  tenant: 'acme',
  roles: ['operator'],
  quotas: { maxConcurrent: 25, inUse: 3 },
  budget: { dailyMaxUSD: 500, spentUSD: 120.43 },
  reservedUSD: 300,
  day: '2026-11-21',
  timeZone: 'America/Denver',
  resourceClasses: ['small'],
  kind: 'person',
};

describe('a decision on the terminal', () => {
  test('names the verdict, every pack, and for each reason the value seen, the values allowed and the fix', () => {
    expect(plain(renderDecision(buildDecision({}, [overBudget])))).toEqual([
      'Denied at start by policy (2 packs, decision dec_01ARZ3NDEKTSV4RRFFQ69G5FAV)',
      '  ✔ access  allow',
      '  ✘ budget  deny',
      '      budget.exceeded: The run would bring the day to $501.00 of $500.00.',
      '        got      501',
      '        allowed  at most 500',
      '        fix      Wait for the next day of the tenant, or ask an admin of the home for a larger budget.',
    ]);
  });

  test('shows warnings as warnings', () => {
    const lines = plain(renderDecision(buildDecision({}, [{ ...overBudget, effect: 'warn', rule: 'budget.near_limit' }])));
    expect(lines[0]).toMatch(/^Allowed with warnings at start/);
    expect(lines.slice(2, 4)).toEqual(['  ! budget  warn', expect.stringMatching(/^ {6}budget\.near_limit: /)]);
  });

  test('of a plan has no id, because nobody could look it up', () => {
    expect(plain(renderDecision(buildDecision({ point: 'plan' })))[0]).toBe('Allowed at plan by policy (2 packs, not recorded)');
  });

  test('stands beside the quota and the budget it was made on, the run itself counted in', () => {
    expect(plain(renderDecisionInContext(buildDecision())).slice(-2)).toEqual([
      '  quota   ██░░░░░░░░░░  16 %  4 of 25 runs open with this one',
      '  budget  ███░░░░░░░░░  24 %  $120.43 spent + $0.00 reserved + $0.012300 this run = $120.44 of $500.00 on 2026-11-21 (Etc/UTC)',
    ]);
  });

  test('of a publication has no such context, because it costs nothing', () => {
    const decision = buildDecision({ point: 'publish' });
    expect(renderDecisionInContext(decision)).toBe(renderDecision(decision));
  });
});

describe('what a tenant has left', () => {
  test('is its open runs and the money of the day in its time zone, reserved money counted as used', () => {
    expect(renderAllowance(allowanceOfCaller(caller)).map(stripVTControlCharacters)).toEqual([
      'quota   █░░░░░░░░░░░  12 %  3 of 25 runs open',
      'budget  ██████████░░  84 %  $120.43 spent + $300.00 reserved = $420.43 of $500.00 on 2026-11-21 (America/Denver)',
    ]);
  });

  test('never draws a bar longer than its frame, however far over the limit', () => {
    const { input } = buildDecision();
    const budget = { ...input.tenant.budget, spentUSD: 5_000 };
    const allowance = allowanceOfDecision(buildDecision({ input: { ...input, tenant: { ...input.tenant, budget } } }));
    const [, line = ''] = renderAllowance(allowance).map(stripVTControlCharacters);
    expect(line).toMatch(/^budget {2}█{12} +1000 % /);
  });
});
