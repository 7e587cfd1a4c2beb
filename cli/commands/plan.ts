import type { Command } from 'commander';
import { McError } from '../../shared/core/errors.ts';
import { digestBytes } from '../../shared/core/digest.ts';
import type { Manifest } from '../../shared/manifest/manifest.ts';
import { parseManifest } from '../../shared/manifest/parse-manifest.ts';
import { withPlaces } from '../client/locate-issues.ts';
import type { MaestroClient } from '../client/maestro-client.ts';
import { addConnection, addInputs, describeCommand, type HomeOptions } from '../command-options.ts';
import { readInputs, type InputOptions } from '../inputs.ts';
import { connect } from '../session.ts';
import { renderPlan } from '../terminal/render-plan.ts';
import { exitWith, printResult } from '../terminal/report.ts';
import { findSource, readManifestFile, type WorkflowSource } from '../workflow-source.ts';

export type PlanOptions = HomeOptions & InputOptions & { manifest?: string; region?: string };

/** Shows what a run would do and cost, and what policy says, without any effect. */
export function addPlan(program: Command): void {
  const command = program
    .command('plan')
    .description('show order, packages, cost and policy decision of a run, without any effect')
    .argument('[workflow]', 'manifest file, or name, name@version or id of a workflow')
    .option('-m, --manifest <file>', 'manifest file, instead of the argument');
  describeCommand(addConnection(addInputs(command)), [
    { line: 'maestro plan workflow.yaml', meaning: 'a file that need not be published' },
    { line: 'maestro plan supply-chain-audit -i project=shop -i lockfile=@package-lock.json', meaning: 'a published workflow with inputs' },
    { line: 'maestro plan -m workflow.yaml --region EU --json', meaning: 'another region, for scripts' },
  ]).action(async (workflow: string | undefined, options: PlanOptions) => {
    await showPlan(planSource(workflow, options.manifest), options);
  });
}

function planSource(workflow: string | undefined, manifest: string | undefined): WorkflowSource {
  if (manifest !== undefined && workflow === undefined) return readManifestFile(manifest);
  if (manifest === undefined && workflow !== undefined) return findSource(workflow);
  const got = workflow === undefined ? 'neither a workflow nor -m FILE' : 'both a workflow and -m FILE';
  throw new McError('mc:cli:usage', `Got ${got}; allowed is exactly one of them.`);
}

/** Plans and prints; a denied plan is a result with exit code 3, not an error. */
export async function showPlan(source: WorkflowSource, options: PlanOptions): Promise<void> {
  const client = connect(options);
  const manifest = await readManifest(client, source);
  // A plan has no effects, so files are named by their digest and not uploaded.
  const inputs = await readInputs(options, manifest.inputs ?? {}, (name, bytes) => Promise.resolve({ digest: digestBytes(bytes), name }));
  const request = {
    ...(source.kind === 'file' ? { manifest: source.text } : { workflow: source.ref }),
    ...(Object.keys(inputs).length === 0 ? {} : { inputs }),
    ...(options.region === undefined ? {} : { region: options.region }),
  };
  const answer = await (source.kind === 'file' ? withPlaces(source.text, () => client.planRun(request)) : client.planRun(request));
  printResult(options, answer, () => renderPlan(answer));
  if (answer.decision.verdict === 'deny') exitWith(3);
}

/** The manifest of a file or of the workflow the home has under this reference. */
export async function readManifest(client: MaestroClient, source: WorkflowSource): Promise<Manifest> {
  if (source.kind === 'file') return parseManifest(source.text, source.mediaType).manifest;
  return (await client.getWorkflow(source.ref)).manifest;
}
