import type { Command } from 'commander';
import type { Workflow } from '../../shared/manifest/workflow.ts';
import type { MaestroClient } from '../client/maestro-client.ts';
import { addConnection, choice, describeCommand, type HomeOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { printResult } from '../terminal/report.ts';
import { readManifestFile, type ManifestFile } from '../workflow-source.ts';

type Bump = 'patch' | 'minor' | 'major';

/** Publishes a manifest file as an immutable version. */
export function addPublish(program: Command): void {
  const command = program
    .command('publish')
    .description('publish a manifest as an immutable, signed version; the same content again is no error')
    .argument('<file>', 'manifest, YAML or JSON')
    .addOption(
      choice('--bump <part>', 'raise this part of the newest published version instead of using the one in the file', [
        'patch',
        'minor',
        'major',
      ]),
    );
  describeCommand(addConnection(command), [
    { line: 'maestro publish workflow.yaml', meaning: 'publish the version in the file' },
    { line: 'maestro publish workflow.yaml --bump minor', meaning: 'publish as the next minor version' },
    { line: 'maestro publish workflow.yaml --json', meaning: '{"name", "version", "id", "digest", "releaseId", …}' },
  ]).action(async (file: string, options: HomeOptions & { bump?: Bump }) => {
    const workflow = await publishFile(connect(options), readManifestFile(file), options.bump);
    printResult(options, workflow, () => renderPublished(workflow));
  });
}

/** Creates the draft and publishes it; both steps are idempotent. */
export async function publishFile(client: MaestroClient, file: ManifestFile, bump?: Bump): Promise<Workflow> {
  const { workflow } = await client.createWorkflow(file.text, file.mediaType);
  return await client.publishWorkflow(workflow.id, bump === undefined ? {} : { bump });
}

function renderPublished(workflow: Workflow): string {
  return [
    `${paint('green', '✔')} published ${paint('bold', `${workflow.name}@${workflow.version}`)}`,
    `  id       ${workflow.id}`,
    `  digest   ${workflow.digest}`,
    `  release  ${workflow.releaseId ?? 'none'} (signed statement)`,
  ].join('\n');
}
