import { readFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { operations } from '../../functions/http/index.ts';
import { TenantId } from '../../shared/core/tenant-id.ts';
import { addMaestroHome } from '../../stacks/maestro-home.ts';
import type { Settings } from '../../stacks/settings.ts';

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export interface HomeTemplate {
  app: App;
  /** Every resource of every stack, by stack and logical id. */
  resources: { stack: string; id: string; resource: Resource }[];
}

/** The stacks as `cdk` would make them for these settings, with the registry's operations and stub code. */
export function buildHomeTemplate(more: Partial<Settings> = {}): HomeTemplate {
  const { context } = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as { context: Record<string, unknown> };
  const app = new App({ context });
  const routes = operations.map(({ id, method, path, roles, summary }) => {
    return { id, method, path, summary, isPublic: roles === 'public', functionName: id };
  });
  const code = { routes, catalogDigest: 'sha256:0', of: () => Code.fromInline('exports.handler = async () => undefined;') };
  const usual = {
    stage: 'dev',
    nightlyBackups: 'vault' as const,
    objectLock: 'governance' as const,
    issuer: 'https://issuer.example.com',
    audience: 'maestro-conductor',
    ownerTenant: TenantId.parse('home'),
  };
  addMaestroHome(app, { ...usual, ...more }, code);
  app.synth();
  const stacks = app.node.children.filter((child) => Stack.isStack(child));
  const resources = stacks.flatMap((stack) => {
    const template = Template.fromStack(stack).toJSON() as { Resources: Record<string, Resource> };
    return Object.entries(template.Resources).map(([id, resource]) => ({ stack: stack.stackName, id, resource }));
  });
  return { app, resources };
}
