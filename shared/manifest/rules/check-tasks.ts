/** Cross rules about one task at a time: the packages it names, its timeout and its egress. */
import { PackageURL } from 'packageurl-js';
import type { Issue } from '../../core/issue.ts';
import { toPointer } from '../../core/json/json-pointer.ts';
import { shownValue } from '../../core/text/shown-value.ts';
import { checkTimeout } from './check-timeout.ts';
import type { ManifestOutline, TaskOutline } from './manifest-outline.ts';
import { manifestLimits } from '../manifest.ts';

type Path = readonly PropertyKey[];

function parsePurl(text: string): PackageURL | Error {
  try {
    return PackageURL.fromString(text);
  } catch (error) {
    if (error instanceof Error) return error; // The parser's own words go into the issue.
    throw error;
  }
}

function checkUses(uses: unknown, path: Path): Issue[] {
  if (typeof uses !== 'string') return [];
  const issue = (message: string, fix: string): Issue[] => [
    { code: 'package-ref', pointer: toPointer(path), message, got: shownValue(uses), allowed: 'pkg:<type>/<name>@<version>', fix },
  ];
  const purl = parsePurl(uses);
  if (purl instanceof Error) return issue(`${shownValue(uses)} is not a package URL: ${purl.message}`, 'Write it as pkg:file/read@1.0.0.');
  if (!purl.version) return issue(`${shownValue(uses)} names no version`, `Add the exact version, such as ${shownValue(uses)}@1.0.0.`);
  // Two spellings of one package would be two packages to a policy that compares names.
  if (purl.toString() !== uses) return issue(`${shownValue(uses)} is not in its normal form`, `Write ${purl.toString()}.`);
  return [];
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value.toLowerCase() : undefined);

function repeats(values: readonly unknown[]): number[] {
  const seen = new Set<unknown>();
  return values.flatMap((value, index) => {
    if (value === undefined || !seen.has(value)) {
      seen.add(value);
      return [];
    }
    return [index];
  });
}

function egressRules({ fields }: TaskOutline): { host: unknown; ports: readonly unknown[] }[] {
  const egress = fields['egress'];
  const allow: unknown = typeof egress === 'object' && egress !== null ? Reflect.get(egress, 'allow') : undefined;
  return (Array.isArray(allow) ? allow : []).map((rule: unknown) => {
    const { host, ports }: { host?: unknown; ports?: unknown } = typeof rule === 'object' && rule !== null ? rule : {};
    return { host, ports: Array.isArray(ports) ? ports : [] };
  });
}

function checkEgress(task: TaskOutline): Issue[] {
  const rules = egressRules(task);
  const base = [...task.path, 'egress', 'allow'];
  const issue = (path: Path, got: string, fix: string): Issue => ({
    code: 'duplicate-egress',
    pointer: toPointer([...base, ...path]),
    message: `${got} is allowed twice`,
    got,
    allowed: 'each host once, each port of a host once',
    fix,
  });
  const hosts = repeats(rules.map(({ host }) => textOf(host))).map((at) =>
    issue([at, 'host'], shownValue(rules[at]?.host), 'Put all ports of a host into one entry.'),
  );
  const ports = rules.flatMap((rule, at) =>
    repeats(rule.ports).map((port) => issue([at, 'ports', port], shownValue(rule.ports[port]), 'Remove the repetition.')),
  );
  return [...hosts, ...ports];
}

/** Problems of single tasks that the schema alone can not see. */
export function checkTasks({ tasks }: ManifestOutline): Issue[] {
  return tasks.flatMap((task) => [
    ...checkUses(task.fields['uses'], [...task.path, 'uses']),
    ...checkUses(task.compensate?.['uses'], [...task.path, 'compensate', 'uses']),
    ...checkTimeout(task.fields['timeout'], [...task.path, 'timeout'], { limit: manifestLimits.taskTimeout, of: 'a task' }),
    ...checkEgress(task),
  ]);
}
