/**
 * Asks npm's advisory database about the lock file. An answer that is no report (an offline machine, a mirror without the endpoint) is said to be
 * none: nothing is counted then.
 */
import { spawnSync } from 'node:child_process';
import { z } from 'zod';

const Counts = z.object({ info: z.int(), low: z.int(), moderate: z.int(), high: z.int(), critical: z.int(), total: z.int() });
const Report = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), range: z.string() })),
  metadata: z.object({ vulnerabilities: Counts }),
});

export type Advisories =
  { kind: 'answered'; counts: z.infer<typeof Counts>; findings: readonly string[] } | { kind: 'no-answer'; reason: string };

/** Reads what `npm audit --json` printed. */
export function parseAdvisories(text: string): Advisories {
  const value = parseJson(text);
  const report = Report.safeParse(value);
  if (report.success) {
    const findings = Object.entries(report.data.vulnerabilities).map(([name, { severity, range }]) => `${severity}  ${name} ${range}`);
    return { kind: 'answered', counts: report.data.metadata.vulnerabilities, findings };
  }
  const refusal = z.object({ message: z.string() }).safeParse(value);
  // The message of npm may carry the address of a mirror, which is nobody's business in a log.
  return {
    kind: 'no-answer',
    reason: refusal.success ? refusal.data.message.replace(/https?:\S+/g, 'the registry') : 'npm audit printed no report',
  };
}

export function askAdvisories(): Advisories {
  const { stdout, error } = spawnSync('npm', ['audit', '--json'], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return error && !stdout ? { kind: 'no-answer', reason: error.message } : parseAdvisories(stdout);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
