import type { HomeTemplate } from './home-template.ts';

/** A statement of a policy, as templates spell it. */
export interface Statement {
  Sid?: string;
  Effect: string;
  Principal?: unknown;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}

/** What IAM lets be one or several. */
export const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

export const resourcesOf = ({ resources }: HomeTemplate, type: string): HomeTemplate['resources'] =>
  resources.filter(({ resource }) => resource.Type === type);

export const propertiesOf = (home: HomeTemplate, type: string): Record<string, unknown>[] =>
  resourcesOf(home, type).map(({ resource }) => resource.Properties);

export function statementsOf(properties: Record<string, unknown>): Statement[] {
  return (properties['PolicyDocument'] as { Statement: Statement[] }).Statement;
}

/** Every statement of every policy that gives something to a role. */
export function grantsOf(home: HomeTemplate): (Statement & { id: string })[] {
  return resourcesOf(home, 'AWS::IAM::Policy').flatMap(({ id, resource }) =>
    statementsOf(resource.Properties).map((statement) => ({ ...statement, id })),
  );
}
