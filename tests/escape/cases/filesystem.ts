import { freePath, secretFile } from '../targets.ts';
import type { EscapeCase } from '../escape-case.ts';

const hidden = { from: 'node', stoppedBy: 'mount namespace', evidence: /^ENOENT/, target: secretFile } as const;
const readOnly = { from: 'node', stoppedBy: 'read-only mounts', evidence: /^EROFS/ } as const;

const files: EscapeCase[] = [
  { ...hidden, group: 'filesystem', name: 'reads a secret of the home by its path', code: 'return fs.readFileSync(inputs.file);' },
  {
    ...hidden,
    group: 'filesystem',
    name: 'lists a folder of the home',
    code: 'return fs.readdirSync(inputs.folder);',
    target: () => listed(secretFile()),
  },
  { ...hidden, group: 'filesystem', name: 'overwrites a file of the home', code: "fs.writeFileSync(inputs.file, 'changed');" },
  {
    ...hidden,
    group: 'filesystem',
    name: 'removes a file of the home',
    code: 'fs.renameSync(inputs.file, inputs.file + "2"); fs.renameSync(inputs.file + "2", inputs.file); return "moved";',
    target: () => listed(secretFile()),
  },
  {
    ...hidden,
    group: 'filesystem',
    name: 'reads the users of the machine',
    code: "return fs.readFileSync('/etc/passwd').length;",
    target: nothing,
  },
  {
    ...hidden,
    group: 'filesystem',
    name: 'reads devices and hardware of the machine',
    code: "return fs.readdirSync('/sys/class/net');",
    target: nothing,
  },
  {
    ...hidden,
    group: 'filesystem',
    name: 'finds a shell or another program to run',
    code: "return ['/bin/sh', '/usr/bin/env', '/usr/bin/bwrap'].filter((program) => fs.statSync(program));",
    target: nothing,
  },
  {
    ...readOnly,
    group: 'filesystem',
    name: 'changes a file of its workspace',
    code: "fs.writeFileSync(workspace + '/in/file.txt', 'changed');",
  },
  { ...readOnly, group: 'filesystem', name: 'adds a file to its workspace', code: "fs.writeFileSync(workspace + '/new', 'new');" },
  {
    ...readOnly,
    group: 'filesystem',
    name: 'writes to shared memory of the machine',
    code: 'fs.writeFileSync(inputs.path, "x");',
    target: () => freePath('/dev/shm'),
    evidence: /^(ENOENT|EROFS|EACCES)/,
    stoppedBy: 'mount namespace',
  },
  {
    ...hidden,
    group: 'filesystem',
    name: 'writes to the temporary folder of the machine',
    code: 'fs.writeFileSync(inputs.path, "x");',
    target: freePath,
  },
  {
    from: 'node',
    group: 'filesystem',
    name: 'makes a socket where others look for one',
    stoppedBy: 'mount namespace',
    // What libuv makes of a folder that is not there.
    evidence: /^EACCES.*listen/,
    code: 'const server = net.createServer(); server.listen(inputs.path); await once(server, "listening"); const made = fs.existsSync(inputs.path); server.close(); return made;',
    target: freePathUnwatched,
  },
];

const links: EscapeCase[] = [
  {
    ...hidden,
    group: 'symlink',
    name: 'reads through a link in scratch',
    code: "fs.symlinkSync(inputs.file, scratch + '/link'); return fs.readFileSync(scratch + '/link');",
  },
  {
    ...hidden,
    group: 'symlink',
    name: 'writes through a link in scratch',
    code: "fs.symlinkSync(inputs.file, scratch + '/link'); fs.writeFileSync(scratch + '/link', 'changed', { flag: 'r+' });",
  },
  {
    ...hidden,
    group: 'symlink',
    name: 'walks through a link to a folder',
    code: "fs.symlinkSync(inputs.folder, scratch + '/folder'); return fs.readFileSync(scratch + '/folder/secret');",
  },
  {
    ...hidden,
    group: 'symlink',
    name: 'takes a hard link to a secret',
    code: "fs.linkSync(inputs.file, scratch + '/hard'); return fs.readFileSync(scratch + '/hard');",
  },
  {
    ...hidden,
    group: 'symlink',
    name: 'climbs above its folders',
    code: "return fs.readFileSync(scratch + '/../'.repeat(20) + inputs.file);",
  },
  {
    ...hidden,
    group: 'symlink',
    name: 'climbs by the root of its own process',
    code: "return fs.readFileSync('/proc/self/root' + inputs.file);",
  },
  {
    ...hidden,
    group: 'symlink',
    name: 'climbs by the working directory of its own process',
    code: "return fs.readFileSync('/proc/self/cwd' + '/..'.repeat(20) + inputs.file);",
  },
];

function nothing(): { inputs: Record<string, never> } {
  return { inputs: {} };
}

/** The attack says what it saw, which need not be the secret itself. */
function listed({ inputs, dispose }: ReturnType<typeof secretFile>): Omit<ReturnType<typeof secretFile>, 'isHit'> {
  return { inputs, ...(dispose && { dispose }) };
}

function freePathUnwatched(): Omit<ReturnType<typeof freePath>, 'isHit'> {
  const { inputs, dispose } = freePath();
  return { inputs, ...(dispose && { dispose }) };
}

export default [...files, ...links];
