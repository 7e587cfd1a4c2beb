import type { Command } from 'commander';
import type { PurgeAnswer } from '../../../shared/retention/purge-now.ts';
import type { Purge } from '../../../shared/retention/purge/purge-record.ts';
import { RunKind } from '../../../shared/tenant/retention.ts';
import { addConnection, addPaging, choice, describeCommand, type HomeOptions, type PagingOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { note, printDocument, printPage, printResult } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';
import { writeWhole } from '../../write-file.ts';
import { tenantOf } from './settings.ts';

type ListOptions = HomeOptions & PagingOptions;
type PurgeOptions = HomeOptions & { execution?: string; kind?: RunKind; dryRun?: boolean; clockIsRight?: true; reason: string };
type ManifestOptions = HomeOptions & { output?: string };

export function addPurges(group: Command): void {
  const command = group.command('purges').description('list what was purged').argument('[tenant]', 'default: your own');
  describeCommand(addConnection(addPaging(command)), [
    { line: 'maestro retention purges', meaning: 'the newest first, each with its manifest' },
  ]).action(async (tenant: string | undefined, options: ListOptions) => {
    const name = await tenantOf(options, tenant);
    const page = await connect(options).retention.listPurges(name, { limit: options.limit, cursor: options.cursor });
    printPage(options, page, {
      command: `maestro retention purges ${name}`,
      human: () => (page.items.length === 0 ? 'nothing was purged yet' : purgeTable(page.items)),
    });
  });
}

function purgeTable(purges: readonly Purge[]): string {
  const rows = purges.map(({ id, kind, state, endedAt, counts }) => [
    id,
    kind,
    state === 'done' ? (endedAt ?? '') : paint('yellow', 'under way'),
    counts ? `${counts.runs} runs, ${counts.rows} rows, ${counts.erased} objects` : '',
    counts ? `${counts.held} held, ${counts.shared} shared, ${counts.locked} locked` : '',
  ]);
  return table([{ title: 'PURGE' }, { title: 'KIND' }, { title: 'ENDED' }, { title: 'WENT' }, { title: 'STAYED' }], rows);
}

export function addPurge(group: Command): void {
  const command = group
    .command('purge')
    .description('purge what is due now; the home does so by itself, every hour on one machine and every night on AWS')
    .argument('[tenant]', 'default: your own')
    .option('--execution <id>', 'only this run; refused while it must be kept or a hold covers it')
    .addOption(choice('--kind <kind>', 'only this kind', RunKind.options))
    .option('--dry-run', 'only tell what would go, and what a hold keeps')
    .option('--clock-is-right', 'by who runs the home: its clock is right, however far it moved since the last round')
    .requiredOption('--reason <text>', 'why; it stands in the manifest');
  describeCommand(addConnection(command), [
    { line: 'maestro retention purge --dry-run --reason check', meaning: 'what is due' },
    { line: 'maestro retention purge --execution exec_01K… --kind logs --reason "asked for"', meaning: 'one run, when it is due' },
    { line: 'maestro retention purge --clock-is-right --reason "off for a month"', meaning: 'rounds go on' },
  ]).action(async (tenant: string | undefined, options: PurgeOptions) => {
    const { execution, kind, dryRun = false, clockIsRight, reason } = options;
    const given = {
      ...(execution !== undefined && { execution }),
      ...(kind !== undefined && { kind }),
      ...(clockIsRight && { clockIsRight }),
    };
    const request = { dryRun, reason, ...given };
    const answer = await connect(options).retention.purge(await tenantOf(options, tenant), request);
    printResult(options, answer, () => renderAnswer(answer, dryRun));
    if (!answer.isDone && options.json !== true) note('more is due than one request takes; ask again, or leave it to the night');
  });
}

function renderAnswer({ purges, planned }: PurgeAnswer, dryRun: boolean): string {
  if (!dryRun) return purges.length === 0 ? 'nothing is due' : `${paint('green', '✔')} purged\n${purgeTable(purges)}`;
  if (planned.length === 0) return 'nothing is due';
  const rows = planned.map(({ execution, kind, rule, holds }) => [
    execution,
    kind,
    rule,
    holds.length === 0 ? 'goes' : `kept by ${holds.join(', ')}`,
  ]);
  return table([{ title: 'EXECUTION' }, { title: 'KIND' }, { title: 'RULE' }, { title: 'WOULD' }], rows);
}

export function addManifest(group: Command): void {
  const command = group
    .command('manifest')
    .description('the signed deletion manifest of a purge')
    .argument('<purge>', 'id of the purge')
    .option('-o, --output <file>', 'write the bundle here and the inventory beside it; without it the bundle is printed');
  describeCommand(addConnection(command), [
    {
      line: 'maestro retention manifest purge_01K… -o gone.sigstore.json',
      meaning: 'also writes gone.inventory.ndjson; check with `maestro verify gone.sigstore.json gone.inventory.ndjson`',
    },
  ]).action(async (purge: string, options: ManifestOptions) => {
    const { retention } = connect(options);
    const bundle = await retention.manifest(purge);
    const { output } = options;
    if (output === undefined) {
      printDocument(bundle);
      return;
    }
    const inventory = `${output.replace(/(\.sigstore)?\.json$/, '')}.inventory.ndjson`;
    writeWhole(inventory, await retention.manifest(purge, 'inventory'));
    writeWhole(output, bundle);
    printResult(options, { bundle: output, inventory }, () => `${paint('green', '✔')} wrote ${output} and ${inventory}`);
  });
}
