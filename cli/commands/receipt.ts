import type { Command } from 'commander';
import type { MaestroClient } from '../client/maestro-client.ts';
import { Bundle } from '../../shared/receipt/bundle.ts';
import { withoutLogEntry } from '../../shared/receipt/without-log-entry.ts';
import { cosignCommand } from '../../shared/receipt/cosign-command.ts';
import { addConnection, describeCommand, type HomeOptions } from '../command-options.ts';
import { outputsFileOf, readStatement } from '../receipt-file.ts';
import { connect } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { printResult } from '../terminal/report.ts';
import { writeWhole } from '../write-file.ts';

/** Fetches the receipt of an ended execution and the document it speaks of, or the signed record of a decision. */
export function addReceipt(program: Command): void {
  const command = program
    .command('receipt')
    .description('fetch the signed receipt of an ended execution, or of a decision such as a denial')
    .argument('<id>', 'execution or decision id')
    .option(
      '-o, --output <file>',
      'write the bundle here, and the outputs document of an execution beside it; without it the bundle is printed',
    )
    .option('--without-log', 'leave the entry of the transparency log out, which cosign 2 cannot read')
    .option('--egress', 'the signed trace of the network calls of an execution, in place of its receipt');
  describeCommand(addConnection(command), [
    { line: 'maestro receipt exec_01K… -o r.sigstore.json', meaning: 'also writes r.outputs.json' },
    { line: 'maestro receipt exec_01K… | jq .', meaning: 'only look at it' },
    { line: 'maestro receipt exec_01K… --egress -o trace.sigstore.json', meaning: 'what its tasks called, and what was blocked' },
    { line: 'maestro receipt exec_01K… --without-log -o old.json', meaning: 'for cosign 2' },
    { line: 'maestro receipt dec_01K… -o denial.sigstore.json', meaning: 'the proof of a denial' },
  ]).action(async (id: string, options: ReceiptOptions) => {
    if (options.output === undefined) process.stdout.write(`${await fetchBundle(connect(options), id, options)}\n`);
    else await (isDecision(id) ? saveDecision(id, options.output, options) : save(id, options.output, options));
  });
}

type ReceiptOptions = HomeOptions & { output?: string; egress?: boolean; withoutLog?: boolean };

const isDecision = (id: string): boolean => id.startsWith('dec_');

async function fetchBundle(client: MaestroClient, id: string, { egress, withoutLog }: ReceiptOptions): Promise<string> {
  const logged = isDecision(id) ? client.getDecisionReceipt(id) : egress === true ? client.getEgressAttestation(id) : client.getReceipt(id);
  const bundle = await logged;
  return withoutLog === true ? JSON.stringify(withoutLogEntry(Bundle.parse(JSON.parse(bundle)))) : bundle;
}

/** What a stranger needs beside the bundle: the key, and for one that is logged the trusted root that names the log. */
function neededFiles(bundle: string): { trustedRoot?: string; lines: string[] } {
  const isLogged = (Bundle.parse(JSON.parse(bundle)).verificationMaterial.tlogEntries ?? []).length > 0;
  const key = '  maestro keys export -o mc.pub';
  if (!isLogged) return { lines: [key] };
  return { trustedRoot: 'trusted_root.json', lines: [key, '  maestro keys export --trusted-root -o trusted_root.json'] };
}

async function saveDecision(id: string, file: string, options: ReceiptOptions): Promise<void> {
  const bundle = await fetchBundle(connect(options), id, options);
  const { predicateType, subject } = readStatement(bundle);
  writeWhole(file, bundle);
  const { lines, ...trust } = neededFiles(bundle);
  const cosign = cosignCommand({ key: 'mc.pub', bundle: shellWord(file), predicateType, ...trust });
  printResult(options, { decisionId: id, bundle: file, predicateType, subjects: subject.length, cosign }, () =>
    [
      `${paint('green', '✔')} signed record of the decision ${id}`,
      `  bundle   ${file}`,
      '',
      'verify it without any server, with this program or without it:',
      ...lines,
      `  maestro verify ${shellWord(file)} --key mc.pub`,
      `  ${cosign}`,
    ].join('\n'),
  );
}

async function save(id: string, file: string, options: ReceiptOptions): Promise<void> {
  const client = connect(options);
  const bundle = await fetchBundle(client, id, options);
  const outputs = await client.getOutputsDocument(id);
  const { predicateType, subject } = readStatement(bundle);
  const outputsFile = outputsFileOf(file);
  writeWhole(outputsFile, outputs);
  writeWhole(file, bundle);
  const { lines, ...trust } = neededFiles(bundle);
  const cosign = cosignCommand({ key: 'mc.pub', bundle: shellWord(file), artifact: shellWord(outputsFile), predicateType, ...trust });
  printResult(options, { executionId: id, bundle: file, outputs: outputsFile, predicateType, subjects: subject.length, cosign }, () =>
    [
      `${paint('green', '✔')} ${options.egress === true ? 'trace of the network calls' : 'receipt'} of ${id}`,
      `  bundle   ${file}`,
      `  outputs  ${outputsFile}`,
      '',
      'verify it without this product:',
      ...lines,
      `  ${cosign}`,
    ].join('\n'),
  );
}

/** A file name as one word of a POSIX shell. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
