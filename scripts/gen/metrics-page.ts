import { metricMeanings } from '../../shared/port/metrics.ts';
import type { GeneratedFile } from './generated-file.ts';

/** The reference of every metric; on AWS they stand in the CloudWatch namespace the observability stack names. */
export function metricsPage(): GeneratedFile {
  const rows = Object.entries(metricMeanings).map(([name, { kind, unit, meaning }]) => `| \`${name}\` | ${kind} | ${unit} | ${meaning} |`);
  return {
    path: 'docs/reference/metrics.md',
    text: `# Metrics

Generated from \`shared/port/metrics.ts\` by \`npm run gen\`.

| Name | Kind | Unit | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`,
  };
}
