import type { Command } from 'commander';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { connect } from '../../session.ts';
import { paint } from '../../terminal/paint.ts';
import { renderPack } from '../../terminal/render-pack.ts';
import { printResult } from '../../terminal/report.ts';
import { writeWhole } from '../../write-file.ts';

type ShowOptions = HomeOptions & { markdown?: boolean; output?: string; packVersion?: string };

/** Shows one pack, as text or Markdown, or saves its bundle. */
export function addPolicyShow(group: Command): void {
  const command = group
    .command('show')
    .description('show a policy pack: its rules and their fixes, data, versions and examples')
    .argument('<pack>', 'name of the pack, such as residency')
    .option('--markdown', 'the whole page, with every example')
    .option('-o, --output <file>', 'save its bundle there, for stock opa')
    .option('--pack-version <version>', 'version of the bundle to save (default: the one that judges now)');
  describeCommand(addConnection(command), [
    { line: 'maestro policy show residency', meaning: 'rules, versions and signatures' },
    { line: 'maestro policy show residency --markdown', meaning: 'the page of the pack' },
    { line: 'maestro policy show residency -o bundle.tar.gz', meaning: 'then: opa eval -b bundle.tar.gz …' },
  ]).action(showPack);
}

async function showPack(name: string, options: ShowOptions): Promise<void> {
  const client = connect(options);
  if (options.output !== undefined) {
    const { output } = options;
    const bytes = await client.getPolicyBundle(name, options.packVersion);
    writeWhole(output, bytes);
    printResult(options, { file: output, sizeBytes: bytes.length }, () => `${paint('green', '✔')} wrote ${output}`);
    return;
  }
  const pack = await client.getPolicyPack(name);
  printResult(options, pack, () => (options.markdown === true ? pack.docs : renderPack(pack)));
}
