import type { Command } from 'commander';
import { inc } from 'semver';
import { digestJson } from '../../shared/core/digest.ts';
import { McError } from '../../shared/core/errors.ts';
import { parseManifest } from '../../shared/manifest/parse-manifest.ts';
import type { Workflow } from '../../shared/manifest/workflow.ts';
import { ApiProblem } from '../client/api-problem.ts';
import { withPlaces } from '../client/locate-issues.ts';
import type { MaestroClient } from '../client/maestro-client.ts';
import { addConnection, choice, describeCommand, type HomeOptions } from '../command-options.ts';
import { connect } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { printResult } from '../terminal/report.ts';
import { idsOf, versionOf } from '../terminal/render-workflow.ts';
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
    const next = options.bump === undefined ? [] : [`  run it   maestro run ${workflow.name} --wait   (${file} keeps its version)`];
    printResult(options, workflow, () =>
      [`${paint('green', '✔')} published ${versionOf(workflow)}`, ...idsOf(workflow), ...next].join('\n'),
    );
  });
}

/** Creates the draft and publishes it; both steps are idempotent. What the home finds wrong is thrown with its place in the file. */
export async function publishFile(client: MaestroClient, file: ManifestFile, bump?: Bump): Promise<Workflow> {
  const next = bump === undefined ? file : await raised(client, file, bump);
  if ('state' in next) return next;
  return withPlaces(file.text, async () => {
    const { workflow } = await client.createWorkflow(next.text, next.mediaType);
    return client.publishWorkflow(workflow.id);
  });
}

/**
 * The manifest under the version after the newest published one, or that one itself when the content is the same. The home could raise a
 * draft, too, but an edited file still names a published version, which never becomes a draft again.
 */
async function raised(client: MaestroClient, file: ManifestFile, bump: Bump): Promise<Workflow | Pick<ManifestFile, 'text' | 'mediaType'>> {
  const { manifest } = parseManifest(file.text, file.mediaType);
  const newest = await findPublished(client, manifest.name);
  if (newest === undefined) return file;
  if (digestJson({ ...manifest, version: newest.version }) === newest.digest) return newest;
  const version = inc(newest.version, bump);
  if (version === null) throw new McError('mc:cli:usage', `The published version ${newest.version} cannot be raised.`);
  return { text: JSON.stringify({ ...manifest, version }), mediaType: 'application/json' };
}

async function findPublished(client: MaestroClient, name: string): Promise<Workflow | undefined> {
  try {
    const workflow = await client.getWorkflow(name);
    return workflow.state === 'published' ? workflow : undefined;
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'mc:workflow:not-found') return undefined;
    throw error;
  }
}
