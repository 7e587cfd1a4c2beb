import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { Workflow } from '../../../shared/manifest/workflow.ts';
import { addConnection, addPaging, describeCommand, type HomeOptions, type PagingOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { idsOf, versionOf } from '../../terminal/render-workflow.ts';
import { printPage, printResult } from '../../terminal/report.ts';
import { table } from '../../terminal/table.ts';
import { shortDigest } from '../../terminal/units.ts';
import { writeWhole } from '../../write-file.ts';

/** Lists and shows what was published, and what is a draft yet. */
export function addWorkflows(program: Command): void {
  const group = program.command('workflows').description('list workflow versions and show one with its manifest');
  addList(group);
  addShow(group);
}

const columns = [{ title: 'WORKFLOW' }, { title: 'STATE' }, { title: 'PUBLISHED' }, { title: 'BY' }, { title: 'DIGEST' }];

function addList(group: Command): void {
  const command = group
    .command('ls')
    .description('list workflow versions, drafts included: all by name, or those of one workflow, the newest first')
    .argument('[name]', 'only the versions of this workflow, the newest first');
  describeCommand(addConnection(addPaging(command, 20)), [
    { line: 'maestro workflows ls', meaning: 'all of the tenant' },
    { line: 'maestro workflows ls supply-chain-audit', meaning: 'the versions of one, the newest first' },
    { line: 'maestro workflows ls --json', meaning: 'with their manifests' },
  ]).action(async (name: string | undefined, options: HomeOptions & PagingOptions) => {
    const page = await connect(options).listWorkflows({ name, limit: options.limit, cursor: options.cursor });
    const rows = page.items.map((workflow) => [
      versionOf(workflow),
      workflow.state,
      paint('dim', workflow.publishedAt ?? ''),
      workflow.createdBy,
      paint('dim', shortDigest(workflow.digest)),
    ]);
    const none = name === undefined ? 'no workflows yet; publish one with: maestro publish FILE' : `no workflow has the name ${name}`;
    const again = name === undefined ? '' : ` ${name}`;
    printPage(options, page, {
      command: `maestro workflows ls${again}`,
      human: () => (rows.length === 0 ? none : table(columns, rows)),
    });
  });
}

function addShow(group: Command): void {
  const command = group
    .command('show')
    .description('show one workflow version with its manifest')
    .argument('<workflow>', 'name (the newest published version), name@version or id')
    .option('-o, --output <file>', 'save the manifest there as YAML; publishing it again changes nothing');
  describeCommand(addConnection(command), [
    { line: 'maestro workflows show supply-chain-audit', meaning: 'the newest published version' },
    { line: 'maestro workflows show supply-chain-audit@1.0.0 -o workflow.yaml', meaning: 'its manifest, to change and publish' },
  ]).action(async (ref: string, options: HomeOptions & { output?: string }) => {
    const workflow = await connect(options).getWorkflow(ref);
    const { output } = options;
    if (output === undefined) {
      printResult(options, workflow, () => renderWorkflow(workflow));
      return;
    }
    writeWhole(output, stringify(workflow.manifest));
    printResult(options, { file: output, digest: workflow.digest }, () => `${paint('green', '✔')} wrote ${output}`);
  });
}

function renderWorkflow(workflow: Workflow): string {
  const { state, createdBy, createdAt, publishedAt, manifest } = workflow;
  return [
    `${versionOf(workflow)}  ${state}`,
    ...idsOf(workflow),
    `  by       ${createdBy}, ${publishedAt === null ? `stored ${createdAt}` : `published ${publishedAt}`}`,
    '',
    stringify(manifest),
  ].join('\n');
}
