import { relative } from 'node:path';
import type { PackSources } from '../pack-sources.ts';
import type { CheckContext, CheckStep, Problem, TestRate } from './check-step.ts';

/** How one step ended for one pack. */
export interface StepResult {
  pack: string;
  step: string;
  verdict: 'passed' | 'failed' | 'skipped';
  ms: number;
  facts: string;
  problems: Problem[];
  rates: TestRate[];
}

async function runStep(context: CheckContext, pack: PackSources, step: CheckStep): Promise<StepResult> {
  const startedMs = performance.now();
  const result = { pack: pack.name, step: step.name, rates: [] };
  const elapsedMs = (): number => Math.round(performance.now() - startedMs);
  try {
    const { problems, ...found } = await step.run(context, pack);
    return { ...result, ...found, problems, verdict: problems.length === 0 ? 'passed' : 'failed', ms: elapsedMs() };
  } catch (error) {
    // A pack so broken that a step cannot even look at it must not keep the others from being looked at.
    const message = error instanceof Error ? error.message : String(error);
    const problem = { place: relative('.', pack.folder), message, fix: 'Mend this first: the step could not look at the pack.' };
    return { ...result, facts: 'could not be checked', problems: [problem], verdict: 'failed', ms: elapsedMs() };
  }
}

/** Runs every step for every pack to its end, whatever the others find; results come in the order of packs and steps. */
export async function runChecks(context: CheckContext, packs: readonly PackSources[], steps: readonly CheckStep[]): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const pack of packs) {
    const done = steps.map(async (step): Promise<StepResult> => {
      if (context.hasOpa || !step.needsOpa) return runStep(context, pack, step);
      return { pack: pack.name, step: step.name, verdict: 'skipped', ms: 0, facts: 'NOT CHECKED, needs OPA', problems: [], rates: [] };
    });
    results.push(...(await Promise.all(done)));
  }
  return results;
}
