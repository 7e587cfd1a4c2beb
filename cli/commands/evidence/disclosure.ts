import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { McError } from '../../../shared/core/errors.ts';
import { verifyPack } from '../../../shared/evidence/verify/verify-pack.ts';
import { ApiProblem } from '../../client/api-problem.ts';
import { addConnection, describeCommand, type HomeOptions } from '../../command-options.ts';
import { errnoOf } from '../../errno.ts';
import { connect } from '../../session.ts';
import { printResult } from '../../terminal/report.ts';
import { plural } from '../../terminal/units.ts';
import { reasonOf } from '../../workflow-source.ts';
import { writeWhole } from '../../write-file.ts';
import { fetchParts } from './fetch-parts.ts';
import { withPackFile } from './pack-file.ts';
import { packAnswer, renderPack } from './verify-pack.ts';

type DisclosureOptions = HomeOptions & { output?: string; openings?: boolean; reason?: string };

/** Fetches the disclosure pack of an ended execution and verifies what came. */
export function addDisclosure(program: Command): void {
  const command = program
    .command('disclosure')
    .description('fetch the disclosure pack of an ended execution: everything a stranger needs to check it')
    .argument('<id>', 'execution id')
    .option('-o, --output <file>', 'where to write it (default: ID.disclosure.tgz in this folder)')
    .option('--openings', 'the values that the pack withholds, with their proofs, in place of the pack; for admins')
    .option('--reason <text>', 'why they are opened; stands in the audit log');
  describeCommand(addConnection(command), [
    { line: 'maestro disclosure exec_01K… -o run.tgz', meaning: 'fetch it, and verify it with the key of the home' },
    { line: 'maestro verify run.tgz --key mc.pub', meaning: 'what its reader does, without any server' },
    { line: 'maestro disclosure exec_01K… --openings --reason "request 17" -o o.ndjson', meaning: 'open what was withheld' },
  ]).action(async (id: string, options: DisclosureOptions) => {
    if (options.openings === true) await openAll(id, options.output ?? `${id}.openings.ndjson`, options);
    else await disclose(id, options.output ?? `${id}.disclosure.tgz`, options);
  });
}

async function disclose(id: string, path: string, options: DisclosureOptions): Promise<void> {
  const client = connect(options);
  const { keys } = await client.listKeys();
  const partial = join(dirname(path), `.${basename(path)}.${String(process.pid)}.part`);
  try {
    await write(
      partial,
      fetchParts((part) => client.getDisclosurePart(id, part)),
    );
    // A pack that its own home would not vouch for is not left lying about under its name.
    const report = await withPackFile(partial, (file) => verifyPack(file, { pems: keys.map(({ pem }) => pem) }));
    renameSync(partial, path);
    printResult(options, packAnswer(path, report), () => renderPack(path, report));
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

async function openAll(id: string, path: string, options: DisclosureOptions): Promise<void> {
  const { reason } = options;
  if (reason === undefined) throw new McError('mc:cli:usage', 'Opening what was withheld takes --reason: it stands in the audit log.');
  const client = connect(options);
  const texts: string[] = [];
  let parts = 1;
  for (let part = 0; part < parts; part++) {
    const answer = await client.openWithheld(id, { part, reason });
    texts.push(answer.text);
    parts = answer.parts;
  }
  const text = texts.join('');
  writeWhole(path, text);
  const openings = text.split('\n').length - 1;
  printResult(options, { executionId: id, openings, file: path }, () => `${plural(openings, 'value')} of ${id} in ${path}`);
}

async function write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    await pipeline(chunks, createWriteStream(path, { mode: 0o600 }));
  } catch (cause) {
    if (cause instanceof McError || cause instanceof ApiProblem || errnoOf(cause) === undefined) throw cause;
    throw new McError('mc:cli:file-unreadable', `${path} cannot be written: ${reasonOf(cause)}.`, { cause });
  }
}
