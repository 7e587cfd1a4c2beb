/** Decisions in parts: what many have in common, and each one's own. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digestBytes } from '../../../shared/core/digest.ts';
import { JsonValue } from '../../../shared/core/json/json-value.ts';
import { joinDecisions, splitDecisions } from '../../../shared/decision/decision-parts.ts';
import type { Decision } from '../../../shared/decision/decision.ts';
import { partsOf } from '../../../shared/decision/same-answers.ts';
import type { PolicyInput, PolicyPoint, RuleEntry } from '../../../shared/port/policy-engine.ts';
import { textOf, writeDecisionLog } from '../../../shared/execution/decision-text.ts';
import { buildDecision, overBudget } from '../../support/build-decision.ts';

const executionId = 'exec_01ARZ3NDEKTSV4RRFFQ69G5FAV';
const warning: RuleEntry = { ...overBudget, effect: 'warn' };

/** The decisions about an attempt, as they are made. */
function buildAttempt(change: (input: PolicyInput) => PolicyInput = (input) => input, entries: RuleEntry[] = []): Decision[] {
  const base = buildDecision({ executionId }, entries);
  const [task = null] = base.input.workflow.tasks;
  const input = change({ ...base.input, workflow: { ...base.input.workflow, tasks: [] }, task });
  const at = (point: PolicyPoint, id: Decision['id'], more: Partial<PolicyInput>): Decision => {
    const { verdict, packs, decidedAt, tookMs } = base;
    const asked = { ...input, ...more, request: { ...input.request, point } };
    return { id, point, verdict, packs, input: asked, decidedAt, tookMs, executionId };
  };
  return [
    at('place', 'dec_01ARZ3NDEKTSV4RRFFQ69G5FA1', { placement: { region: null, cloud: 'local', sandbox: 'process' } }),
    at('task', 'dec_01ARZ3NDEKTSV4RRFFQ69G5FA2', {}),
    at('write', 'dec_01ARZ3NDEKTSV4RRFFQ69G5FA3', { write: { kind: 'outputs', encryption: 'none' } }),
  ];
}

/** What 0.2.0 filed of an attempt, and receipts since then hold the digest of. */
function textOf02(decisions: readonly Decision[]): string {
  const logged = decisions.map(({ input: { placement, write }, ...decision }) => ({ ...decision, placement, write }));
  return JSON.stringify({ input: { ...decisions[0]?.input, placement: null, write: null }, decisions: logged });
}

function rejoined(decisions: readonly Decision[], about: 'actor' | 'task'): Decision[] {
  const parts = splitDecisions(decisions, about);
  if (!parts) throw new Error('it has no parts');
  // As they come back from a store.
  return joinDecisions(structuredClone(parts), decisions);
}

describe('decisions in parts', () => {
  test('come back as they were, to the order of their members, whatever the rule data and the numbers are', () => {
    const word = fc.string({ unit: 'binary' });
    const usd = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    const asked = fc.record({
      data: fc.dictionary(
        word,
        fc.dictionary(
          word,
          fc.jsonValue().map((value) => JsonValue.parse(JSON.parse(JSON.stringify(value)))),
        ),
      ),
      numbers: fc.tuple(fc.nat(), usd, usd, usd, usd),
      name: word,
      message: word,
      isWarned: fc.boolean(),
    });
    fc.assert(
      fc.property(
        asked,
        ({ data, numbers: [inUse, spentUSD, reservedUSD, estimatedCostUSD, estimatedCostHighUSD], name, message, isWarned }) => {
          const decisions = buildAttempt(
            ({ tenant, plan, workflow, ...rest }) => ({
              ...rest,
              tenant: { ...tenant, data, quota: { ...tenant.quota, inUse }, budget: { ...tenant.budget, spentUSD, reservedUSD } },
              workflow: { ...workflow, name },
              plan: { ...plan, estimatedCostUSD, estimatedCostHighUSD },
            }),
            isWarned ? [{ ...warning, message }] : [],
          );
          const text = textOf02(decisions);
          expect(textOf(decisions)).toBe(text);
          expect(writeDecisionLog(decisions, true)?.digest).toBe(digestBytes(text));
          expect(JSON.stringify(rejoined(decisions, 'task').map(({ input: _asked, ...decision }) => decision))).toBe(
            JSON.stringify(decisions.map(({ input: _asked, ...decision }) => decision)),
          );
          expect(textOf02(rejoined(decisions, 'task'))).toBe(text);
          const start = [decisions[1]!];
          expect(rejoined(start, 'actor')).toEqual(JSON.parse(JSON.stringify(start)));
        },
      ),
    );
  });

  test('have one text in common for other numbers, tasks, callers and reasons, which says nothing of a person', () => {
    const ofAttempts = [
      buildAttempt(),
      buildAttempt((input) => ({ ...input, tenant: { ...input.tenant, quota: { ...input.tenant.quota, inUse: 17 } } })),
      buildAttempt((input) => ({ ...input, task: input.task && { ...input.task, id: 'another' } })),
      buildAttempt((input) => ({ ...input, plan: { ...input.plan, estimatedCostUSD: 3, estimatedCostHighUSD: 4 } })),
    ];
    expect(new Set(ofAttempts.map((decisions) => splitDecisions(decisions, 'task')?.common.digest)).size).toBe(1);
    const warned = (got: string): Decision => buildDecision({}, [{ ...warning, got }]);
    const asks = (sub: string, decision: Decision): Decision => ({
      ...decision,
      input: { ...decision.input, actor: { ...decision.input.actor, sub } },
    });
    const starts = [asks('ada@example.com', warned('1')), asks('bob@example.com', warned('secret'))].map((one) =>
      splitDecisions([one], 'actor'),
    );
    expect(starts[0]?.common).toEqual(starts[1]?.common);
    expect(starts[0]?.common.text).not.toMatch(/ada@|secret/);
  });

  test('have another text for another verdict, pack or rule', () => {
    const [base, denied, edited] = [buildDecision(), buildDecision({}, [overBudget]), buildDecision()];
    const repacked = { ...base, packs: base.packs.map((pack) => ({ ...pack, digest: digestBytes('another bundle') })) };
    edited.input.tenant.data = { budget: { limit: 3 } };
    const digests = [base, denied, repacked, edited].map((decision) => splitDecisions([decision], 'actor')?.common.digest);
    expect(new Set(digests).size).toBe(4);
  });

  test('are not made of what is too large for an item of its own', () => {
    const data = { residency: { list: '"'.repeat(200 * 1024) } };
    expect(
      splitDecisions(
        buildAttempt(({ tenant, ...input }) => ({ ...input, tenant: { ...tenant, data } })),
        'task',
      ),
    ).toBeUndefined();
  });

  test('do not join with more or fewer decisions than the text is about', () => {
    const decisions = buildAttempt();
    const parts = splitDecisions(decisions, 'task')!;
    expect(() => joinDecisions(parts, decisions.slice(1))).toThrow('2 decisions have a text about 3');
  });
});

describe('parts that are remembered', () => {
  test('are those of the very same answers', () => {
    const decisions = buildAttempt();
    const again = decisions.map((decision) => ({ ...decision, decidedAt: '2026-11-22T10:00:00.000Z', packs: [...decision.packs] }));
    expect(partsOf(again, 'task')).toBe(partsOf(decisions, 'task'));
    expect(textOf(again)).toBe(textOf02(again));
  });

  test.each<[string, (decision: Decision) => Decision]>([
    ['verdict', (decision) => ({ ...decision, verdict: 'warn' })],
    ['pack', (decision) => ({ ...decision, packs: decision.packs.map((pack) => ({ ...pack, digest: digestBytes('another bundle') })) })],
    ['number of packs', (decision) => ({ ...decision, packs: decision.packs.slice(1) })],
    ['point', (decision) => ({ ...decision, point: 'publish' })],
  ])('are made anew for another %s', (_, change) => {
    const decisions = buildAttempt();
    partsOf(decisions, 'task');
    const changed = [change(decisions[0]!), ...decisions.slice(1)];
    expect(partsOf(changed, 'task')).toEqual(splitDecisions(changed, 'task'));
    expect(textOf(changed)).toBe(textOf02(changed));
  });

  test('are made anew for another question before the last, for fewer decisions, and for what is each row’s own', () => {
    const decisions = buildAttempt();
    partsOf(decisions, 'task');
    const reasked = [{ ...decisions[0]!, input: { ...decisions[0]!.input, task: null } }, ...decisions.slice(1)];
    expect(textOf(reasked)).toBe(textOf02(reasked));
    expect(textOf(decisions.slice(1))).toBe(textOf02(decisions.slice(1)));
    expect(partsOf(decisions, 'actor')).toEqual(splitDecisions(decisions, 'actor'));
  });
});
