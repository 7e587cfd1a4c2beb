/** The same files through what everybody has: tar and gzip, and pigz where it is installed. They only archive and compress: nothing is read from a store, withheld, digested or signed. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TarFigures {
  command: string;
  ms: number;
  bytes: number;
}

const compressors = ['gzip -4', 'gzip', 'pigz -4'] as const;

/** What of it is not on this machine; the bench says so, because a comparison that is not there looks like one that was not wanted. */
export function missingCompressors(): string[] {
  return [...new Set(compressors.map(programOf))].filter((program) => !isInstalled(program));
}

const programOf = (command: string): string => command.split(' ')[0] ?? '';

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // The shell says so by its exit code.
  }
}

/** Times each on the files of this pack; the files are in the page cache for all of them. */
export function compareTar(pack: string): TarFigures[] {
  const folder = mkdtempSync(join(tmpdir(), 'mc-tar-'));
  try {
    execFileSync('tar', ['-xzf', pack, '-C', folder]);
    execFileSync('sh', ['-c', 'tar -cf - . | cat > /dev/null'], { cwd: folder });
    return compressors
      .filter((command) => isInstalled(programOf(command)))
      .map((command) => {
        const startedMs = performance.now();
        const bytes = Number(execFileSync('sh', ['-c', `tar -cf - . | ${command} | wc -c`], { cwd: folder, encoding: 'utf8' }));
        return { command: `tar | ${command}`, ms: performance.now() - startedMs, bytes };
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
