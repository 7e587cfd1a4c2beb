import type { TaskContext } from '../../task-context.ts';
import { cellText, inlineText, paragraphText } from './escape.ts';

interface Column {
  key: string;
  title?: string;
  align?: 'left' | 'right' | 'center';
}

interface Table {
  columns?: Column[];
  rows: Record<string, unknown>[];
  maxRows?: number;
}

interface Section {
  heading: string;
  text?: string;
  facts?: Record<string, unknown>;
  list?: unknown[];
  table?: Table;
}

interface Inputs {
  title: string;
  summary?: string;
  sections: Section[];
}

const defaultMaxRows = 500;
const rules = { left: ':---', right: '---:', center: ':---:' } as const;

function tableOf(columns: readonly Column[], rows: readonly Record<string, unknown>[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const head = [
    line(columns.map(({ key, title }) => cellText(title ?? key))),
    line(columns.map(({ align }) => (align === undefined ? '---' : rules[align]))),
  ];
  return [...head, ...rows.map((row) => line(columns.map(({ key }) => cellText(Object.hasOwn(row, key) ? row[key] : undefined))))].join(
    '\n',
  );
}

function dataTable({ columns, rows, maxRows = defaultMaxRows }: Table): string[] {
  if (rows.length === 0) return ['Nothing to show.'];
  const shown = columns ?? Object.keys(rows[0] ?? {}).map((key) => ({ key }));
  const table = tableOf(shown, rows.slice(0, maxRows));
  return rows.length > maxRows ? [table, `${rows.length - maxRows} more rows are not shown.`] : [table];
}

function factsTable(facts: Record<string, unknown>): string {
  const rows = Object.entries(facts).map(([name, value]) => ({ name, value }));
  return tableOf(
    [
      { key: 'name', title: 'What' },
      { key: 'value', title: 'Value' },
    ],
    rows,
  );
}

function sectionOf({ heading, text, facts, list, table }: Section): string[] {
  return [
    `## ${inlineText(heading)}`,
    ...(text === undefined ? [] : [paragraphText(text)]),
    ...(facts === undefined ? [] : [factsTable(facts)]),
    ...(list === undefined || list.length === 0 ? [] : [list.map((item) => `- ${inlineText(item)}`).join('\n')]),
    ...(table === undefined ? [] : dataTable(table)),
  ];
}

export default async function run({ inputs, log }: TaskContext<Inputs>): Promise<{ markdown: string; sizeBytes: number }> {
  const summary = inputs.summary === undefined ? [] : [paragraphText(inputs.summary)];
  const blocks = [`# ${inlineText(inputs.title)}`, ...summary, ...inputs.sections.flatMap(sectionOf)];
  const markdown = `${blocks.join('\n\n')}\n`;
  const sizeBytes = Buffer.byteLength(markdown);
  log(`${inputs.sections.length} sections, ${sizeBytes} bytes`);
  return { markdown, sizeBytes };
}
