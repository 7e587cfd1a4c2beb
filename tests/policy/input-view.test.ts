import { describe, expect, test } from '@jest/globals';
import { InputView, packView } from '../../policy/engine/input-view.ts';
import { everyPart, readableParts } from '../../policy/engine/readable-parts.ts';
import { buildInput } from '../support/build-policy-input.ts';

const input = { ...buildInput(), tenant: { ...buildInput().tenant, data: { pii: { classes: ['x'] }, egress: { hosts: ['h'] } } } };

const seen = (reads: readonly string[], name = 'pii', whole: Readonly<Record<string, unknown>> = input): unknown =>
  JSON.parse(new InputView(whole).of(packView({ name, reads })));

describe('of a question, a pack sees', () => {
  test('the point and the tenant, whatever it asks for', () => {
    expect(seen([])).toEqual({ request: { point: 'start' }, tenant: { id: 'acme' } });
  });

  test('the parts that it asks for and no other', () => {
    expect(seen(['actor.roles', 'plan', 'task', 'workflow.region', 'workflow.tasks'])).toEqual({
      request: { point: 'start' },
      tenant: { id: 'acme' },
      actor: { roles: ['admin'] },
      plan: input.plan,
      task: null,
      workflow: { region: 'EU', tasks: input.workflow.tasks },
    });
  });

  test.each([[['tenant.data']], [['tenant']], [everyPart], [['tenant', 'tenant.data']]])(
    'of rule data its own section only (%j)',
    (reads) => {
      expect(seen(reads)).toMatchObject({ tenant: { id: 'acme', data: { pii: { classes: ['x'] } } } });
      expect(seen(reads)).not.toHaveProperty('tenant.data.egress');
    },
  );

  test('an empty section where the tenant has no rule data for it', () => {
    expect(seen(['tenant.data'], 'budget')).toMatchObject({ tenant: { data: { budget: {} } } });
  });

  test('everything, when it asks for every part', () => {
    expect(seen(everyPart)).toEqual({ ...input, tenant: { ...input.tenant, data: { pii: { classes: ['x'] } } } });
  });

  test('what is broken as it is, so that its rules can refuse it', () => {
    const broken = { tenant: 'acme', request: null, workflow: [1], plan: { estimatedCostUSD: 'x' } };
    expect(seen(everyPart, 'pii', broken)).toEqual(broken);
    expect(seen(['tenant.data', 'workflow.tasks', 'plan.estimatedCostUSD'], 'pii', broken)).toEqual(broken);
    expect(seen(['tenant.data'], 'pii', { tenant: { id: 1, data: ['x'] } })).toEqual({ tenant: { id: 1, data: ['x'] } });
    expect(seen(['tenant.data'], 'pii', { tenant: { data: { pii: 'x' } } })).toEqual({ tenant: { data: { pii: 'x' } } });
  });

  test('the same text for the same parts, however the rest differs', () => {
    const view = packView({ name: 'budget', reads: ['plan', 'tenant.data'] });
    const other = { ...input, workflow: { ...input.workflow, name: 'other' }, tenant: { ...input.tenant, data: { pii: { classes: [] } } } };
    expect(new InputView(other).of(view)).toBe(new InputView(input).of(view));
  });

  test('its own section, whichever pack was shown the question before', () => {
    const view = new InputView(input);
    const [pii, egress] = ['pii', 'egress'].map((name) => view.of(packView({ name, reads: ['tenant'] })));
    expect(pii).toContain('"data":{"pii":{"classes":["x"]}}');
    expect(egress).toContain('"data":{"egress":{"hosts":["h"]}}');
  });
});

test('the parts that can be asked for are those of the input, two names deep where the first is always an object', () => {
  expect(readableParts).toEqual(
    expect.arrayContaining(['actor', 'tenant.quota', 'tenant.budget', 'tenant.data', 'home.region', 'workflow.tasks', 'write']),
  );
  expect(readableParts.filter((part) => /^(task|placement|write)\./.test(part))).toEqual([]);
  expect(everyPart).toEqual(Object.keys(input));
});
