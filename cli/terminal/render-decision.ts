/** A decision for people: the verdict, what every pack said, and for each reason the value seen, the values allowed and the fix. */
import { indented } from '../../shared/core/text/printable.ts';
import type { Decision } from '../../shared/decision/decision.ts';
import type { PackVerdict, RuleEntry } from '../../shared/port/policy-engine.ts';
import { allowanceOfDecision, renderAllowance } from './render-allowance.ts';
import { paint } from './paint.ts';
import { plural } from './units.ts';

type Verdict = Decision['verdict'];

const headlines: Record<Verdict, string> = { allow: 'Allowed', warn: 'Allowed with warnings', deny: 'Denied' };
const looks: Record<Verdict, { mark: string; colour: Parameters<typeof paint>[0] }> = {
  allow: { mark: '✔', colour: 'green' },
  warn: { mark: '!', colour: 'yellow' },
  deny: { mark: '✘', colour: 'red' },
};

/** The decision and, below it, what of quota and budget it was made on; a version that is published uses neither. */
export function renderDecisionInContext(decision: Decision): string {
  if (decision.point !== 'plan' && decision.point !== 'start') return renderDecision(decision);
  const context = renderAllowance(allowanceOfDecision(decision)).map((line) => `  ${line}`);
  return [renderDecision(decision), ...context].join('\n');
}

/** The verdict in its colour, then each pack with its reasons; with `maestro policy show PACK` a reader finds the rule itself. */
export function renderDecision(decision: Decision): string {
  const { verdict, point, packs } = decision;
  // Plans have no effects, so nobody can look their decisions up later.
  const record = point === 'plan' ? 'not recorded' : `decision ${decision.id}`;
  const headline = `${headlines[verdict]} at ${point} by policy`;
  const width = Math.max(...packs.map(({ pack }) => pack.length), 0);
  return [
    `${paint(looks[verdict].colour, headline)} ${paint('dim', `(${plural(packs.length, 'pack')}, ${record})`)}`,
    ...packs.flatMap((pack) => renderPack(pack, width)),
  ].join('\n');
}

function renderPack({ pack, verdict, entries }: PackVerdict, width: number): string[] {
  const { mark, colour } = looks[verdict];
  return [`  ${paint(colour, mark)} ${pack.padEnd(width)}  ${paint(colour, verdict)}`, ...entries.flatMap(renderEntry)];
}

function renderEntry({ effect, rule, message, got, allowed, solution }: RuleEntry): string[] {
  return [
    `      ${paint(looks[effect].colour, rule)}: ${message}`,
    `        got      ${got}`,
    `        allowed  ${allowed}`,
    `        fix      ${solution}`,
  ].map(indented);
}
