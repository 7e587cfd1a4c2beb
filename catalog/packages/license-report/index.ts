import { InputError } from '../../input-error.ts';
import type { TaskContext } from '../../task-context.ts';
import { alternativesOf } from './alternatives.ts';

interface Inputs {
  sbom: Record<string, unknown>;
  deny?: string[];
  allow?: string[];
  failOnViolation?: boolean;
}

interface Violation {
  component: string;
  license: string;
  reason: 'denied' | 'not-allowed' | 'unknown';
}

interface Outputs {
  componentCount: number;
  licenses: { license: string; count: number }[];
  withoutLicense: string[];
  violations: Violation[];
  compliant: boolean;
}

interface Licensed {
  component: string;
  /** SPDX id, expression or name; undefined when the bill says nothing. */
  license: string | undefined;
}

/** As many as an error message bears; the log has all of them. */
const maxInMessage = 5;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Several licences of one component hold together: CycloneDX 1.6 has an expression for choices. */
function licenseOf(component: Record<string, unknown>): string | undefined {
  const choices = Array.isArray(component['licenses']) ? component['licenses'].filter(isObject) : [];
  const names = choices.flatMap((choice) => {
    const license = isObject(choice['license']) ? choice['license'] : {};
    return textOf(choice['expression']) ?? textOf(license['id']) ?? textOf(license['name']) ?? [];
  });
  return names.length > 1 ? names.map((name) => `(${name})`).join(' AND ') : names[0];
}

function nameOf(component: Record<string, unknown>): string {
  const plain = [textOf(component['group']), textOf(component['name']) ?? 'unnamed'].filter((part) => part !== undefined).join('/');
  const version = textOf(component['version']);
  return textOf(component['purl']) ?? (version === undefined ? plain : `${plain}@${version}`);
}

function readComponents(sbom: Record<string, unknown>): Licensed[] {
  if (sbom['bomFormat'] !== 'CycloneDX')
    throw new InputError(`sbom has bomFormat ${JSON.stringify(sbom['bomFormat'])}; allowed is a CycloneDX document in JSON`);
  const found: Licensed[] = [];
  const open: unknown[] = [sbom['components'] ?? []];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const component of Array.isArray(next) ? next.filter(isObject) : []) {
      found.push({ component: nameOf(component), license: licenseOf(component) });
      if (component['components'] !== undefined) open.push(component['components']);
    }
  }
  return found;
}

/** What is wrong with a licence: nothing, when at least one alternative that it offers is free of objections. */
function objection(
  license: string | undefined,
  deny: ReadonlySet<string>,
  allow: ReadonlySet<string> | undefined,
): Violation['reason'] | undefined {
  if (license === undefined) return allow === undefined ? undefined : 'unknown';
  const reasons = alternativesOf(license).map((alternative) => {
    if (alternative.some((id) => deny.has(id))) return 'denied';
    return allow !== undefined && alternative.some((id) => !allow.has(id)) ? 'not-allowed' : undefined;
  });
  return reasons.includes(undefined) ? undefined : reasons.includes('not-allowed') ? 'not-allowed' : 'denied';
}

function countLicenses(components: readonly Licensed[]): Outputs['licenses'] {
  const counts = new Map<string, number>();
  for (const { license } of components) if (license !== undefined) counts.set(license, (counts.get(license) ?? 0) + 1);
  return [...counts].map(([license, count]) => ({ license, count })).sort((a, b) => b.count - a.count || (a.license < b.license ? -1 : 1));
}

export default async function run({ inputs, log }: TaskContext<Inputs>): Promise<Outputs> {
  const components = readComponents(inputs.sbom);
  const deny = new Set(inputs.deny ?? []);
  const allow = inputs.allow === undefined ? undefined : new Set(inputs.allow);
  const violations = components
    .flatMap(({ component, license }): Violation[] => {
      const reason = objection(license, deny, allow);
      return reason === undefined ? [] : [{ component, license: license ?? '', reason }];
    })
    .sort((a, b) => (a.component < b.component ? -1 : 1));
  for (const { component, license, reason } of violations) log(`${reason}: ${component} ${license}`);
  if (violations.length > 0 && inputs.failOnViolation === true) {
    const shown = violations
      .slice(0, maxInMessage)
      .map(({ component, license, reason }) => `${component} ${license || 'without licence'} (${reason})`);
    throw new InputError(
      `${violations.length} components break the licence rules: ${shown.join(', ')}${violations.length > maxInMessage ? ' and more' : ''}`,
    );
  }
  return {
    componentCount: components.length,
    licenses: countLicenses(components),
    withoutLicense: components.flatMap(({ component, license }) => (license === undefined ? [component] : [])).sort(),
    violations,
    compliant: violations.length === 0,
  };
}
