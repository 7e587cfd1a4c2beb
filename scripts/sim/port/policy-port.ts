/** The policy port: caps are judged as the shipped packs judge them, some callers and tasks are forbidden, and now and then nobody answers. */
import { digestBytes } from '../../../shared/core/digest.ts';
import { McError } from '../../../shared/core/errors.ts';
import type { PackVerdict, PolicyEngine, PolicyInput, PolicyPoint, RuleEntry } from '../../../shared/port/policy-engine.ts';
import type { SimulatedProcess } from '../world/simulated-process.ts';
import type { World } from '../world/world.ts';

/** A caller whom policy lets start nothing. */
export const forbiddenCaller = 'forbidden@example.com';

const digest = digestBytes('simulated pack');

export function policyPort(process: SimulatedProcess, isDenied: (workflow: string, taskId: string) => boolean): PolicyEngine {
  const { world } = process;
  const step = { name: 'policy', isWrite: false, refusals: [] };
  return {
    evaluate: (point, input) =>
      process.step(step, () => (world.strikes('policyDown') ? noAnswer(world) : judge(world, point, input, isDenied))),
  };
}

function noAnswer(world: World): PackVerdict[] {
  world.note('policy without an answer');
  const how = world.random.between(0, 2);
  if (how === 0) throw new McError('mc:policy:unavailable', 'simulated: a pack took too long');
  if (how === 1) throw new TypeError('simulated: the engine broke');
  return [];
}

function judge(
  world: World,
  point: PolicyPoint,
  { actor, tenant, plan, workflow, task }: PolicyInput,
  isDenied: (workflow: string, taskId: string) => boolean,
): PackVerdict[] {
  const entries: RuleEntry[] = [];
  const { quota, budget } = tenant;
  if (point === 'start') {
    if (actor.sub === forbiddenCaller) entries.push(entry('deny', 'sim.caller'));
    if (quota.inUse >= quota.maxConcurrent) entries.push(entry('deny', 'quotas.max_concurrent'));
    if (budget.spentUSD + budget.reservedUSD + plan.estimatedCostUSD > budget.dailyMaxUSD) entries.push(entry('deny', 'budget.daily_max'));
  }
  if (point === 'task' && task !== null && isDenied(workflow.name, task.id)) entries.push(entry('deny', 'sim.task'));
  if (entries.length === 0 && world.random.chance(0.05)) entries.push(entry('warn', 'sim.odd'));
  const verdict = entries.some(({ effect }) => effect === 'deny') ? 'deny' : entries.length > 0 ? 'warn' : 'allow';
  world.note(`policy ${point} ${verdict}`);
  return [{ pack: 'sim', digest, verdict, entries }];
}

function entry(effect: RuleEntry['effect'], rule: string): RuleEntry {
  return { effect, rule, message: 'simulated', got: 'this', allowed: 'that', solution: 'none' };
}
