import type { BatchAnswer } from '../../client/answers.ts';
import { paint } from '../paint.ts';
import { renderState } from '../render-execution.ts';

/** What became of each start of a batch, one line each, numbered from 1 without blank lines; then how many were started, denied and refused. */
export function renderBatch(answers: readonly BatchAnswer[]): string {
  const width = String(answers.length).length;
  const lines = answers.map((answer) => `${String(answer.index + 1).padStart(width)}  ${renderAnswer(answer)}`);
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

function renderSum(answers: readonly BatchAnswer[]): string {
  const started = answers.filter((answer) => 'execution' in answer).length;
  const denied = answers.filter((answer) => 'problem' in answer && answer.problem.code === 'mc:policy:denied').length;
  return `${started} started, ${denied} denied, ${answers.length - started - denied} refused`;
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
