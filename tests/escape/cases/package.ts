/** What code of a package tries as it is shipped: past Node's permissions, into the answer, into the log, into what runs next. */
import { readFileSync } from 'node:fs';
import { secretFile } from '../targets.ts';
import { buildNativeProgram } from '../../support/native-program.ts';
import { becomeProgram, type EscapeCase, type Report, type Target } from '../escape-case.ts';

const permissions = { group: 'Node', from: 'package', stoppedBy: 'Node permissions' } as const;
const denied = /^ERR_ACCESS_DENIED/;

const node: EscapeCase[] = [
  {
    ...permissions,
    name: 'reads a secret of the home',
    evidence: denied,
    target: secretFile,
    code: 'return fs.readFileSync(inputs.file);',
  },
  { ...permissions, name: 'starts a program', evidence: denied, code: "return processes.execFileSync(process.execPath, ['-e', '0']);" },
  {
    ...permissions,
    name: 'starts a thread',
    evidence: denied,
    code: "const worker = new threads.Worker('0', { eval: true }); await once(worker, 'exit');",
  },
  {
    ...permissions,
    name: 'becomes another program',
    evidence: denied,
    target: programTarget,
    code: becomeProgram,
    nativeReached: () => true,
  },
  {
    ...permissions,
    name: 'opens a database of the home',
    evidence: /ERR_UNKNOWN_BUILTIN_MODULE|No such built-in module/,
    target: unwatched,
    code: "const { DatabaseSync } = await import('node:sqlite'); new DatabaseSync(inputs.folder + '/new.sqlite').exec('CREATE TABLE a (b)'); return 'made';",
  },
  { ...permissions, name: 'reaches inside Node', evidence: denied, code: "return Object.keys(process.binding('fs')).length;" },
  {
    ...permissions,
    name: 'reads a settings file into its environment',
    evidence: denied,
    target: unwatched,
    code: "process.loadEnvFile(inputs.file); return 'loaded';",
  },
  {
    ...permissions,
    name: 'reads secrets from the environment',
    stoppedBy: 'empty environment',
    evidence: /^Error only HOME/,
    code: "const names = Object.keys(process.env).sort(); if (!names.includes('PATH')) throw new Error('only ' + names);",
  },
];

/** Where the task has a user of its own, the owner of the file says no before the mount is asked. */
const notWritable = /^(EROFS|EACCES)/;

const tampering: EscapeCase[] = [
  {
    group: 'package tampering',
    name: 'changes its own verified module',
    from: 'node',
    stoppedBy: 'read-only mounts',
    evidence: notWritable,
    code: "fs.appendFileSync(new URL(import.meta.url), '// changed');",
  },
  {
    group: 'package tampering',
    name: 'replaces its own verified module',
    from: 'node',
    stoppedBy: 'read-only mounts',
    evidence: notWritable,
    code: "const file = new URL(import.meta.url).pathname; fs.writeFileSync(file + '.new', 'export default 1'); fs.renameSync(file + '.new', file);",
  },
  {
    group: 'package tampering',
    name: 'changes the module of another attempt between verifying and running',
    from: 'node',
    stoppedBy: 'mount namespace',
    evidence: /^ENOENT/,
    target: otherAttempt,
    code: "fs.writeFileSync(inputs.file, 'export default async () => ({ stolen: true })');",
  },
  {
    group: 'package tampering',
    name: 'changes the program that runs packages',
    onlyProvenAsRoot: 'the program may belong to another user',
    from: 'node',
    stoppedBy: 'read-only mounts',
    evidence: notWritable,
    code: "fs.closeSync(fs.openSync(process.argv[1], 'r+'));",
  },
  {
    group: 'package tampering',
    name: 'leaves a module where the next attempt looks',
    onlyProvenAsRoot: 'the program may belong to another user',
    from: 'node',
    stoppedBy: 'read-only mounts',
    evidence: notWritable,
    code: "const folder = path.dirname(process.argv[1]) + '/node_modules-' + process.pid; fs.mkdirSync(folder); fs.rmdirSync(folder);",
  },
];

/** The attack says what it did; the secret is not part of it. */
function unwatched(): Target {
  const { inputs, dispose } = secretFile();
  return { inputs, ...(dispose && { dispose }) };
}

/** A program that asks who it is. */
function programTarget(): Target {
  return { inputs: { program: Buffer.from(buildNativeProgram([{ call: 39 }])).toString('base64') } };
}

/** The folder of an attempt as it stands between writing the verified bytes and running them. */
function otherAttempt(): Target {
  const { inputs, dispose } = secretFile();
  const { file } = inputs;
  if (typeof file !== 'string') throw new TypeError('the secret has no path');
  return { inputs, isHit: () => readFileSync(file, 'utf8').includes('stolen'), ...(dispose && { dispose }) };
}

const forged = { kind: 'succeeded', outputs: { reached: true, text: 'forged' }, usage: { cpuMs: 1, maxRssBytes: 1 } };
const linesOf = ({ logs }: Report, stream: string): string[] => logs.filter((line) => line.stream === stream).map(({ text }) => text);
/** A reader that takes the last line of what was printed for the answer. */
const trustsOutput = (report: Report): boolean => linesOf(report, 'stdout').some((text) => text === JSON.stringify(forged));

/** What stands on the answer descriptor after the mark that the sandbox is ready. */
const answersOf = ({ answer }: Report): Record<string, unknown>[] =>
  answer
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>); // What a careless reader would do.
/** A reader that is content with the first answer. */
const trustsFirstAnswer = (report: Report): boolean => answersOf(report)[0]?.['kind'] === 'succeeded';
/** A reader that takes over whatever fields there are. */
const trustsEveryField = (report: Report): boolean => answersOf(report)[0]?.['costUsdMicros'] === 0;

const forgeries: EscapeCase[] = [
  {
    group: 'result forgery',
    name: 'prints an answer',
    from: 'package',
    stoppedBy: 'answer reader',
    evidence: /^Error real end/,
    fools: trustsOutput,
    code: `console.log(${JSON.stringify(JSON.stringify(forged))}); throw new Error('real end');`,
  },
  {
    group: 'result forgery',
    name: 'writes an answer of its own before the real one',
    from: 'node',
    stoppedBy: 'answer reader',
    evidence: /^invalid-output: .*another shape/,
    fools: trustsFirstAnswer,
    code: `fs.writeSync(4, ${JSON.stringify(`${JSON.stringify(forged)}\n`)}); throw new Error('failed in truth');`,
  },
  {
    group: 'result forgery',
    name: 'answers with facts that only the runner knows',
    from: 'node',
    stoppedBy: 'answer reader',
    evidence: /^invalid-output: .*another shape/,
    fools: trustsEveryField,
    code: `fs.writeSync(4, ${JSON.stringify(`${JSON.stringify({ ...forged, sandbox: 'bubblewrap-seccomp', wallMs: 0, costUsdMicros: 0 })}\n`)}); process.exit(0);`,
  },
];

const system = JSON.stringify({ at: 0, stream: 'system', text: 'policy: allowed by the administrator' });
const lines = (report: Report): string => report.logs.map(({ text }) => text).join('\n');

/** A collector without a limit would have kept what this one says it dropped. */
const keepsEverything = (report: Report): boolean => Number(/dropped (\d+) bytes/.exec(lines(report))?.[1]) > 1_000_000;

const logs: EscapeCase[] = [
  {
    group: 'log injection',
    name: 'prints a line of the runner',
    from: 'package',
    stoppedBy: 'log collector',
    evidence: /allowed by the administrator/,
    fools: (report) => lines(report).split('\n').includes(system),
    target: () => notFromRunner,
    code: `console.log(${JSON.stringify(system)}); throw new Error('printed');`,
  },
  {
    group: 'log injection',
    name: 'ends its line and begins one of the runner',
    from: 'package',
    stoppedBy: 'log collector',
    evidence: /allowed by the administrator/,
    fools: (report) => lines(report).split('\n').includes(system),
    target: () => notFromRunner,
    code: `process.stdout.write('harmless\\r\\n' + ${JSON.stringify(system)} + '\\n'); throw new Error('printed');`,
  },
  {
    group: 'log injection',
    name: 'floods the log until the truth is pushed out',
    from: 'package',
    stoppedBy: 'log collector',
    evidence: /dropped \d+ bytes of output/,
    limits: { logBytes: 65_536 },
    fools: keepsEverything,
    target: () => bounded,
    code: "for (let line = 0; line < 5_000; line++) console.log('x'.repeat(1_000)); throw new Error('printed');",
  },
];

/** Hit when the runner's own voice says what the task printed. */
const notFromRunner: Target = { inputs: {}, isHit: (report) => linesOf(report, 'system').some((text) => text.includes('administrator')) };
/** Hit when more is kept than the limit of the attempt. */
const bounded: Target = { inputs: {}, isHit: ({ logs }) => logs.reduce((sum, { text }) => sum + text.length, 0) > 70_000 };

export default [...node, ...tampering, ...forgeries, ...logs];
