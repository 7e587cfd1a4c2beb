import type { Command } from 'commander';
import type { EvidenceManifest } from '../../../shared/evidence/evidence-manifest.ts';
import type { MaestroClient } from '../../client/maestro-client.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printResult } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';
import { shortDigest } from '../../terminal/units.ts';

/** Lists everything that an execution left behind, with addresses that open it for some minutes. */
export function addEvidence(program: Command): void {
  const command = program
    .command('evidence')
    .description('list every artifact of an execution with its digest; with --json the addresses, too, that open it for ten minutes')
    .argument('<id>', 'execution id');
  describeCommand(addConnection(command), [
    { line: 'maestro evidence exec_01K…', meaning: 'names, sizes and digests' },
    { line: "maestro evidence exec_01K… --json | jq -r '.artifacts[].url'", meaning: 'the addresses, which need no token' },
  ]).action(async (id: string, options: HomeOptions) => {
    const evidence = await readAll(connect(options), id);
    printResult(options, evidence, () => `${render(evidence)}\n\naddresses that open them for ten minutes: maestro evidence ${id} --json`);
  });
}

async function readAll(client: MaestroClient, id: string): Promise<EvidenceManifest> {
  const first = await client.listEvidence(id);
  const { artifacts, missing } = first;
  let { cursor } = first;
  while (cursor !== undefined) {
    const page = await client.listEvidence(id, { cursor });
    artifacts.push(...page.artifacts);
    missing.push(...page.missing);
    cursor = page.cursor;
  }
  const { executionId, state } = first;
  return { executionId, state, artifacts, missing };
}

function render({ artifacts, missing }: EvidenceManifest): string {
  const rows = artifacts.map(({ name, sizeBytes, digest }) => [name, String(sizeBytes), shortDigest(digest)]);
  const lost = missing.map(({ name, digest }) => [name, paint('yellow', 'not kept'), shortDigest(digest)]);
  return table([{ title: 'ARTIFACT' }, { title: 'BYTES' }, { title: 'DIGEST' }], [...rows, ...lost]);
}
