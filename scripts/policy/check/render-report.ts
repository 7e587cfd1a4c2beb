/** The report of a check: the same facts for people (Markdown) and for programs (JSON). */
import type { StepResult } from './run-checks.ts';

export interface CheckReport {
  startedAt: string;
  seconds: number;
  /** Version of OPA; null when there was none. */
  opa: string | null;
  settings: { runs: number; seed: number; mutations: number };
  verdict: 'passed' | 'failed';
  steps: StepResult[];
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

function problemLines({ steps }: CheckReport): string[] {
  const found = steps.filter(({ problems }) => problems.length > 0);
  if (found.length === 0) return ['None.'];
  return found.flatMap(({ pack, step, problems }) => [
    `### ${pack}, ${step}`,
    '',
    ...problems.map(({ place, message, fix }) => `- \`${place}\`: ${cell(message)} **Fix:** ${cell(fix)}`),
    '',
  ]);
}

function rateLines({ steps }: CheckReport): string[] {
  const rates = steps.flatMap(({ rates: measured }) => measured).sort((a, b) => b.failures / b.runs - a.failures / a.runs);
  if (rates.length === 0) return ['Not measured.'];
  return [
    '| Test | Runs | Failures | Rate |',
    '| --- | ---: | ---: | ---: |',
    ...rates.map(({ test, runs, failures }) => `| \`${test}\` | ${runs} | ${failures} | ${percent(failures, runs)} |`),
  ];
}

/** The report in Markdown, worst tests first. */
export function renderReport(report: CheckReport): string {
  const { startedAt, seconds, opa, settings, verdict, steps } = report;
  return `${[
    '# Policy packs',
    '',
    `**${verdict}** on ${startedAt}, in ${seconds} s, ${opa === null ? 'WITHOUT OPA: what needs it was not checked' : `with OPA ${opa}`}. Every test ${settings.runs} times, seed ${settings.seed}.`,
    '',
    '| Pack | Step | Verdict | ms | Facts |',
    '| --- | --- | --- | ---: | --- |',
    ...steps.map((result) => `| ${result.pack} | ${result.step} | ${result.verdict} | ${result.ms} | ${cell(result.facts)} |`),
    '',
    '## Problems',
    '',
    ...problemLines(report),
    '',
    '## Rate of failures of every test',
    '',
    ...rateLines(report),
  ].join('\n')}\n`;
}

/** One step in one line, and every problem below it. */
export function renderResult({ pack, step, verdict, ms, facts, problems }: StepResult): string {
  const said = verdict === 'passed' ? 'passed' : verdict.toUpperCase();
  const line = `${pack.padEnd(12)}${step.padEnd(14)}${said.padEnd(9)}${String(ms).padStart(6)} ms  ${facts}`;
  return [line, ...problems.flatMap(({ place, message, fix }) => [`  ${place}: ${message}`, `    fix: ${fix}`])].join('\n');
}
