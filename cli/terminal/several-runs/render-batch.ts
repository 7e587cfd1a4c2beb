import type { BatchAnswer } from '../../client/answers.ts';
import { ApiProblem } from '../../client/api-problem.ts';
import { toFailure } from '../../failure.ts';
import { paint } from '../paint.ts';
import { renderState } from '../render-execution.ts';

type Refused = Extract<BatchAnswer, { problem: unknown }>;

/** Enough of one start to see what is wrong with it; --json has all. */
const shownReasons = 3;

/**
 * What became of each start of a batch, one line each, numbered from 1 without blank lines, and below those that were not started why and what to do
 * about it; then how many were started, denied and refused.
 */
export function renderBatch(answers: readonly BatchAnswer[]): string {
  const width = String(answers.length).length;
  const indent = ' '.repeat(width + 4);
  const lines = answers.flatMap((answer) => [
    `${String(answer.index + 1).padStart(width)}  ${renderAnswer(answer)}`,
    ...('problem' in answer ? reasonsOf(answer).map((reason) => indent + oneLine(reason)) : []),
  ]);
  return [...lines, '', renderSum(answers)].join('\n');
}

function renderAnswer(answer: BatchAnswer): string {
  if ('execution' in answer) {
    const { id, state } = answer.execution;
    return `${id}  ${renderState(state)}${answer.replayed === true ? paint('dim', '  started before') : ''}`;
  }
  const { code = String(answer.status), detail = '', deny = [], decisionId } = answer.problem;
  if (code !== 'mc:policy:denied') return `${paint('red', code)}  ${oneLine(detail)}`;
  const rules = [...new Set(deny.map(({ rule }) => rule))].join(', ');
  return `${paint('yellow', 'denied')}  ${rules}${decisionId === undefined ? '' : paint('dim', `  ${decisionId}`)}`;
}

/** Reasons come with their own fix; where there is none, the general one of the code. */
function reasonsOf({ status, problem }: Refused): string[] {
  const { issues, deny, fix } = toFailure(new ApiProblem(status, problem));
  const reasons = [
    ...issues.map(({ pointer, message, got, allowed, fix: own }) =>
      said({ what: pointer === '' ? message : `${message} (${pointer})`, got, allowed, fix: own }),
    ),
    ...deny.map(({ message, input, allowed, solution }) => said({ what: message, got: input, allowed, fix: solution })),
  ];
  if (reasons.length === 0) return [`fix: ${fix}`];
  const more = reasons.length - shownReasons;
  return [...reasons.slice(0, shownReasons), ...(more > 0 ? [`… and ${more} more; --json shows all`] : [])];
}

function said({ what, ...rest }: { what: string; got: string | undefined; allowed: string | undefined; fix: string | undefined }): string {
  const parts = Object.entries(rest).flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${text}`]));
  return [what, ...parts].join('; ');
}

function renderSum(answers: readonly BatchAnswer[]): string {
  const started = answers.filter((answer) => 'execution' in answer).length;
  const denied = answers.filter((answer) => 'problem' in answer && answer.problem.code === 'mc:policy:denied').length;
  return `${started} started, ${denied} denied, ${answers.length - started - denied} refused`;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
