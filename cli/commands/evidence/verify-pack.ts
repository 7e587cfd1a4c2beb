import { readFileSync } from 'node:fs';
import { McError } from '../../../shared/core/errors.ts';
import { printable } from '../../../shared/core/text/printable.ts';
import { verifyPack, type PackReport } from '../../../shared/evidence/verify/verify-pack.ts';
import type { Trust } from '../../../shared/evidence/verify/trust.ts';
import { paint } from '../../terminal/paint.ts';
import { printResult, type OutputOptions } from '../../terminal/report.ts';
import { byteSize, plural } from '../../terminal/units.ts';
import { reasonOf } from '../../workflow-source.ts';
import { withPackFile } from './pack-file.ts';

function readOpenings(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new McError('mc:cli:file-unreadable', `${file} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
}

/** What was verified, in lines for people. */
export function renderPack(path: string, { manifest, facts, sizeBytes, withheld, restored, isReceiptRedacted }: PackReport): string {
  const { files, missing, redaction } = manifest;
  // The home that signed the pack may be anybody's.
  const run = printable(`${facts.executionId} of ${facts.workflow.name}@${facts.workflow.version}: ${facts.state} at ${facts.finishedOn}`);
  const left = Object.entries(withheld).map(([rule, count]) => `${count} ${printable(rule)}`);
  const redacted = files.filter(({ source }) => source !== undefined).length;
  return [
    `${paint(['bold', 'green'], '✔ verified')} ${path}`,
    `  run        ${run}`,
    `  receipt    ${facts.receiptId}${isReceiptRedacted ? paint('yellow', ' (redacted: the home vouches for it until it is opened)') : ''}`,
    `  files      ${plural(files.length, 'file')}, ${byteSize(sizeBytes)}, each as the manifest and the receipt name it`,
    ...(missing.length > 0 ? [`  missing    ${plural(missing.length, 'file')} of the receipt are not kept any more`] : []),
    `  withheld   ${left.length === 0 ? 'nothing' : left.join(', ')} by the rules for ${printable(redaction.dataClass)} data`,
    ...(restored.length > 0
      ? [`  opened     ${restored.length} of ${plural(redacted, 'redacted file')} are what the receipt names once the values are back`]
      : []),
  ].join('\n');
}

/** What was verified, for programs. */
export function packAnswer(
  path: string,
  { manifest, facts, sizeBytes, withheld, restored, isReceiptRedacted }: PackReport,
): Record<string, unknown> {
  const { executionId, receiptId, tenant, state } = facts;
  const [files, { missing }] = [manifest.files.length, manifest];
  return {
    verified: true,
    pack: path,
    executionId,
    receiptId,
    tenant,
    state,
    files,
    sizeBytes,
    missing,
    withheld,
    isReceiptRedacted,
    restored,
  };
}

/** Verifies a disclosure pack without any server. */
export async function verifyPackFile(path: string, trust: Trust, options: OutputOptions & { openings?: string }): Promise<void> {
  const openings = options.openings === undefined ? undefined : readOpenings(options.openings);
  const report = await withPackFile(path, (file) => verifyPack(file, trust, openings));
  printResult(options, packAnswer(path, report), () => renderPack(path, report));
}
