import { digestBytes } from '../../shared/core/digest.ts';
import type { PolicyInput, PolicyPoint } from '../../shared/port/policy-engine.ts';

/** A start of `audit` in the EU with one task, by an admin of `acme`; the options say what is asked for and what the workflow is bound to. */
export function buildInput(
  options: { point?: PolicyPoint; home?: string | null; requested?: string; workflow?: string; tasks?: string[] } = {},
): PolicyInput {
  const { point = 'start', home = null, requested = 'EU', workflow = 'EU', tasks = [requested] } = options;
  return {
    actor: { sub: 'admin@example.com', roles: ['admin'], tenant: 'acme' },
    tenant: { id: 'acme' },
    home: { region: home, cloud: 'local' },
    request: { point, region: requested, resourceClass: 'small' },
    workflow: {
      name: 'audit',
      version: '1.0.0',
      digest: digestBytes('audit'),
      region: workflow,
      dataClass: 'internal',
      exportTag: null,
      tasks: tasks.map((region, index) => ({
        id: `task${index + 1}`,
        uses: 'pkg:demo/echo@1.0.0',
        region,
        resourceClass: 'small',
        egress: [],
      })),
    },
    plan: { estimatedCostUSD: 0.01, sandbox: 'bubblewrap' },
  };
}
