import { egressReasons, type EgressTrace } from '../../shared/port/egress-trace.ts';
import type { TaskView } from '../../shared/execution/execution.ts';
import { paint } from './paint.ts';

/** What a person has to know about the network calls of a run: what was blocked, and loudly, what only shadow mode let through. */
export function renderEgress(tasks: readonly TaskView[]): string[] {
  return tasks.flatMap((task) =>
    [...task.attempts, ...task.compensationAttempts].flatMap(({ attempt, egress }) =>
      egress === undefined ? [] : renderTrace(`${task.id}, attempt ${attempt}`, egress),
    ),
  );
}

function renderTrace(place: string, { mode, enforced, rows, unlisted, blocked, wouldBlock }: EgressTrace): string[] {
  const refused = rows.filter(({ verdict }) => verdict === 'blocked' || verdict === 'would-block');
  return [
    ...(mode === 'shadow'
      ? [`${paint(['bold', 'yellow'], 'SHADOW MODE')} ${place}: public hosts outside of the egress list were let through`]
      : []),
    ...(enforced ? [] : [`${paint(['bold', 'yellow'], 'egress not enforced')} ${place}: its sandbox does not block the network`]),
    ...refused.map(({ host, port, verdict, reason, count }) => {
      const target = host === '' ? 'an unreadable request' : `${host}:${port}`;
      return `${paint(verdict === 'blocked' ? 'red' : 'yellow', `egress ${verdict}`)} ${place}: ${target}, ${egressReasons[reason]}${count === 1 ? '' : ` (${count} times)`}`;
    }),
    // Of a run whose attempts say very much.
    ...(rows.length > 0 || blocked + wouldBlock === 0
      ? []
      : [`egress ${place}: ${blocked} calls blocked and ${wouldBlock} let through, which \`maestro receipt --egress\` lists`]),
    ...(unlisted === 0 || refused.length === 0 ? [] : [`egress ${place}: ${unlisted} more calls are not listed one by one`]),
  ];
}
