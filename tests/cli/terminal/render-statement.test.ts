import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readStatement } from '../../../cli/receipt-file.ts';
import { summariseStatement } from '../../../cli/terminal/render-statement.ts';
import { buildDecisionStatement } from '../../../shared/decision/decision-statement.ts';
import { predicateTypes } from '../../../shared/receipt/statement.ts';
import { buildDecision, overBudget } from '../../support/build-decision.ts';

const config = { builderId: 'https://example.com/home', version: '0.2.0' };

describe('what a verified statement says', () => {
  test('of a denial: the verdict, who asked, and every reason', () => {
    const decision = buildDecision({}, [overBudget]);
    const { sub, tenant } = decision.input.actor;
    expect(summariseStatement(buildDecisionStatement(config, decision))).toEqual([
      `${decision.id}: deny at start, asked by ${sub} of tenant ${tenant} at ${decision.decidedAt}`,
      `${overBudget.rule}: ${overBudget.message}`,
    ]);
  });

  test('of a run, also one that an older version sealed: its end, who asked, and the decision that let it', () => {
    const receipt = readFileSync(new URL('../../golden/receipts/v0.1.0/succeeded.sigstore.json', import.meta.url), 'utf8');
    expect(summariseStatement(readStatement(receipt))).toEqual([
      expect.stringMatching(/^exec_\w+: succeeded at \d{4}-.+Z, asked by \S+, admitted by dec_\w{26}$/),
    ]);
  });

  test('of anything else is nothing', () => {
    const statement = buildDecisionStatement(config, buildDecision());
    expect(summariseStatement({ ...statement, predicateType: predicateTypes.release, predicate: { version: 1 } })).toEqual([]);
  });
});
