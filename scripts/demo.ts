/**
 * The whole product in one go, on this machine: starts an embedded home in a temporary folder, publishes the supply-chain audit, plans it,
 * runs it on this project's own lockfile, shows the receipt, verifies it, and shows that one changed byte no longer verifies.
 */
import { readFileSync, rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MaestroClient } from '../cli/client/maestro-client.ts';
import { waitForExecution } from '../cli/client/wait-for-execution.ts';
import { startHost } from '../cli/host/start-host.ts';
import { readStatement } from '../cli/receipt-file.ts';
import { liveProgress } from '../cli/terminal/live-progress.ts';
import { paint } from '../cli/terminal/paint.ts';
import { renderExecution } from '../cli/terminal/render-execution.ts';
import { renderDecision } from '../cli/terminal/render-decision.ts';
import { renderPlan } from '../cli/terminal/render-plan.ts';
import { millis } from '../cli/terminal/units.ts';
import { digestBytes } from '../shared/core/digest.ts';
import { McError } from '../shared/core/errors.ts';
import type { Execution } from '../shared/execution/execution.ts';
import { cosignCommand } from '../shared/receipt/cosign-command.ts';
import { verifyBundle } from '../shared/receipt/verify-bundle.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const began = performance.now();

const say = (text = ''): void => void process.stdout.write(`${text}\n`);
const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '   ');
let chapters = 0;
const chapter = (title: string, why: string): void => {
  chapters += 1;
  say(`\n${paint(['bold', 'cyan'], `${String(chapters)}. ${title}`)}  ${paint('dim', why)}`);
};

async function publishAndPlan(
  client: MaestroClient,
): Promise<{ workflow: string; inputs: { project: string; lockfile: { digest: string; name: string } } }> {
  chapter('Publish', 'a version never changes again; its release is signed');
  const { workflow: draft } = await client.createWorkflow(readFileSync(join(root, 'catalog/workflows/supply-chain-audit.yaml'), 'utf8'));
  const workflow = await client.publishWorkflow(draft.id);
  say(
    indent(
      `${paint('green', '✔')} published ${paint('bold', `${workflow.name}@${workflow.version}`)}\n${workflow.digest}\nrelease statement ${workflow.releaseId ?? ''}`,
    ),
  );

  chapter('Plan', 'what would run, for how much, and what policy says; nothing happens yet');
  const lockfile = await client.uploadFile('package-lock.json', readFileSync(join(root, 'package-lock.json')));
  const inputs = { project: 'maestro-conductor', lockfile: { digest: lockfile.digest, name: lockfile.name } };
  const answer = await client.planRun({ workflow: workflow.id, inputs });
  say(indent(renderPlan(answer)));

  const elsewhere = await client.planRun({ workflow: workflow.id, inputs, region: 'KP' });
  say(indent(`\nand if somebody asked for region KP:\n${renderDecision(elsewhere.decision)}`));
  return { workflow: workflow.id, inputs };
}

async function run(client: MaestroClient, request: Awaited<ReturnType<typeof publishAndPlan>>): Promise<Execution> {
  chapter('Run', "this project's own package-lock.json, every task in its own sandbox");
  const started = await client.startExecution(request, { idempotencyKey: 'demo' });
  const progress = liveProgress();
  const ended = await waitForExecution(client, started.id, {
    timeoutMs: 60_000,
    onState: (state) => {
      progress.show(state);
    },
  });
  progress.clear();
  const report = ended.outputs?.['report'];
  say(indent(renderExecution({ ...ended, outputs: null })));
  if (typeof report === 'string') say(`\n${indent(excerpt(report))}`);
  if (ended.state !== 'succeeded') throw new McError('mc:internal:unexpected', `the execution ${ended.id} is ${ended.state}`);
  return ended;
}

/** The beginning of the report; the whole of it stands in the outputs document. */
function excerpt(report: string): string {
  const lines = report.split('\n').filter((line) => line !== '');
  const shown = lines.slice(0, 20).map((line) => paint('dim', `│ ${line.slice(0, 110)}`));
  return [...shown, ...(lines.length > shown.length ? [paint('dim', `│ … ${String(lines.length - shown.length)} more lines`)] : [])].join(
    '\n',
  );
}

async function sealAndVerify(client: MaestroClient, execution: Execution): Promise<void> {
  chapter('Receipt', 'one signature over everything that happened; a run is not done without it');
  const bundleText = await client.getReceipt(execution.id);
  const outputs = await client.getOutputsDocument(execution.id);
  const pem = (await client.listKeys()).keys[0]?.pem ?? '';
  const statement = readStatement(bundleText);
  say(indent(`${execution.receiptId ?? ''}, ${statement.predicateType}`));
  for (const subject of statement.subject.slice(0, 4))
    say(indent(`  ${(subject.name ?? '').padEnd(36)} sha256:${subject.digest['sha256'] ?? ''}`));
  say(indent(paint('dim', `  … ${String(statement.subject.length)} subjects in all`)));

  chapter('Verify', 'offline, with the public key and nothing else');
  const bundle: unknown = JSON.parse(bundleText);
  const { keyId } = verifyBundle(bundle, { pem, artifact: digestBytes(outputs) });
  say(indent(`${paint('green', '✔')} the receipt verifies with ${keyId}`));
  for (const [what, attempt] of tamperings(bundleText, outputs)) {
    say(indent(`${paint('green', '✔')} one byte changed in the ${what}: ${paint('red', refusal(attempt, pem))}`));
  }
  const files = {
    by: { key: 'mc.pub' },
    bundle: 'r.sigstore.json',
    artifact: 'r.outputs.json',
    predicateType: statement.predicateType,
    trustedRoot: 'trusted_root.json',
  };
  say(indent(`\nAnybody can check it without this program, with stock cosign:\n${paint('cyan', cosignCommand(files))}`));
}

interface Attempt {
  bundle: string;
  outputs: string;
}

function tamperings(bundle: string, outputs: string): [string, Attempt][] {
  return [
    ['statement', { bundle: changeByte(bundle, '"payload":"'), outputs }],
    ['signature', { bundle: changeByte(bundle, '"sig":"'), outputs }],
    ['outputs', { bundle, outputs: `${outputs.slice(0, -1)} ` }],
  ];
}

/** Swaps one base64 character in the middle of the value that follows the marker. */
function changeByte(text: string, marker: string): string {
  const start = text.indexOf(marker) + marker.length;
  const at = start + Math.floor((text.indexOf('"', start) - start) / 2);
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}

function refusal({ bundle, outputs }: Attempt, pem: string): string {
  try {
    verifyBundle(JSON.parse(bundle), { pem, artifact: digestBytes(outputs) });
  } catch (error) {
    if (error instanceof McError && error.code === 'mc:receipt:invalid') return `refused, ${error.message}`;
    throw error;
  }
  throw new McError('mc:internal:unexpected', 'a changed receipt verified');
}

const dataDir = mkdtempSync(join(tmpdir(), 'maestro-demo-'));
const removeData = (): void => {
  rmSync(dataDir, { recursive: true, force: true });
};
process.once('SIGINT', () => {
  removeData();
  process.exit(130);
});
try {
  say(`${paint('bold', 'Maestro Conductor')}: auditing the supply chain of this very project`);
  const home = await startHost({ port: 0, dataDir, isAnnounced: false });
  try {
    say(paint('dim', `an embedded home is up at ${home.url}, its data is in ${dataDir} until the end of this demo`));
    const client = new MaestroClient(home);
    await sealAndVerify(client, await run(client, await publishAndPlan(client)));
  } finally {
    await home.close();
  }
  say(`\n${paint(['bold', 'green'], 'done')} in ${millis(performance.now() - began)}; the temporary folder is gone.`);
  say(
    `next: ${paint('cyan', 'npm start')} keeps a home running, ${paint('cyan', 'npx maestro init')} writes your first workflow, ${paint('cyan', 'npx maestro help')} shows the rest.`,
  );
} finally {
  removeData();
}
