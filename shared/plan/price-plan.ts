import { toUsd } from '../core/money.ts';
import type { TenantId } from '../core/tenant-id.ts';
import { readCalibrations, taskTag, type Calibration, type CalibrationSubject } from '../estimate/calibration.ts';
import { estimateTask } from '../estimate/estimate-task.ts';
import type { Deps } from '../port/deps.ts';
import type { Plan, PlannedTask } from './plan.ts';
import type { UnpricedTask } from './plan-tasks.ts';

/** A plan without what was learned since: all that its manifest, its packages and the home say. */
export interface PlanOutline {
  plan: Pick<Plan, 'workflow' | 'region' | 'sandbox' | 'timeoutMs' | 'warnings'>;
  tasks: readonly UnpricedTask[];
}

type Price = Pick<
  Plan,
  'estimatedCostUsdMicros' | 'estimatedCostLowUsdMicros' | 'estimatedCostHighUsdMicros' | 'estimatedCostUSD' | 'estimateBasis'
>;

/** The price of these tasks together. The ends of the interval are the sums of theirs, so a run whose tasks are all at one end is inside. */
export function totalOf(tasks: readonly PlannedTask[]): Price {
  const sum = (amount: (task: PlannedTask) => number): number => tasks.reduce((total, task) => total + amount(task), 0);
  const estimatedCostUsdMicros = sum((task) => task.estimatedCostUsdMicros);
  return {
    estimatedCostUsdMicros,
    estimatedCostLowUsdMicros: sum(({ estimate }) => estimate.lowUsdMicros),
    estimatedCostHighUsdMicros: sum(({ estimate }) => estimate.highUsdMicros),
    estimatedCostUSD: toUsd(estimatedCostUsdMicros),
    estimateBasis: 'estimated',
  };
}

/** Reads what the tenant learned about the packages of these tasks, each of them once. */
async function calibrationsOf(
  deps: Pick<Deps, 'table'>,
  tenant: TenantId,
  tasks: readonly UnpricedTask[],
): Promise<(subject: CalibrationSubject) => Calibration> {
  const nameOf = ({ uses, resourceClass }: CalibrationSubject): string => `${uses}#${resourceClass}`;
  const subjects = [...new Map(tasks.map(({ task }) => [nameOf(task), task])).values()];
  const calibrations = await readCalibrations(deps, tenant, subjects);
  const byName = new Map(subjects.map((subject, index) => [nameOf(subject), calibrations[index]]));
  return (subject) => byName.get(nameOf(subject)) ?? new Map();
}

/** The plan with the estimates that hold now, for inputs of this size bucket (undefined: of a size that is not known yet). */
export async function pricePlan(
  deps: Pick<Deps, 'table' | 'config'>,
  tenant: TenantId,
  { plan, tasks }: PlanOutline,
  bucket: number | undefined,
): Promise<Plan> {
  const calibrationOf = await calibrationsOf(deps, tenant, tasks);
  const priced = tasks.map(({ task, cost }): PlannedTask => {
    const question = {
      task: taskTag(plan.workflow.name, task.id),
      price: { cost, resourceClass: task.resourceClass, place: deps.config },
      timeoutMs: task.timeoutMs,
      retries: task.retries,
      bucket,
    };
    const { estimatedMs, estimatedCostUsdMicros, ...estimate } = estimateTask(question, calibrationOf(task));
    return { ...task, estimatedMs, estimatedCostUsdMicros, estimate };
  });
  return { ...plan, tasks: priced, ...totalOf(priced) };
}
