import { partitionLoads, phasesOfRun, queueDrainSeconds, quotaUse, type Load, type QueueReading } from './quota-use.ts';
import { tasksOfRun, total, type RunUse } from './run-use.ts';

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const show = (value: number): string => (Number.isFinite(value) ? number.format(value) : 'any');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Each account's default, what one run takes of it, and how long a burst waits for it. */
export function renderQuotas(run: RunUse, load: Load): string {
  const rows = quotaUse(run, load).map(({ service, quota, perRun, total: sum, seconds, delaysStart, source }) => [
    service,
    quota,
    show(perRun),
    show(sum),
    seconds === 0 ? 'none' : `${show(seconds)} s`,
    delaysStart ? 'yes' : 'no',
    source,
  ]);
  return table(['service', 'quota', 'a run', `${show(load.runs)} runs`, 'wait at the default', 'before a start', 'source'], rows);
}

/** Partitions that many runs share, and what the slowest of them lets through. */
export function renderPartitions(run: RunUse, loads: readonly Load[]): string {
  const [first, ...others] = loads.map((load) => ({ load, rows: partitionLoads(run, load) }));
  const rows = (first?.rows ?? []).map((use, index) => [
    `\`${use.partition}\``,
    show(use.writeUnitsOfAdmission),
    show(use.writeUnits),
    show(use.startsPerSecond),
    show(use.startsPerSecondInBatches),
    show(use.runsPerSecond),
    ...[use, ...others.map((other) => other.rows[index])].map((found) => `${show(found?.secondsToAdmit ?? 0)} s`),
  ]);
  const named = loads.map(({ runs, tenants }) => `admit ${show(runs)} of ${tenants === 1 ? 'one tenant' : `${tenants} tenants`}`);
  return table(['partition', 'units a start', 'units a run', 'starts/s', 'in batches', 'runs/s', ...named], rows);
}

/** How long a queue of all tasks of the load takes, by how it is read and how long a task is. */
export function renderQueue({ runs }: Load, readings: readonly QueueReading[]): string {
  const rows = readings.map((reading) => [
    show(reading.workersMax),
    reading.pollers === 0 ? 'none' : show(reading.pollers),
    ...[0.2, 1, 10].map((seconds) => `${show(queueDrainSeconds(runs * tasksOfRun, seconds, reading))} s`),
  ]);
  return table(['invocations at most', 'pollers of its own', 'tasks of 0.2 s', 'of 1 s', 'of 10 s'], rows);
}

/** What one run does, call by call. */
export function renderCalls(run: RunUse): string {
  const names = {
    transactions: 'transactions',
    messages: 'messages',
    queueCalls: 'calls to the queue',
    supervisionStarts: 'StartExecution',
    wakeUps: 'SendTaskSuccess',
    signatures: 'Sign',
    blobPuts: 'objects written',
  } as const;
  const rows = Object.entries(names).map(([key, title]) => {
    const name = key as keyof typeof names; // Object.entries widens the keys of a literal.
    return [title, ...Object.values(run).map((stage) => show(stage[name])), show(total(run, name))];
  });
  const invocations = [1, tasksOfRun, phasesOfRun];
  rows.unshift(['Lambda invocations', ...[...invocations, invocations.reduce((sum, count) => sum + count)].map(show)]);
  return table(['', 'admission', 'three tasks', 'supervision', 'together'], rows);
}
