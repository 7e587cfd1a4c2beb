import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import { operations } from '../../functions/http/index.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { addMaestroHome } from '../../stacks/maestro-home.ts';
import { RunnerImage } from '../../stacks/runner-image.ts';
import type { Settings } from '../../stacks/settings.ts';

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export interface HomeTemplate {
  /** Every resource of every stack, by stack and logical id. */
  resources: { stack: string; id: string; resource: Resource }[];
  /** What the CDK says of its stacks in the folder that it writes. */
  manifest: string;
  /** What cdk-nag has to say, as "rule resource places". */
  findings(): string[];
}

const usual = {
  stage: 'dev',
  nightlyBackups: 'vault' as const,
  objectLock: 'governance' as const,
  issuer: 'https://issuer.example.com',
  audience: 'maestro-conductor',
  ownerTenant: TenantId.parse('home'),
};

/** With this one there is a stack of runners. */
export const runnerImage = RunnerImage.parse(`111122223333.dkr.ecr.eu-central-1.amazonaws.com/maestro/runner@sha256:${'ab'.repeat(32)}`);

const made = new Map<string, HomeTemplate>();

/**
 * The stacks as `cdk` would make them for these settings, with the registry's operations and stub code. Made once for all who ask for the same settings: a synthesis
 * takes a second, and the first one of a process five more. Throws when the CDK's own rules for templates find an error.
 */
export function homeTemplate(more: Partial<Settings> = {}): HomeTemplate {
  const key = JSON.stringify(more);
  const template = made.get(key) ?? synthesise({ ...usual, ...more });
  made.set(key, template);
  return template;
}

function synthesise(settings: Settings): HomeTemplate {
  const outdir = mkdtempSync(join(tmpdir(), 'mc-stacks-'));
  try {
    const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
      context: Record<string, unknown>;
    };
    // Without the flag an error in a template is a warning that nobody reads.
    const app = new App({ outdir, context: { ...context, '@aws-cdk/core:validateAgainstDefaultRules': true } });
    const routes = operations.map(({ id, method, path, roles, summary }) => {
      return { id, method, path, summary, isPublic: roles === 'public', functionName: id };
    });
    const code = { routes, catalogDigest: 'sha256:0', of: () => Code.fromInline('exports.handler = async () => undefined;') };
    addMaestroHome(app, settings, code);
    app.synth();
    const resources = app.node.children
      .filter((child) => Stack.isStack(child))
      .flatMap((stack) => {
        const template = Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> };
        return Object.entries(template.Resources).map(([id, resource]) => ({ stack: stack.stackName, id, resource }));
      });
    return { resources, manifest: readFileSync(join(outdir, 'manifest.json'), 'utf8'), findings: () => nagFindings(app) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

function nagFindings(app: App): string[] {
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ resourceLogicalId, locations }) => `${ruleName} ${resourceLogicalId} ${locations.join(' ')}`),
  );
}
