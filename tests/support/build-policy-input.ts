import { digestBytes } from '../../shared/core/digest.ts';
import type { PolicyInput, PolicyPoint } from '../../shared/port/policy-engine.ts';

/** A start of `audit` in the EU with one task, by an admin of `acme`; the options say what is asked for and what the workflow is bound to. */
export function buildInput(
  options: { point?: PolicyPoint; home?: string | null; requested?: string; workflow?: string; tasks?: string[] } = {},
): PolicyInput {
  const { point = 'start', home = null, requested = 'EU', workflow = 'EU', tasks = [requested] } = options;
  return {
    actor: { sub: 'admin@example.com', kind: 'person', roles: ['admin'], tenant: 'acme', spiffeId: null },
    tenant: {
      id: 'acme',
      quota: { maxConcurrent: 25, inUse: 3, resourceClasses: ['small', 'medium', 'large'] },
      budget: { dailyMaxUSD: 500, spentUSD: 120.43, reservedUSD: 0, day: '2026-01-15', timeZone: 'Etc/UTC' },
      data: {},
    },
    home: { region: home, cloud: 'local', encryption: 'none' },
    request: { point, region: requested, resourceClass: 'small' },
    workflow: {
      name: 'audit',
      version: '1.0.0',
      digest: digestBytes('audit'),
      region: workflow,
      dataClass: 'internal',
      dataClassDeclared: true,
      exportTag: null,
      tasks: tasks.map((region, index) => ({
        id: `task${index + 1}`,
        uses: 'pkg:demo/echo@1.0.0',
        region,
        resourceClass: 'small',
        egress: [],
        redacts: false,
      })),
    },
    plan: { estimatedCostUSD: 0.01, estimatedCostHighUSD: 0.02, sandbox: 'bubblewrap' },
    task: null,
    placement: null,
    write: null,
  };
}
