import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from '@jest/globals';
import { stop } from 'esbuild';
import { buildPackage } from '../../catalog/package-builder.ts';
import type { JsonObject } from '../../shared/core/json/canonical-json.ts';
import { readBundle } from '../../shared/package/bundle.ts';
import { checkAgainstSchema } from '../../shared/package/check-schema.ts';
import type { Issue } from '../../shared/core/issue.ts';
import type { LogLine, TaskResult, TaskSpec } from '../../shared/port/runner.ts';
import { buildSandboxRunner } from './build-sandbox-runner.ts';
import { buildTaskSpec } from './build-task-spec.ts';

export interface CatalogRun {
  result: TaskResult;
  logs: LogLine[];
  /** Where inputs or outputs do not fit the package's own schemas. */
  issues: Issue[];
}

export type RunPackage = (
  inputs: JsonObject,
  fields?: Partial<Pick<TaskSpec, 'files' | 'attempt'>> & { timeoutMs?: number },
) => Promise<CatalogRun>;

const packages = fileURLToPath(new URL('../../catalog/packages', import.meta.url));
const { runner, remove } = buildSandboxRunner();
afterAll(async () => {
  await Promise.all([remove(), stop()]);
});

/** Builds a package of the catalog (or of a folder with an absolute path) and answers a function that runs it in the sandbox, as a home would. */
export async function openPackage(name: string): Promise<RunPackage> {
  const { entry, descriptor, digest } = await readBundle(await buildPackage(resolve(packages, name)));
  return async (inputs, { timeoutMs, ...fields } = {}) => {
    const sandbox = await runner.provision(
      buildTaskSpec({ entry, inputs, ...fields, limits: { outputBytes: 4_000_000, ...(timeoutMs === undefined ? {} : { timeoutMs }) } }),
    );
    const result = await sandbox.execute(new AbortController().signal);
    const logs = await sandbox.collectLogs();
    await sandbox.release();
    const issues = checkAgainstSchema(digest, 'inputs', descriptor.inputs, inputs);
    return {
      result,
      logs,
      issues:
        result.kind === 'succeeded' ? [...issues, ...checkAgainstSchema(digest, 'outputs', descriptor.outputs, result.outputs)] : issues,
    };
  };
}

/** The outputs of a run that must have succeeded on inputs that fit. */
export function outputsOf({ result, issues }: CatalogRun): JsonObject {
  if (result.kind === 'failed') throw new Error(`${result.failure}: ${result.message}`);
  if (issues.length > 0) throw new Error(JSON.stringify(issues));
  return result.outputs;
}
