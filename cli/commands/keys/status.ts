import { join } from 'node:path';
import type { Command } from 'commander';
import { makeFolders } from '../../../shared/embedded/make-folders.ts';
import type { KeyRotationDetails } from '../../../shared/rotation/rotation-view.ts';
import { addConnection, addPaging, describeCommand, type HomeOptions, type PagingOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { printPage, printResult } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';
import { writeWhole } from '../../write-file.ts';
import { describeRotation } from './rotation-report.ts';

type StatusOptions = HomeOptions & { evidence?: string } & PagingOptions;

const columns = [{ title: 'ROTATION' }, { title: 'KEY' }, { title: 'STARTED' }, { title: 'STATE' }, { title: 'WHY' }];

/** Shows rotations, and saves the evidence of one. */
export function addStatus(group: Command): void {
  const command = group
    .command('status')
    .description('list the rotations of keys, or show one and save its evidence')
    .argument('[rotation]', 'id of a rotation; without it all are listed')
    .option('--evidence <folder>', 'save its statements and keys there');
  describeCommand(addConnection(addPaging(command)), [
    { line: 'maestro keys status', meaning: 'what was rotated and what is under way' },
    { line: 'maestro keys status rot_01K9 --evidence ./rotation', meaning: 'what an auditor verifies, in a folder' },
  ]).action(status);
}

async function status(id: string | undefined, options: StatusOptions): Promise<void> {
  const client = connect(options);
  if (id !== undefined) {
    const rotation = await client.getKeyRotation(id);
    const files = options.evidence === undefined ? [] : saveEvidence(options.evidence, rotation);
    printResult(options, rotation, () => renderRotation(rotation, files));
    return;
  }
  const page = await client.listKeyRotations({ limit: options.limit, cursor: options.cursor });
  const rows = page.items.map((rotation) => [rotation.id, rotation.kind, rotation.startedAt, describeRotation(rotation), rotation.reason]);
  printPage(options, page, {
    command: 'maestro keys status',
    human: () => (rows.length === 0 ? 'no key was rotated yet' : table(columns, rows)),
  });
}

function saveEvidence(folder: string, rotation: KeyRotationDetails): string[] {
  makeFolders(folder);
  const files = [
    { name: 'rotation.json', text: `${JSON.stringify(rotation, undefined, 2)}\n` },
    ...rotation.keys.map(({ name, document }) => ({ name, text: document })),
    ...rotation.statements.map(({ name, bundle }) => ({ name: `${name}.sigstore.json`, text: `${JSON.stringify(bundle)}\n` })),
  ];
  for (const { name, text } of files) writeWhole(join(folder, name), text);
  return files.map(({ name }) => join(folder, name));
}

function renderRotation(rotation: KeyRotationDetails, files: readonly string[]): string {
  const { checks } = rotation;
  return [
    `${paint('bold', rotation.id)}  ${rotation.kind}  ${describeRotation(rotation)}`,
    `  old key     ${rotation.oldKey.keyId}`,
    `  new key     ${rotation.newKey?.keyId ?? '-'}`,
    `  statements  ${rotation.statements.map(({ name }) => name).join(', ') || '-'}`,
    `  verified    ${checks ? `${String(checks.sampled)} statements of a log of ${String(checks.logSize)}` : '-'}`,
    ...files.map((file) => `  ${paint('green', '✔')} wrote ${file}`),
  ].join('\n');
}
