import type { Command } from 'commander';
import { McError } from '../../shared/core/errors.ts';
import { printable } from '../../shared/core/text/printable.ts';
import { Bundle } from '../../shared/receipt/bundle.ts';
import { withoutLogEntry } from '../../shared/receipt/without-log-entry.ts';
import type { MaestroClient } from '../client/maestro-client.ts';
import { addConnection, describeCommand, type HomeOptions } from '../command-options.ts';
import { outputsFileOf } from '../receipt-file.ts';
import { connect } from '../session.ts';
import { paint } from '../terminal/paint.ts';
import { printDocument, printResult } from '../terminal/report.ts';
import { verifyLines } from '../verify/verify-lines.ts';
import { writeWhole } from '../write-file.ts';

type ReceiptOptions = HomeOptions & { output?: string; egress?: boolean; identity?: boolean; name?: string; withoutLog?: boolean };

/** Fetches what a home signed: the receipt of an ended execution and the document it speaks of, the record of a decision, a release, and so on. */
export function addReceipt(program: Command): void {
  const command = program
    .command('receipt')
    .description('fetch what the home signed: the receipt of an ended execution, a decision such as a denial, a release')
    .argument('<id>', 'id of an execution, decision, release, purge, rotation or backup')
    .option(
      '-o, --output <file>',
      'write the bundle here, and the outputs document of an execution beside it; without it the bundle is printed',
    )
    .option('--identity', 'with a certificate of the signer and a timestamp in place of its key, for `cosign --certificate-identity`')
    .option('--without-log', 'leave the entry of the transparency log out, which cosign 2 cannot read')
    .option('--egress', 'the signed trace of the network calls of an execution, in place of its receipt')
    .option(
      '--name <name>',
      'which statement of a rotation, such as introduced, of an execution, disclosure:<SHA-256 of manifest.json of its pack>, or of a backup: restore',
    );
  describeCommand(addConnection(command), [
    { line: 'maestro receipt exec_01K… -o r.sigstore.json', meaning: 'also writes r.outputs.json' },
    { line: 'maestro receipt exec_01K… --identity -o r.identity.json', meaning: 'verified by who signed, not by a key' },
    { line: 'maestro receipt exec_01K… | jq .', meaning: 'only look at it' },
    { line: 'maestro receipt exec_01K… --egress -o trace.sigstore.json', meaning: 'what its tasks called, and what was blocked' },
    { line: 'maestro receipt exec_01K… --without-log -o old.json', meaning: 'for cosign 2' },
    { line: 'maestro receipt dec_01K… -o denial.sigstore.json', meaning: 'the proof of a denial' },
    { line: 'maestro receipt rel_01K… -o release.sigstore.json', meaning: 'that the home released a workflow, package or pack' },
  ]).action(async (id: string, options: ReceiptOptions) => {
    if (options.identity === true && options.withoutLog === true)
      throw new McError('mc:cli:usage', 'A certificate counts only with its log entry: --identity and --without-log exclude each other.');
    if (options.output === undefined) printDocument(await fetchBundle(connect(options), id, options));
    else await save(id, options.output, options);
  });
}

const isExecution = (id: string): boolean => id.startsWith('exec_');
const isDecision = (id: string): boolean => id.startsWith('dec_');
/** Ids under which only a statement is filed; all others were taken for those of executions from the beginning. */
const isStatement = (id: string): boolean => /^(?:rel|purge|rot|bak)_/.test(id);

async function fetchBundle(client: MaestroClient, id: string, options: ReceiptOptions): Promise<string> {
  const form = options.identity === true ? 'identity' : 'key';
  const bundle = await fetchForm(client, id, { ...options, form });
  return options.withoutLog === true ? JSON.stringify(withoutLogEntry(Bundle.parse(JSON.parse(bundle)))) : bundle;
}

async function fetchForm(
  client: MaestroClient,
  id: string,
  { egress, form, name }: { egress?: boolean; form: 'key' | 'identity'; name?: string },
): Promise<string> {
  if (isDecision(id)) return client.getDecisionReceipt(id, form);
  if (isStatement(id) || name !== undefined) return client.getStatement(id, { form, ...(name !== undefined && { name }) });
  return egress === true ? client.getEgressAttestation(id, form) : client.getReceipt(id, form);
}

function titleOf(id: string, { egress, name }: ReceiptOptions): string {
  if (isDecision(id)) return `signed record of the decision ${id}`;
  if (isStatement(id) || name !== undefined) return `signed statement ${id}`;
  return `${egress === true ? 'trace of the network calls' : 'receipt'} of ${id}`;
}

async function save(id: string, file: string, options: ReceiptOptions): Promise<void> {
  const client = connect(options);
  const bundle = await fetchBundle(client, id, options);
  const hasOutputs = !isDecision(id) && !isStatement(id) && options.name === undefined;
  const outputs = hasOutputs ? { text: await client.getOutputsDocument(id), file: outputsFileOf(file) } : undefined;
  if (outputs) writeWhole(outputs.file, outputs.text);
  writeWhole(file, bundle);
  const { lines, ...facts } = await verifyLines(bundle, { bundle: file, ...(outputs && { artifact: outputs.file }) });
  const named = isDecision(id) ? { decisionId: id } : isExecution(id) ? { executionId: id } : { id };
  printResult(options, { ...named, bundle: file, ...(outputs && { outputs: outputs.file }), ...facts }, () =>
    [
      `${paint('green', '✔')} ${titleOf(id, options)}`,
      `  bundle   ${file}`,
      ...(outputs ? [`  outputs  ${outputs.file}`] : []),
      '',
      'verify it without any server, with this program or without it:',
      ...lines.map(printable),
    ].join('\n'),
  );
}
